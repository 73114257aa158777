{#
    Replay of one policy on the known days: a workload whose GPUs on a node did nothing for a whole
    hour gives them back from the next idle hour on. The first idle hour of each stretch is still
    paid. Hours that `dev_nights` takes are left to it.
#}
with
hours as (
    select
        costs.usage_date,
        costs.hour_start,
        costs.node,
        costs.workload,
        costs.team,
        {{ workload_pool('costs') }} as cost_pool,
        sum(costs.reporting_effective_cost) as cost,
        bool_or(costs.cost_class = 'direct') as is_busy,
        bool_or(nights.workload is not null) as is_taken
    from {{ ref('day_workload_costs') }} as costs
    left join {{ ref('int_lever_night_hours__found') }} as nights
        on
            costs.hour_start = nights.hour_start
            and costs.node = nights.node
            and costs.workload = nights.workload
            and costs.team = nights.team
    where costs.workload <> 'none'
    group by all
),

stretches as (
    select
        *,
        lag(is_busy) over stretch as was_busy,
        lag(hour_start) over stretch = hour_start - interval 1 hour as is_next_hour
    from hours
    window stretch as (partition by node, workload, team, cost_pool order by hour_start)
),

judged as (
    select
        *,
        coalesce(not is_busy and not was_busy and is_next_hour and not is_taken, false) as is_saved
    from stretches
)

select
    'idle_gpus' as lever,
    'workload' as scope_type,
    coalesce(named.work, judged.workload) as scope_name,
    judged.team,
    judged.cost_pool,
    judged.usage_date,
    cast(sum(judged.cost) as decimal(38, 18)) as baseline_cost,
    cast(coalesce(sum(judged.cost) filter (where judged.is_saved), 0) as decimal(38, 18)) as saving,
    count(*) filter (where judged.is_saved) as evidence_row_count
from judged
left join {{ ref('int_lever_work__named') }} as named on judged.workload = named.workload
group by coalesce(named.work, judged.workload), judged.team, judged.cost_pool, judged.usage_date
