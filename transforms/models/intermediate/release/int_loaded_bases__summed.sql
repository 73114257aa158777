{#
    What loaded costs are shared by: metered energy and held GPU time by node, and direct cost. A node stands where the
    register of own hardware says, else where its charges say.
#}
with
registered as (
    select
        usage_date,
        node,
        max(cloud) as cloud,
        max(region_id) as region_id
    from {{ ref('int_owned_hardware__depreciated') }}
    where node is not null
    group by usage_date, node
),

billed as (
    select
        usage_date,
        node,
        max({{ cloud_of('provider') }}) as cloud,
        max(region_id) as region_id
    from {{ ref('day_workload_energy') }}
    group by usage_date, node
),

weights as (
    select
        usage_date,
        'energy' as basis,
        node,
        team,
        model,
        deployment,
        {{ milliseconds('energy_joules') }} as weight
    from {{ ref('day_workload_energy') }}
    where workload <> 'none'

    union all

    select
        usage_date,
        'held',
        node,
        team,
        model,
        deployment,
        {{ milliseconds('held_seconds') }}
    from {{ ref('day_gpu_hours') }}
    where workload <> 'none'

    union all

    select
        usage_date,
        'direct',
        'none',
        team,
        model,
        deployment,
        {{ floor_divide(quanta('reporting_effective_cost'), 1000000000000) }}
    from {{ ref('cost_ledger') }}
    where cost_class = 'direct' and reporting_effective_cost > 0
)

select
    weights.usage_date,
    weights.basis,
    weights.node,
    coalesce(registered.cloud, billed.cloud, 'unknown') as cloud,
    coalesce(registered.region_id, billed.region_id, 'unknown') as region_id,
    weights.team,
    weights.model,
    weights.deployment,
    cast(sum(weights.weight) as {{ integer_type() }}) as weight
from weights
left join registered using (usage_date, node)
left join billed using (usage_date, node)
group by all
having sum(weights.weight) > 0
