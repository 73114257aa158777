{#
    What workloads pay for the time that they held GPUs, where no request pays for it, and the time
    that nobody held. An hour without a sample belongs to the owner of its charge.
#}
with
pooled as (select distinct charge_key, deployment, pool_start from {{ ref('int_5_pool_charges__gathered') }})

select
    split.charge_key,
    split.usage_date,
    split.namespace,
    split.pod,
    split.slurm_job,
    coalesce(workloads.team, owners.team, 'unallocated') as team,
    coalesce(workloads.owner_rule, owners.owner_rule, 'none') as owner_rule,
    coalesce(workloads.model, 'none') as model,
    coalesce(workloads.deployment, 'none') as deployment,
    coalesce(workloads.purpose, 'none') as purpose,
    case
        when split.cost_class = 'telemetry_gap' then 'direct'
        when workloads.deployment <> 'none' then 'idle_held'
        else split.cost_class
    end as cost_class,
    case
        when split.cost_class = 'telemetry_gap' then 'telemetry_gap'
        when workloads.deployment <> 'none' then 'no_requests_in_hour'
        else 'gpu_seconds_held'
    end as allocation_method,
    {{ sum_quanta('split') }}
from {{ ref('int_3_workload_hours__split') }} as split
left join {{ ref('int_4_workloads__owned') }} as workloads using (usage_date, namespace, pod, slurm_job)
left join {{ ref('int_1_charges__owned') }} as owners on split.charge_key = owners.subject
left join pooled
    on
        split.charge_key = pooled.charge_key
        and workloads.deployment = pooled.deployment
        and split.hour_start = pooled.pool_start
where pooled.charge_key is null
group by all
