{#
    GPUs that were held in each hour of the window, in thousandths, by model, with hours in which none was: of
    workloads that hold whole GPUs by themselves. What they cost is spread over the hours of the day.
#}
with
held as (
    select
        hours.usage_date,
        hours.hour_start,
        hours.gpu_model,
        sum({{ milliseconds('hours.held_seconds') }}) as held_ms
    from {{ ref('day_gpu_hours') }} as hours
    inner join {{ ref('int_lever_gpu_workloads__summed') }} as workloads  {# slices and shared GPUs have no price #}
        on
            hours.usage_date = workloads.usage_date
            and {{ workload_pool('hours') }} = workloads.cost_pool
            and hours.gpu_model = workloads.gpu_model
            and hours.purpose = workloads.purpose
    where hours.workload <> 'none'
    group by hours.usage_date, hours.hour_start, hours.gpu_model
),

models as (
    select distinct gpu_model
    from held
),

every_hour as (
    select distinct
        usage_date,
        hour_start
    from {{ ref('day_gpu_hours') }}
)

select
    every_hour.usage_date,
    every_hour.hour_start,
    models.gpu_model,
    cast(coalesce(held.held_ms, 0) as bigint) as held_ms
from every_hour
cross join models
left join held on every_hour.hour_start = held.hour_start and models.gpu_model = held.gpu_model
