{#
    Replay of one policy on the known days: a GPU node that nobody held for a whole hour is handed
    back from the next such hour on. The first empty hour of each stretch is still paid.
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

judged as (
    select
        stretches.*,
        coalesce(models.gpu_model, 'unknown') as gpu_model,
        coalesce(is_empty and was_empty and is_next_hour, false) as is_saved
    from stretches
    left join models on stretches.usage_date = models.usage_date and stretches.node = models.node
)

select
    'unheld_nodes' as lever,
    'nodes' as scope_type,
    gpu_model as scope_name,
    'unallocated' as team,
    'unheld' as cost_pool,
    usage_date,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(coalesce(sum(cost) filter (where is_saved), 0) as decimal(38, 18)) as saving,
    count(*) filter (where is_saved) as evidence_row_count
from judged
group by gpu_model, usage_date
