{#
    Stage 3, telemetry side: how long each workload held each GPU in each hour, and for how much of
    that time the GPU was busy. A sample stands for the time until the next one, at most two and a
    half sampling intervals; the first and last sample of a day reach to midnight. Several holders of
    one GPU at one instant share it evenly (dcgm-exporter repeats a device's sample per sharing pod).
    A MIG slice counts by its sevenths of the GPU.
#}
with
samples as (select * from {{ ref('stg_prometheus__gpu_samples') }}),

devices as (
    select
        usage_date,
        node,
        gpu_uuid,
        gpu_instance_id,
        max(gpu_model) as gpu_model,
        coalesce(cast(nullif({{ regexp_part('max(gpu_instance_profile)', '^[0-9]+') }}, '') as integer), 7) as sevenths,
        bool_or(gpu_instance_id <> '') over (partition by usage_date, gpu_uuid) as is_mig_gpu
    from samples
    group by usage_date, node, gpu_uuid, gpu_instance_id
),

instants as (
    select
        usage_date,
        node,
        gpu_uuid,
        gpu_instance_id,
        sample_at,
        max(case when metric = 'DCGM_FI_PROF_SM_ACTIVE' then value end) as sm_active,
        max(case when metric = 'DCGM_FI_PROF_GR_ENGINE_ACTIVE' then value end) as gr_engine_active,
        max(case when metric = 'DCGM_FI_DEV_GPU_UTIL' then value / 100 end) as gpu_util
    from samples
    group by usage_date, node, gpu_uuid, gpu_instance_id, sample_at
),

timed as (
    select
        *,
        lead(sample_at) over device as next_sample_at,
        row_number() over device as ordinal,
        {{ milliseconds_between('sample_at', 'lead(sample_at) over device') }} as gap_ms
    from instants
    window device as (partition by usage_date, gpu_uuid, gpu_instance_id order by sample_at)
),

stepped as (
    select
        *,
        coalesce(quantile_disc(gap_ms, 0.5) over (partition by usage_date, gpu_uuid, gpu_instance_id), 0) as step_ms
    from timed
),

spans as (
    select
        stepped.usage_date,
        stepped.node,
        stepped.gpu_uuid,
        stepped.gpu_instance_id,
        stepped.sample_at,
        case
            when
                ordinal = 1
                and 2 * {{ milliseconds_between('cast(stepped.usage_date as timestamp)', 'sample_at') }} <= 3 * step_ms
                then cast(stepped.usage_date as timestamp)
            else sample_at
        end as span_start,
        least(
            coalesce(next_sample_at, cast(stepped.usage_date as timestamp) + interval 1 day),
            {{ add_milliseconds('sample_at', '5 * step_ms // 2') }}
        ) as span_end,
        case
            when sm_active is not null then 'DCGM_FI_PROF_SM_ACTIVE'
            when gr_engine_active is not null then 'DCGM_FI_PROF_GR_ENGINE_ACTIVE'
            when gpu_util is not null then 'DCGM_FI_DEV_GPU_UTIL'
            else 'none'
        end as activity_metric,
        coalesce(sm_active, gr_engine_active, gpu_util, 0) * 1000 >= {{ var('busy_activity_permille') }} as is_busy
    from stepped
),

holders as (
    select distinct
        usage_date,
        gpu_uuid,
        gpu_instance_id,
        sample_at,
        namespace,
        pod,
        slurm_job
    from samples
    where pod <> '' or slurm_job <> ''
),

shared_spans as (
    select
        spans.*,
        coalesce(holders.namespace, '') as namespace,
        coalesce(holders.pod, '') as pod,
        coalesce(holders.slurm_job, '') as slurm_job,
        count(*) over sharing as holder_count,
        row_number() over (sharing order by holders.namespace, holders.pod, holders.slurm_job) as holder_ordinal
    from spans
    left join holders  {# nobody holds it: unheld time #}
        on
            spans.usage_date = holders.usage_date
            and spans.gpu_uuid = holders.gpu_uuid
            and spans.gpu_instance_id = holders.gpu_instance_id
            and spans.sample_at = holders.sample_at
    window sharing as (partition by spans.usage_date, spans.gpu_uuid, spans.gpu_instance_id, spans.sample_at)
),

hours as (
    select
        *,
        {{ instants(
            "date_trunc('hour', span_start)",
            "date_trunc('hour', " ~ add_milliseconds('span_end', -1) ~ ")",
            'hour'
        ) }} as hour_start
    from shared_spans
    where span_end > span_start
),

measured as (
    select
        hours.*,
        {{ milliseconds_between(
            'greatest(span_start, hour_start)',
            'least(span_end, hour_start + interval 1 hour)'
        ) }} as span_ms
    from hours
),

held as (
    select
        *,
        span_ms // holder_count + case when holder_ordinal <= span_ms % holder_count then 1 else 0 end as held_ms
    from measured
)

select
    held.usage_date,
    held.hour_start,
    held.node,
    held.gpu_uuid,
    held.gpu_instance_id,
    held.namespace,
    held.pod,
    held.slurm_job,
    max(devices.gpu_model) as gpu_model,
    max(held.activity_metric) as activity_metric,
    max(held.holder_count) as holder_count,
    sum(held_ms) * max(devices.sevenths) // 7 as held_ms,
    coalesce(sum(held_ms) filter (where is_busy), 0) * max(devices.sevenths) // 7 as busy_ms
from held
inner join devices  {# every span comes from a device #}
    on
        held.usage_date = devices.usage_date
        and held.node = devices.node
        and held.gpu_uuid = devices.gpu_uuid
        and held.gpu_instance_id = devices.gpu_instance_id
where not (devices.is_mig_gpu and held.gpu_instance_id = '')  {# the parent of slices is not one more GPU #}
group by
    held.usage_date, held.hour_start, held.node, held.gpu_uuid, held.gpu_instance_id,
    held.namespace, held.pod, held.slurm_job
