{# Stage 4: a pod is described by its namespace and labels, a Slurm job by its account and user. #}
with
provider_split as (
    select
        usage_date,
        allocated_namespace as namespace,
        allocated_pod as pod,
        max(tags) as allocated_tags
    from {{ ref('int_1_charges__classified') }}
    where allocated_pod <> '' and cost_class = 'direct'
    group by usage_date, allocated_namespace, allocated_pod
),

holders as (
    select usage_date, namespace, pod, slurm_job
    from {{ ref('int_2_gpu_time__integrated') }}
    where pod <> '' or slurm_job <> ''

    union

    select usage_date, namespace, pod, '' from provider_split

    union

    select usage_date, namespace, pod, '' from {{ ref('int_3_pod_requests__weighed') }} where request_millionths > 0
),

workloads as (
    select
        holders.*,
        case when slurm_job <> '' then 'slurm/' || slurm_job else namespace || '/' || pod end as subject,
        provider_split.allocated_tags
    from holders
    left join provider_split using (usage_date, namespace, pod)
)

select
    workloads.*,
    pods.pod_labels,
    jobs.account as slurm_account,
    jobs.user_name as slurm_user,
    coalesce(
        {{ json_text('pods.pod_labels', 'label_app_kubernetes_io_name') }},
        {{ json_text('pods.pod_labels', 'label_app') }},
        {{ json_text('workloads.allocated_tags', 'aws:eks:workload-name') }},
        {{ json_text('workloads.allocated_tags', 'k8s-workload-name') }},
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
