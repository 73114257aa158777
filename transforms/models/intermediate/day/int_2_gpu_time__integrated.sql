{#
    Stage 3, telemetry side: how long each workload held each GPU in each hour, and for how much of that time
    the GPU was busy. A sample stands for the time until the next one, at most two and a half sampling
    intervals; the first sample of a day reaches back to midnight. Several holders of one GPU at one instant
    share it evenly. A MIG slice counts by its sevenths of the GPU.
#}
{% set share_ms = even_share('span_ms', 'greatest(holder_count, 1)', 'holder_ordinal') %}
with
observed as (select * from {{ ref('int_2_gpu_instants__observed') }}),

instants as (
    select
        usage_date, device_id, sample_at,
        max(sm_active) as sm_active,
        max(gr_engine_active) as gr_engine_active,
        max(gpu_util) as gpu_util,
        max(gpu_util_metric) as gpu_util_metric,
        count(*) filter (where holder_id <> 0) as holder_count
    from observed
    group by usage_date, device_id, sample_at
),

timed as (
    select
        *,
        lead(sample_at) over device as next_sample_at,
        row_number() over device as ordinal
    from instants
    window device as (partition by usage_date, device_id order by sample_at)
),

steps as (
    select
        usage_date,
        device_id,
        coalesce(quantile_disc({{ milliseconds_between('sample_at', 'next_sample_at') }}, 0.5), 0) as step_ms
    from timed
    group by usage_date, device_id
),

spans as (
    select
        timed.usage_date,
        timed.device_id,
        timed.sample_at,
        timed.holder_count,
        case
            when
                timed.ordinal = 1
                and 2 * {{ milliseconds_between('cast(timed.usage_date as timestamp)', 'timed.sample_at') }}
                <= 3 * steps.step_ms
                then cast(timed.usage_date as timestamp)
            else timed.sample_at
        end as span_start,
        least(
            coalesce(timed.next_sample_at, cast(timed.usage_date as timestamp) + interval 1 day),
            {{ add_milliseconds('timed.sample_at', '5 * steps.step_ms // 2') }}
        ) as span_end,
        case
            when timed.sm_active is not null then 'DCGM_FI_PROF_SM_ACTIVE'
            when timed.gr_engine_active is not null then 'DCGM_FI_PROF_GR_ENGINE_ACTIVE'
            when timed.gpu_util is not null then timed.gpu_util_metric
            else 'none'
        end as activity_metric,
        cast(coalesce(timed.sm_active, timed.gr_engine_active, timed.gpu_util, 0) * 1000 as bigint)
            as activity_permille
    from timed
    inner join steps using (usage_date, device_id)  {# every device of a day has a step #}
),

hours as (
    select
        *,
        {{ instants(
            "date_trunc('hour', span_start)",
            "date_trunc('hour', " ~ add_milliseconds('span_end', -1) ~ ")",
            'hour'
        ) }} as hour_start
    from spans
    where span_end > span_start
),

measured as (
    select
        hours.usage_date,
        hours.hour_start,
        hours.device_id,
        hours.activity_metric,
        hours.activity_permille,
        hours.activity_permille >= {{ var('busy_activity_permille') }} as is_busy,
        hours.holder_count,
        coalesce(observed.holder_id, 0) as holder_id,
        row_number() over (
            partition by hours.device_id, hours.sample_at, hours.hour_start order by observed.holder_id
        ) as holder_ordinal,
        {{ milliseconds_between(
            'greatest(hours.span_start, hours.hour_start)',
            'least(hours.span_end, hours.hour_start + interval 1 hour)'
        ) }} as span_ms
    from hours
    left join observed  {# nobody holds it: unheld time #}
        on
            hours.device_id = observed.device_id
            and hours.sample_at = observed.sample_at
            and observed.holder_id <> 0
),

held as (
    select
        usage_date,
        hour_start,
        device_id,
        holder_id,
        max(activity_metric) as activity_metric,
        max(greatest(holder_count, 1)) as holder_count,
        sum({{ share_ms }}) as held_ms,
        coalesce(sum({{ share_ms }}) filter (where is_busy), 0) as busy_ms,
        sum(({{ share_ms }}) * activity_permille) as activity_permille_ms
    from measured
    group by usage_date, hour_start, device_id, holder_id
),

devices as (
    select
        usage_date,
        device_id,
        max(node) as node,
        max(gpu_uuid) as gpu_uuid,
        max(gpu_instance_id) as gpu_instance_id,
        max(gpu_model) as gpu_model,
        max(sevenths) as sevenths
    from {{ ref('int_2_gpu_series__numbered') }}
    group by usage_date, device_id
),

holders as (
    select distinct holder_id, namespace, pod, slurm_job
    from {{ ref('int_2_gpu_series__numbered') }}
    where holder_id <> 0
)

select
    held.usage_date,
    held.hour_start,
    devices.node,
    devices.gpu_uuid,
    devices.gpu_instance_id,
    coalesce(holders.namespace, '') as namespace,
    coalesce(holders.pod, '') as pod,
    coalesce(holders.slurm_job, '') as slurm_job,
    devices.gpu_model,
    held.activity_metric,
    held.holder_count,
    {{ floor_divide('held.held_ms * devices.sevenths', 7) }} as held_ms,
    {{ floor_divide('held.busy_ms * devices.sevenths', 7) }} as busy_ms,
    {{ floor_divide('held.activity_permille_ms * devices.sevenths', 7000) }} as activity_ms
from held
inner join devices using (usage_date, device_id)  {# every span comes from a device #}
left join holders using (holder_id)
