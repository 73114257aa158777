select
    gpu_time.usage_date,
    gpu_time.hour_start,
    gpu_time.node,
    gpu_time.gpu_uuid,
    gpu_time.gpu_instance_id,
    coalesce(gpu_time.gpu_model, 'unknown') as gpu_model,
    coalesce(workloads.workload, 'none') as workload,
    gpu_time.namespace,
    gpu_time.pod,
    gpu_time.slurm_job,
    coalesce(workloads.team, 'unallocated') as team,
    coalesce(workloads.model, 'none') as model,
    coalesce(workloads.deployment, 'none') as deployment,
    coalesce(workloads.purpose, 'none') as purpose,
    {{ seconds('case when workloads.workload is not null then gpu_time.held_ms else 0 end') }} as held_seconds,
    {{ seconds('case when workloads.workload is not null then gpu_time.busy_ms else 0 end') }} as active_seconds,
    {{ seconds('case when workloads.workload is null then gpu_time.held_ms else 0 end') }} as unheld_seconds,
    gpu_time.activity_metric,
    cast(gpu_time.holder_count as bigint) as holder_count
from {{ ref('int_2_gpu_time__integrated') }} as gpu_time
left join {{ ref('int_4_workloads__owned') }} as workloads using (usage_date, namespace, pod, slurm_job)
