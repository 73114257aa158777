{#
    Each run of a job on each day, with the GPU time that telemetry saw it hold and, on Slurm, the GPU
    time that accounting says it was given. A run with GPUs that telemetry never saw is listed too, and a
    pod that only the provider's own split of a charge names.
#}
with
jobs as (select * from {{ ref('int_4_jobs__identified') }}),

shared as (
    select
        gpu_time.usage_date,
        jobs.scheduler,
        jobs.cluster,
        jobs.job_id,
        coalesce(hours.attempt, nullif(gpu_time.pod, ''), 'none') as attempt,
        gpu_time.gpu_uuid || '/' || gpu_time.gpu_instance_id as device,
        gpu_time.gpu_model,
        gpu_time.held_ms,
        gpu_time.busy_ms,
        coalesce(hours.basis, 1) as basis,
        coalesce(hours.running, 1) as running,
        coalesce(hours.total, 1) as total
    from {{ ref('int_2_gpu_time__integrated') }} as gpu_time
    inner join jobs  {# GPU time of anything else is in day_gpu_hours alone #}
        using (usage_date, namespace, pod, slurm_job)
    left join {{ ref('int_4_job_hours__overlapped') }} as hours using (usage_date, hour_start, node, slurm_job)
),

gpu_time as (
    select
        usage_date,
        scheduler,
        cluster,
        job_id,
        attempt,
        count(distinct device) as seen_gpu_count,
        max(gpu_model) as gpu_model,
        sum({{ share('held_ms', 'basis', 'running', 'total') }}) as held_ms,
        sum({{ share('busy_ms', 'basis', 'running', 'total') }}) as busy_ms
    from shared
    group by all
),

runs as (
    select
        usage_date,
        'slurm' as scheduler,
        cluster,
        job_id,
        attempt,
        state,
        submit_at,
        started_at,
        ended_at,
        job_name,
        user_name,
        account,
        gpu_count,
        gpu_type,
        gpu_seconds
    from {{ ref('stg_slurm__attempts') }}
    where gpu_count > 0

    union all

    select
        jobs.usage_date,
        jobs.scheduler,
        jobs.cluster,
        jobs.job_id,
        jobs.pod,
        pods.state,
        null,
        pods.started_at,
        pods.ended_at,
        jobs.job_name,
        jobs.user_name,
        jobs.account,
        null,
        null,
        null
    from jobs
    left join {{ ref('int_4_job_pods__seen') }} as pods using (usage_date, namespace, pod)
    where jobs.scheduler = 'kubernetes'
),

owned as (
    select
        usage_date,
        scheduler,
        cluster,
        job_id,
        nullif(pod, '') as pod,
        max(replica) as replica,
        max(job_name) as job_name,
        max(user_name) as user_name,
        max(account) as account,
        max(workload) as workload,
        max(team) as team,
        max(owner_rule) as owner_rule,
        max(model) as model,
        max(purpose) as purpose
    from jobs
    group by all
),

measured as (
    select *
    from runs
    full outer join gpu_time using (usage_date, scheduler, cluster, job_id, attempt)
)

select
    measured.usage_date,
    measured.scheduler,
    measured.cluster,
    measured.job_id,
    measured.attempt,
    coalesce(owned.replica, '') as replica,
    coalesce(measured.job_name, owned.job_name, 'none') as job_name,
    coalesce(measured.user_name, owned.user_name, 'none') as user_name,
    coalesce(measured.account, owned.account, 'none') as account,
    owned.workload,
    coalesce(owned.team, 'unallocated') as team,
    coalesce(owned.owner_rule, 'none') as owner_rule,
    coalesce(owned.model, 'none') as model,
    coalesce(owned.purpose, 'none') as purpose,
    coalesce(measured.state, 'none') as state,
    measured.submit_at,
    measured.started_at,
    measured.ended_at,
    cast(coalesce(nullif(measured.gpu_count, 0), measured.seen_gpu_count) as bigint) as gpu_count,
    coalesce(measured.gpu_type, measured.gpu_model, 'unknown') as gpu_type,
    {{ seconds('1000 * coalesce(measured.gpu_seconds, 0)') }} as allocated_gpu_seconds,
    {{ seconds('coalesce(measured.held_ms, 0)') }} as held_gpu_seconds,
    {{ seconds('coalesce(measured.busy_ms, 0)') }} as busy_gpu_seconds
from measured
left join owned
    on
        measured.usage_date = owned.usage_date
        and measured.scheduler = owned.scheduler
        and measured.cluster = owned.cluster
        and measured.job_id = owned.job_id
        and (owned.pod is null or measured.attempt = owned.pod)
