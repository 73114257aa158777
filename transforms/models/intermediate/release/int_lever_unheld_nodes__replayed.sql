{#
    Replay of one policy on the known days: a GPU node that nobody held for a whole hour is handed
    back from the next such hour on. The first empty hour of each stretch is still paid. Low and high
    are the cheapest and dearest tenth of days, times the number of days.
#}
with
hours as (
    select
        usage_date,
        hour_start,
        node,
        sum(reporting_effective_cost) as cost,
        bool_and(cost_class = 'idle_unheld') as is_empty
    from {{ ref('day_workload_costs') }}
    group by all
),

stretches as (
    select
        *,
        lag(is_empty) over stretch as was_empty,
        lag(hour_start) over stretch = hour_start - interval 1 hour as is_next_hour
    from hours
    window stretch as (partition by node order by hour_start)
),

models as (
    select usage_date, node, max(gpu_model) as gpu_model
    from {{ ref('day_gpu_utilization') }}
    group by usage_date, node
),

days as (
    select
        stretches.usage_date,
        models.gpu_model,
        sum(stretches.cost) as cost,
        coalesce(sum(stretches.cost) filter (where is_empty and was_empty and is_next_hour), 0) as saving,
        count(*) filter (where is_empty and was_empty and is_next_hour) as empty_hours
    from stretches
    left join models on stretches.usage_date = models.usage_date and stretches.node = models.node
    group by stretches.usage_date, models.gpu_model
)

select
    'unheld_nodes' as lever,
    'nodes with ' || coalesce(gpu_model, 'unknown GPUs') as scope,
    'unallocated' as team,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(least(quantile_disc(saving, 0.1) * count(*), sum(saving)) as decimal(38, 18)) as saving_low,
    cast(sum(saving) as decimal(38, 18)) as saving_expected,
    cast(least(greatest(quantile_disc(saving, 0.9) * count(*), sum(saving)), sum(cost)) as decimal(38, 18))
        as saving_high,
    case when count(*) >= 28 then 'high' else 'medium' end as confidence,
    'select * from workload_costs where workload = ''none'' and cost_class = ''idle_unheld'' order by node, hour_start'
        as evidence_query,
    cast(sum(empty_hours) as bigint) as evidence_row_count,
    '{"empty_window_hours": 1, "valued_at": "effective cost; committed capacity saves only once it is reused"}'
        as assumptions,
    'Let the cluster autoscaler hand back nodes that nobody holds for an hour.' as action,
    'S' as effort,
    'reversible; new work waits for a node' as risk
from days
group by gpu_model
