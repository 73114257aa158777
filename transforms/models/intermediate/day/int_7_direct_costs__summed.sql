{# Each team's direct effective cost of the day in the reporting currency: what shared costs follow. #}
select
    usage_date as period_key,
    team,
    sum(reporting_effective_cost_quanta) as direct_quanta
from {{ ref('int_6_entries__direct') }}
where cost_class in ('direct', 'idle_held')
group by all
