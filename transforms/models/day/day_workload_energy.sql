{#
    Whose work took the energy of a node: each hour of a GPU by the time that holders held it, as its
    cost is split. What nobody held, or nobody saw, stays without a team. Where the node stands is
    what its charges say.
#}
with
holders as (
    select
        usage_date,
        hour_start,
        node,
        gpu_uuid,
        namespace,
        pod,
        slurm_job,
        held_ms,
        sum(held_ms) over (
            partition by usage_date, hour_start, node, gpu_uuid
            order by gpu_instance_id, namespace, pod, slurm_job rows between unbounded preceding and current row
        ) as running_ms,
        sum(held_ms) over (partition by usage_date, hour_start, node, gpu_uuid) as total_ms
    from {{ ref('int_2_gpu_time__integrated') }}
    where held_ms > 0
),

split as (
    select
        metered.usage_date,
        metered.node,
        holders.namespace,
        holders.pod,
        holders.slurm_job,
        case
            when holders.total_ms is null then metered.millijoules
            else {{ share('metered.millijoules', 'holders.held_ms', 'holders.running_ms', 'holders.total_ms') }}
        end as millijoules,
        case
            when holders.total_ms is null then metered.metered_ms
            else {{ share('metered.metered_ms', 'holders.held_ms', 'holders.running_ms', 'holders.total_ms') }}
        end as metered_ms
    from {{ ref('int_2_gpu_energy__metered') }} as metered
    left join holders
        on
            metered.usage_date = holders.usage_date
            and metered.hour_start = holders.hour_start
            and metered.node = holders.node
            and metered.gpu_uuid = holders.gpu_uuid
),

places as (
    select
        spread.usage_date,
        spread.node,
        max(charges.provider) as provider,
        max(charges.region_id) as region_id
    from {{ ref('int_2_charge_hours__spread') }} as spread
    inner join {{ ref('stg_focus__charges') }} as charges  {# each share comes from a charge #}
        on spread.charge_key = charges.charge_key
    group by spread.usage_date, spread.node
)

select
    split.usage_date,
    split.node,
    coalesce(places.provider, 'unknown') as provider,
    coalesce(places.region_id, 'unknown') as region_id,
    coalesce(workloads.workload, 'none') as workload,
    coalesce(workloads.team, 'unallocated') as team,
    coalesce(workloads.model, 'none') as model,
    coalesce(workloads.deployment, 'none') as deployment,
    coalesce(workloads.purpose, 'none') as purpose,
    {{ seconds('sum(split.millijoules)') }} as energy_joules,
    {{ seconds('sum(split.metered_ms)') }} as metered_seconds
from split
left join places on split.usage_date = places.usage_date and split.node = places.node
left join {{ ref('int_4_workloads__owned') }} as workloads
    on
        split.usage_date = workloads.usage_date
        and split.namespace = workloads.namespace
        and split.pod = workloads.pod
        and split.slurm_job = workloads.slurm_job
group by all
