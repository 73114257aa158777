{#
    The cost of each known day by organisation, business unit, team and model, with zeros on the days
    without cost since the first with some. Charges of a month reach into days that are still to come.
#}
with
known_days as (select distinct usage_date from {{ ref('day_cost_ledger') }}),

costs as (
    {% for scope, column in forecast_scopes().items() %}
    select
        usage_date,
        '{{ scope }}' as scope,
        {{ column }} as scope_name,
        sum({{ quanta('reporting_effective_cost') }}) as cost_quanta
    from {{ ref('cost_ledger') }}
    where usage_date in (select usage_date from known_days)
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

scopes as (select scope, scope_name, min(usage_date) as first_date from costs group by scope, scope_name)

select
    days.usage_date,
    scopes.scope,
    scopes.scope_name,
    scopes.first_date,
    coalesce(costs.cost_quanta, 0) as cost_quanta
from scopes
inner join known_days as days on scopes.first_date <= days.usage_date
left join costs
    on
        days.usage_date = costs.usage_date
        and scopes.scope = costs.scope
        and scopes.scope_name = costs.scope_name
