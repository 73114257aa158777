{#
    What each delivery of a period changed against the one that it replaced, from the sums that were
    taken when each was typed. Accounts that one of the two does not know count as zero in it.
#}
{% set of_version = [
    'source_name', 'delivery_period', 'version', 'delivery_id', 'ordinal', 'is_current', 'approved_by', 'approval_reason',
] %}
{% set of_account = ['provider', 'billing_account_id', 'billing_period', 'billing_currency'] %}
with
said as (
    select
        source_name,
        period as delivery_period,
        version,
        delivery_id,
        ordinal,
        is_current,
        approved_by,
        approval_reason,
        coalesce(provider, 'none') as provider,
        coalesce(billing_account_id, 'none') as billing_account_id,
        billing_period,
        billing_currency,
        row_count,
        cast(coalesce(billed_cost, '0') as decimal(38, 18)) as billed_cost,
        cast(coalesce(effective_cost, '0') as decimal(38, 18)) as effective_cost
    from {{ source('landing', 'delivery_versions') }}
),

versions as (select distinct {{ of_version | join(', ') }} from said),
accounts as (select distinct source_name, delivery_period, {{ of_account | join(', ') }} from said),

filled as (
    select
        versions.*,
        {% for column in of_account %}
        accounts.{{ column }},
        {% endfor %}
        coalesce(said.row_count, 0) as row_count,
        coalesce(said.billed_cost, 0) as billed_cost,
        coalesce(said.effective_cost, 0) as effective_cost
    from versions
    inner join accounts using (source_name, delivery_period)  {# every version against every account #}
    left join said
        on
            versions.source_name = said.source_name
            and versions.delivery_period = said.delivery_period
            and versions.ordinal = said.ordinal
            {% for column in of_account %}
            and accounts.{{ column }} is not distinct from said.{{ column }}
            {% endfor %}
),

compared as (
    select
        *,
        {% for column in ['version', 'row_count', 'billed_cost', 'effective_cost'] %}
        lag({{ column }}) over account as previous_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from filled
    window account as (
        partition by source_name, delivery_period, {{ of_account | join(', ') }} order by ordinal
    )
)

select
    {{ of_version | join(', ') }},
    previous_version,
    {{ of_account | join(', ') }},
    cast(row_count as bigint) as row_count,
    cast(previous_row_count as bigint) as previous_row_count,
    cast(billed_cost as decimal(38, 18)) as billed_cost,
    cast(previous_billed_cost as decimal(38, 18)) as previous_billed_cost,
    cast(billed_cost - previous_billed_cost as decimal(38, 18)) as billed_cost_difference,
    cast(effective_cost as decimal(38, 18)) as effective_cost,
    cast(previous_effective_cost as decimal(38, 18)) as previous_effective_cost,
    cast(effective_cost - previous_effective_cost as decimal(38, 18)) as effective_cost_difference
from compared
where ordinal > 1
