{# Stage 4: a pod is described by its namespace and labels, a Slurm job by its account and user. #}
with
workloads as (
    select distinct
        usage_date,
        namespace,
        pod,
        slurm_job,
        case when slurm_job <> '' then 'slurm/' || slurm_job else namespace || '/' || pod end as subject
    from {{ ref('int_2_gpu_time__integrated') }}
    where pod <> '' or slurm_job <> ''
)

select
    workloads.*,
    pods.pod_labels,
    jobs.account as slurm_account,
    jobs.user_name as slurm_user,
    coalesce(
        {{ json_text('pods.pod_labels', 'label_app_kubernetes_io_name') }},
        {{ json_text('pods.pod_labels', 'label_app') }},
        nullif(workloads.pod, ''),
        'slurm/' || workloads.slurm_job
    ) as workload
from workloads
left join {{ ref('stg_prometheus__pods') }} as pods
    on
        workloads.usage_date = pods.usage_date
        and workloads.namespace = pods.namespace
        and workloads.pod = pods.pod
left join {{ ref('int_4_slurm_jobs__named') }} as jobs
    on workloads.usage_date = jobs.usage_date and workloads.slurm_job = jobs.slurm_job
