{#
    Each day's accounting holds that day's part of a job. A requeued job has several records; its
    account and user are those of the last.
#}
select
    cast(started_at as date) as usage_date,
    job_id,
    arg_max(lower(account), completed_at) as account,
    arg_max(user_name, completed_at) as user_name,
    arg_max(partition, completed_at) as partition,
    arg_max(job_name, completed_at) as job_name,
    arg_max(state, completed_at) as state,
    sum(gpu_count * elapsed_seconds) as gpu_seconds
from {{ source('landing', 'slurm_jobs') }}
where started_at is not null
group by cast(started_at as date), job_id
