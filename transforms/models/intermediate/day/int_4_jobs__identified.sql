{#
    Which workloads are jobs, and of which job each is a part: every Slurm job; pods that carry the
    label of a job controller; and other pods that train, tune, infer in batches or are somebody's
    development environment. A pod that serves a deployment is paid for by its requests.
#}
with
workloads as (
    select
        owned.*,
        described.pod_labels,
        coalesce(
            {% for label in var('pod_job_labels') %}
            {{ json_text('described.pod_labels', label) }}{{ ',' if not loop.last }}
            {% endfor %}
        ) as job_label,
        coalesce(
            {% for label in var('pod_user_labels') %}
            {{ json_text('described.pod_labels', label) }},
            {% endfor %}
            'none'
        ) as pod_user,
        coalesce(
            {{ json_text('described.pod_labels', 'label_training_kubeflow_org_replica_type') }} || '-'
            || {{ json_text('described.pod_labels', 'label_training_kubeflow_org_replica_index') }},
            {{ json_text('described.pod_labels', 'label_batch_kubernetes_io_job_completion_index') }},
            owned.pod
        ) as replica
    from {{ ref('int_4_workloads__owned') }} as owned
    inner join {{ ref('int_4_workloads__described') }} as described  {# owned is made of described #}
        using (usage_date, namespace, pod, slurm_job)
    where owned.deployment = 'none' and owned.purpose <> 'online_inference'
)

select
    workloads.usage_date,
    workloads.namespace,
    workloads.pod,
    workloads.slurm_job,
    'slurm' as scheduler,
    coalesce(jobs.cluster, 'none') as cluster,
    coalesce(jobs.job_id, workloads.slurm_job) as job_id,
    coalesce(jobs.job_name, workloads.workload) as job_name,
    coalesce(jobs.user_name, 'none') as user_name,
    coalesce(jobs.account, 'none') as account,
    '' as replica,
    workloads.workload,
    workloads.team,
    workloads.owner_rule,
    workloads.model,
    workloads.purpose
from workloads
left join {{ ref('int_4_slurm_jobs__named') }} as jobs using (usage_date, slurm_job)
where workloads.slurm_job <> ''

union all

select
    usage_date,
    namespace,
    pod,
    slurm_job,
    'kubernetes' as scheduler,
    'none' as cluster,
    namespace || '/' || coalesce(job_label, pod) as job_id,
    coalesce(job_label, pod) as job_name,
    pod_user as user_name,
    namespace as account,
    replica,
    workload,
    team,
    owner_rule,
    model,
    purpose
from workloads
where
    slurm_job = ''
    and (job_label is not null or purpose in ('training', 'fine_tuning', 'batch_inference', 'development'))
