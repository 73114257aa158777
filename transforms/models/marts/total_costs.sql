{#
    Total cost of ownership by calendar month: what was invoiced, what was paid beside it, and both, for the
    organisation, each team and each deployment; per request, and beside what requests are worth. Known days only: what
    a bill charges ahead is not counted before its day.
#}
{% set types = ['energy', 'hosting', 'depreciation', 'staff', 'tooling'] %}
with
facts as (
    select
        ledger.usage_date,
        ledger.team,
        ledger.deployment,
        ledger.reporting_effective_cost as invoiced_cost,
        cast(null as varchar) as loaded_cost_type,
        cast(null as decimal(38, 18)) as loaded_cost,
        cast(null as bigint) as request_count,
        cast(null as decimal(38, 18)) as value_of_requests
    from {{ ref('cost_ledger') }} as ledger
    cross join {{ source('landing', 'run') }} as run
    where ledger.usage_date between run.first_usage_date and run.usage_date

    union all

    select usage_date, team, deployment, null, loaded_cost_type, loaded_cost, null, null
    from {{ ref('loaded_costs_daily') }}

    union all

    select usage_date, team, deployment, null, null, null, request_count, null
    from {{ ref('daily_unit_economics') }}

    union all

    select usage_date, team, deployment, null, null, null, null, value_of_requests
    from {{ ref('int_request_values__summed') }}
),

months as (
    select
        *,
        cast(date_trunc('month', usage_date) as date) as month
    from facts
),

summed as (
    select
        month,
        case when team is not null then 'team' when deployment is not null then 'deployment' else 'organization' end
            as scope,
        coalesce(team, deployment) as scope_name,
        coalesce(sum(invoiced_cost), 0) as invoiced_cost,
        {% for type in types %}
        coalesce(sum(loaded_cost) filter (where loaded_cost_type = '{{ type }}'), 0) as {{ type }}_cost,
        {% endfor %}
        coalesce(sum(loaded_cost), 0) as loaded_cost,
        coalesce(sum(invoiced_cost), 0) + coalesce(sum(loaded_cost), 0) as total_cost,
        coalesce(sum(request_count), 0) as request_count,
        sum(value_of_requests) as value_of_requests
    from months
    group by grouping sets ((month, team), (month, deployment), (month))
    having coalesce(team, deployment, '') <> 'none'
)

select
    summed.month,
    summed.scope,
    coalesce(summed.scope_name, run.organization_name) as scope_name,
    run.reporting_currency,
    cast(summed.invoiced_cost as decimal(38, 18)) as invoiced_cost,
    {% for type in types %}
    cast(summed.{{ type }}_cost as decimal(38, 18)) as {{ type }}_cost,
    {% endfor %}
    cast(summed.loaded_cost as decimal(38, 18)) as loaded_cost,
    cast(summed.total_cost as decimal(38, 18)) as total_cost,
    cast(summed.request_count as bigint) as request_count,
    {{ unit_cost('summed.total_cost', 'summed.request_count', 1) }} as total_cost_per_request,
    cast(summed.value_of_requests as decimal(38, 18)) as value_of_requests,
    case when summed.total_cost > 0 then
        {{ ninth_decimals(
            floor_divide(quanta('cast(summed.value_of_requests as decimal(38, 18))'), 1000000000000),
            'cast(greatest(' ~ floor_divide(quanta('cast(summed.total_cost as decimal(38, 18))'), 1000000000000)
            ~ ', 1) as ' ~ integer_type() ~ ')'
        ) }}
    end as return_per_dollar
from summed
cross join {{ source('landing', 'run') }} as run
