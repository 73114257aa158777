{#
    What the provider gave to each workload, beside what GPU time held would have given to it, over
    the node-hours that both know. Both split the same amounts.
#}
with
holders as (
    select usage_date, hour_start, node, namespace, pod, slurm_job, sum(held_ms) as basis
    from {{ ref('int_2_gpu_time__integrated') }}
    group by usage_date, hour_start, node, namespace, pod, slurm_job
    having sum(held_ms) > 0
),

accumulated as (
    select
        *,
        sum(basis) over (
            partition by node, hour_start order by namespace, pod, slurm_job rows unbounded preceding
        ) as running,
        sum(basis) over (partition by node, hour_start) as total
    from holders
),

provider_rows as (
    select charge_hours.*
    from {{ ref('int_2_charge_hours__spread') }} as charge_hours
    inner join (select distinct node, hour_start from holders) as seen  {# hours to compare with #}
        using (node, hour_start)
    where charge_hours.is_provider_split
),

pools as (
    select node, hour_start, sum(reporting_effective_cost_quanta) as pool_quanta
    from provider_rows
    group by node, hour_start
),

compared as (
    select
        usage_date,
        node,
        allocated_namespace as namespace,
        allocated_pod as pod,
        '' as slurm_job,
        reporting_effective_cost_quanta as provider_quanta,
        0 as own_quanta
    from provider_rows

    union all

    select
        accumulated.usage_date,
        accumulated.node,
        accumulated.namespace,
        accumulated.pod,
        accumulated.slurm_job,
        0,
        {{ share('pools.pool_quanta', 'accumulated.basis', 'accumulated.running', 'accumulated.total') }}
    from accumulated
    inner join pools using (node, hour_start)  {# node-hours that the provider split #}
)

select
    compared.usage_date,
    compared.node,
    coalesce(workloads.workload, 'none') as workload,
    coalesce(workloads.team, 'unallocated') as team,
    {{ from_quanta('sum(compared.provider_quanta)') }} as provider_cost,
    {{ from_quanta('sum(compared.own_quanta)') }} as own_cost,
    {{ from_quanta('sum(compared.provider_quanta) - sum(compared.own_quanta)') }} as difference
from compared
left join {{ ref('int_4_workloads__owned') }} as workloads using (usage_date, namespace, pod, slurm_job)
group by compared.usage_date, compared.node, workloads.workload, workloads.team
