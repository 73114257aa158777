{# How many replicas of a deployment held GPUs in an hour, in thousandths: their time over the hour. #}
with
pods as (
    select
        gpu_time.usage_date,
        gpu_time.hour_start,
        workloads.deployment,
        sum(gpu_time.held_ms) as held_ms,
        count(distinct gpu_time.gpu_uuid || '/' || gpu_time.gpu_instance_id) as device_count
    from {{ ref('int_2_gpu_time__integrated') }} as gpu_time
    inner join {{ ref('int_4_workloads__owned') }} as workloads  {# unheld time serves nobody #}
        using (usage_date, namespace, pod, slurm_job)
    where workloads.deployment <> 'none'
    group by
        gpu_time.usage_date, gpu_time.hour_start, workloads.deployment, namespace, pod, slurm_job
)

select
    usage_date,
    deployment,
    {{ millisecond_of_day('hour_start', 'usage_date') }} as hour_ms,
    sum({{ floor_divide('held_ms', 'device_count * 3600') }}) as replicas_permille
from pods
group by usage_date, deployment, hour_start
