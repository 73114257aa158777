{#
    The jobs of a day by every name that telemetry may have for them: an exporter writes the number of
    a job, which for a task of an array is another than the id that Slurm prints (3_0 is number 8).
#}
with
attempts as (select * from {{ ref('stg_slurm__attempts') }}),

names as (
    select *, job_id_raw as slurm_job from attempts
    union all
    select *, job_id as slurm_job from attempts where job_id <> job_id_raw
)

select
    usage_date,
    slurm_job,
    arg_max(cluster, started_at) as cluster,
    arg_max(job_id, started_at) as job_id,
    arg_max(job_name, started_at) as job_name,
    arg_max(user_name, started_at) as user_name,
    arg_max(account, started_at) as account
from names
group by usage_date, slurm_job
