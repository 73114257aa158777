{#
    Energy of each GPU by the hour, of the metric that tells most. A counter counts what it grew by, and
    all that it shows where it started anew (a driver was loaded, a machine rebooted); `increase` of
    Prometheus would extrapolate. What it grew by belongs to the hour of the later reading. Without a
    counter the power meter is added up, each reading for the time until the next, at most two and a
    half sampling intervals.
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
        date_trunc('hour', steps.sample_at) as hour_start,
        steps.node,
        steps.gpu_uuid,
        steps.metric,
        max(steps.gpu_model) as gpu_model,
        max(steps.counter_millijoules) is not null as is_counter,
        coalesce(sum(steps.step_ms), 0) as metered_ms,
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
    group by steps.usage_date, date_trunc('hour', steps.sample_at), steps.node, steps.gpu_uuid, steps.metric
),

{# A counter tells more than a power meter, of which some kinds are read through several metrics. #}
chosen as (
    select
        usage_date,
        node,
        gpu_uuid,
        metric,
        row_number() over (
            partition by usage_date, node, gpu_uuid
            order by max(is_counter) desc, sum(metered_ms) desc, metric asc
        ) as precedence
    from metered
    group by usage_date, node, gpu_uuid, metric
    having sum(metered_ms) > 0
)

select
    metered.usage_date,
    metered.hour_start,
    metered.node,
    metered.gpu_uuid,
    coalesce(metered.gpu_model, 'unknown') as gpu_model,
    metered.metric,
    cast(metered.metered_ms as bigint) as metered_ms,
    cast(metered.millijoules as {{ integer_type() }}) as millijoules
from metered
inner join chosen  {# one metric counts for a GPU #}
    on
        metered.usage_date = chosen.usage_date
        and metered.node = chosen.node
        and metered.gpu_uuid = chosen.gpu_uuid
        and metered.metric = chosen.metric
        and chosen.precedence = 1
