{# Each team's direct effective cost of the billing period: what the period's shared costs follow. #}
select
    billing_period as period_key,
    team,
    sum({{ quanta('reporting_effective_cost') }}) as direct_quanta
from {{ ref('day_cost_ledger') }}
where cost_class in ('direct', 'idle_held')
group by all
