{#
    What each statement charges: the ledger of open periods; closed periods as they were closed; and
    in the first open period what has changed of closed ones since.
#}
{% set keys = [
    'business_unit', 'cost_center', 'team', 'model', 'deployment', 'purpose', 'cost_class', 'provider', 'service_name',
] %}
with
run as (select statement_measure from {{ source('landing', 'run') }}),
closings as (select billing_period, charged_measure from {{ source('landing', 'closings') }}),

entries as (
    select
        billing_period,
        cast(null as date) as adjusted_period,
        {{ keys | join(', ') }},
        reporting_currency as currency,
        reporting_billed_cost as billed_cost,
        reporting_effective_cost as effective_cost
    from {{ ref('cost_ledger') }}
    where billing_period not in (select billing_period from closings)

    union all

    select
        billing_period,
        adjusted_period,
        {{ keys | join(', ') }},
        currency,
        billed_cost,
        effective_cost
    from {{ ref('adjustments') }}

    union all

    select
        statement_period,
        nullif(billing_period, statement_period),
        {{ keys | join(', ') }},
        currency,
        billed_cost,
        effective_cost
    from {{ source('landing', 'closed_entries') }}
)

select
    strftime(entries.billing_period, '%Y-%m') || '-' || {{ slug('entries.business_unit') }} as statement_id,
    entries.billing_period,
    entries.business_unit,
    entries.cost_center,
    entries.team,
    entries.model,
    entries.deployment,
    entries.purpose,
    case when entries.adjusted_period is null then entries.cost_class else 'prior_period_adjustment' end as cost_class,
    entries.provider,
    entries.service_name,
    entries.adjusted_period,
    entries.currency,
    cast(sum(case
        when coalesce(closings.charged_measure, run.statement_measure) = 'billed_cost' then entries.billed_cost
        else entries.effective_cost
    end) as decimal(38, 18)) as amount,
    cast(sum(entries.billed_cost) as decimal(38, 18)) as billed_cost,
    cast(sum(entries.effective_cost) as decimal(38, 18)) as effective_cost
from entries
cross join run
left join closings using (billing_period)
group by all
