{#
    Energy of each GPU from its first reading of the day to its last. A counter counts what it grew by,
    and all that it shows where it started anew (a driver was loaded, a machine rebooted); `increase`
    of Prometheus would extrapolate. Without a counter the power meter is added up, each reading for
    the time until the next, at most two and a half sampling intervals.
#}
with
steps as (
    select
        *,
        lag(counter_millijoules) over metered as previous_millijoules,
        {{ milliseconds_between('sample_at', 'lead(sample_at) over metered') }} as step_ms
    from {{ ref('int_2_gpu_energy__read') }}
    window metered as (partition by usage_date, node, gpu_uuid, metric order by sample_at)
),

usual as (
    select usage_date, node, gpu_uuid, metric, coalesce(quantile_disc(step_ms, 0.5), 0) as usual_ms
    from steps
    group by usage_date, node, gpu_uuid, metric
),

metered as (
    select
        steps.usage_date,
        steps.node,
        steps.gpu_uuid,
        steps.metric,
        max(steps.gpu_model) as gpu_model,
        max(steps.counter_millijoules) is not null as is_counter,
        {{ milliseconds_between('min(steps.sample_at)', 'max(steps.sample_at)') }} as metered_ms,
        sum(case
            when steps.counter_millijoules >= steps.previous_millijoules
                then steps.counter_millijoules - steps.previous_millijoules
            when steps.previous_millijoules is not null then steps.counter_millijoules
            when steps.step_ms is not null
                then {{ floor_divide(
                    'coalesce(steps.milliwatts, 0) * least(steps.step_ms, 5 * usual.usual_ms // 2)', 1000
                ) }}
            else 0
        end) as millijoules
    from steps
    inner join usual using (usage_date, node, gpu_uuid, metric)  {# every metric of a device has a step #}
    group by steps.usage_date, steps.node, steps.gpu_uuid, steps.metric
),

{# A counter tells more than a power meter, of which some kinds are read through several metrics. #}
chosen as (
    select
        *,
        row_number() over (
            partition by usage_date, node, gpu_uuid order by is_counter desc, metered_ms desc, metric asc
        ) as precedence
    from metered
    where metered_ms > 0
)

select
    usage_date,
    node,
    gpu_uuid,
    coalesce(gpu_model, 'unknown') as gpu_model,
    metric as energy_metric,
    {{ seconds('millijoules') }} as energy_joules,
    {{ seconds('metered_ms') }} as metered_seconds
from chosen
where precedence = 1
