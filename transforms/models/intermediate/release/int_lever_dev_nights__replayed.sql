{# Replay: development workloads that nobody uses are switched off outside office hours. #}
with
hours as (
    select
        costs.usage_date,
        costs.hour_start,
        costs.workload,
        costs.team,
        {{ workload_pool('costs') }} as cost_pool,
        costs.reporting_effective_cost as cost,
        nights.workload is not null as is_saved
    from {{ ref('day_workload_costs') }} as costs
    left join {{ ref('int_lever_night_hours__found') }} as nights
        on
            costs.hour_start = nights.hour_start
            and costs.node = nights.node
            and costs.workload = nights.workload
            and costs.team = nights.team
    where costs.workload <> 'none' and costs.purpose = 'development'
)

select
    'dev_nights' as lever,
    'workload' as scope_type,
    workload as scope_name,
    team,
    cost_pool,
    usage_date,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(coalesce(sum(cost) filter (where is_saved), 0) as decimal(38, 18)) as saving,
    count(*) filter (where is_saved) as evidence_row_count
from hours
group by workload, team, cost_pool, usage_date
