{#
    Replay: the GPUs that are worth owning serve every hour first, the cloud what is above them. A day saves what
    those hours cost in the cloud, less what owning costs for its hours. Each workload has its part by the hours
    that it held.
#}
with
days as (
    select
        demand.usage_date,
        demand.gpu_model,
        owned.owned_gpu_count,
        owned.owned_quanta,
        count(*) as hour_count,
        sum(demand.held_ms) as held_ms,
        sum(least(demand.held_ms, owned.owned_gpu_count * 3600000)) as replaced_ms
    from {{ ref('int_gpu_demand__hourly') }} as demand
    inner join {{ ref('int_owned_gpus__sized') }} as owned using (gpu_model)  {# no offer, no comparison #}
    group by all
),

workloads as (
    select
        workloads.*,
        days.owned_gpu_count,
        {{ billionths('days.replaced_ms', 'greatest(days.held_ms, 1)') }} as replaced_billionths,
        {{ billionths('cast(workloads.held_ms as ' ~ integer_type() ~ ')', 'greatest(days.held_ms, 1)') }}
            as part_billionths,
        {{ floor_divide(
            'days.owned_quanta * days.owned_gpu_count * days.hour_count', hours_of_a_month()
        ) }} as owned_quanta
    from {{ ref('int_lever_gpu_workloads__summed') }} as workloads
    inner join days using (usage_date, gpu_model)  {# no offer, no comparison #}
)

select
    'cloud_or_owned' as lever,
    'GPU model' as scope_type,
    owned_gpu_count || ' ' || gpu_model as scope_name,
    'unallocated' as team,
    cost_pool,
    usage_date,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast({{ from_quanta(
        'sum(' ~ billionths_of(quanta('cost'), 'replaced_billionths') ~ ') - sum('
        ~ billionths_of('owned_quanta', 'part_billionths') ~ ')'
    ) }} as decimal(38, 18)) as saving,
    cast(count(*) as bigint) as evidence_row_count
from workloads
group by gpu_model, owned_gpu_count, cost_pool, usage_date
