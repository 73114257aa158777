{#
    Each run of a job on each day. Slurm keeps the id of a job that it requeues and gives it a new
    time of submission. Two deliveries may hold the same run (printed while it ran and again when it
    had ended): it lasted as long as the longer says, and ended as the later says.
#}
{% set is_final = "case when state in ('RUNNING', 'SUSPENDED', 'COMPLETING') then 0 else 1 end" %}
{% set ended_at = add_milliseconds('started_at', '1000 * elapsed_seconds') %}
{% set recency = milliseconds_between("timestamp '1970-01-01 00:00:00'", 'ended_at') ~ ' * 2 + ' ~ is_final %}
with
records as (
    select
        *,
        cast(started_at as date) as usage_date,
        coalesce(completed_at, {{ ended_at }}) as ended_at
    from {{ source('landing', 'slurm_jobs') }}
    where started_at is not null
)

select
    usage_date,
    coalesce(cluster, 'none') as cluster,
    job_id,
    cast(job_id_raw as varchar) as job_id_raw,
    cast(coalesce(submit_at, started_at) as varchar) as attempt,
    max(submit_at) as submit_at,
    min(started_at) as started_at,
    max(ended_at) as ended_at,
    arg_max(state, {{ recency }}) as state,
    arg_max(job_name, {{ recency }}) as job_name,
    arg_max(user_name, {{ recency }}) as user_name,
    arg_max(lower(account), {{ recency }}) as account,
    arg_max(node_list, {{ recency }}) as node_list,
    arg_max(gpu_type, {{ recency }}) as gpu_type,
    max(gpu_count) as gpu_count,
    max(gpu_count * elapsed_seconds) as gpu_seconds
from records
group by usage_date, coalesce(cluster, 'none'), job_id, job_id_raw, cast(coalesce(submit_at, started_at) as varchar)
