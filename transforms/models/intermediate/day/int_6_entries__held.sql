{#
    What workloads pay for the time that they held GPUs, where no request pays for it, and the time
    that nobody held. An hour without a sample belongs to the owner of its charge, and so does what the
    provider gave to a workload that no rule knows.
#}
with
pooled as (select distinct charge_key, deployment, pool_start from {{ ref('int_5_pool_charges__gathered') }})

select
    split.charge_key,
    split.usage_date,
    split.namespace,
    split.pod,
    split.slurm_job,
    {% for column, nobody in [('team', 'unallocated'), ('owner_rule', 'none')] %}
    case
        when split.allocation_method = 'provider_split' and workloads.team = 'unallocated'
        then coalesce(owners.{{ column }}, '{{ nobody }}')
        else coalesce(workloads.{{ column }}, owners.{{ column }}, '{{ nobody }}')
    end as {{ column }},
    {% endfor %}
    coalesce(workloads.model, 'none') as model,
    coalesce(workloads.deployment, 'none') as deployment,
    coalesce(workloads.purpose, 'none') as purpose,
    case
        when split.cost_class = 'telemetry_gap' then 'direct'
        when workloads.deployment <> 'none' then 'idle_held'
        else split.cost_class
    end as cost_class,
    case
        when workloads.deployment <> 'none' then 'no_requests_in_hour'
        else split.allocation_method
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
