{#
    What each pool costs, charge by charge: workload hours of a self-hosted deployment that served
    requests in that hour, and metered charges of model APIs. A workload hour without requests stays
    with its workload; metered quantity that no log explains is `unlogged_quantity`, at the price of
    the meter's tier.
#}
with
basis as (
    select distinct usage_date, deployment, pool_start, token_type, service_tier, logged_quantity, logged_basis
    from {{ ref('int_5_request_basis__weighed') }}
    where logged_basis > 0
),

self_hosted as (
    select
        split.charge_key,
        split.usage_date,
        workloads.deployment,
        split.hour_start as pool_start,
        basis.token_type,
        workloads.model,
        workloads.purpose,
        split.cost_class,
        {{ sum_quanta('split') }}
    from {{ ref('int_3_workload_hours__split') }} as split
    inner join {{ ref('int_4_workloads__owned') }} as workloads  {# unheld time has no workload, and no pool #}
        using (usage_date, namespace, pod, slurm_job)
    inner join basis  {# hours without requests stay with the workload #}
        on
            workloads.deployment = basis.deployment
            and split.hour_start = basis.pool_start
            and basis.token_type in ('weighted', 'residency')
    group by all
),

metered as (
    select
        charges.charge_key,
        charges.usage_date,
        coalesce(deployments.deployment, meters.gen_ai_provider_name || '/' || meters.model) as deployment,
        cast(charges.usage_date as timestamp) as pool_start,
        meters.token_type,
        meters.service_tier,
        meters.gen_ai_provider_name,
        meters.model,
        coalesce(deployments.purpose, 'none') as purpose,
        charges.cost_class,
        {{ quanta_columns('charges') }},
        cast(
            charges.consumed_quantity
            * {{ units_of('charges.consumed_unit') }}
            as {{ integer_type() }}
        ) as billed_quantity
    from {{ ref('int_1_charges__classified') }} as charges
    inner join {{ ref('stg_reference__model_meters') }} as meters  {# every other charge keeps to its own path #}
        on
            lower(charges.provider) = meters.service_provider_name
            and lower(charges.sku_meter) = meters.sku_meter
            and {{ in_force('meters', 'charges.usage_date') }}
    left join {{ ref('stg_reference__deployments') }} as deployments
        on
            meters.gen_ai_provider_name = deployments.gen_ai_provider_name
            and meters.model = deployments.model
            and deployments.hosting = 'api'
            and {{ in_force('deployments', 'charges.usage_date') }}
    where charges.cost_class = 'direct'
),

metered_pools as (
    select
        *,
        sum(billed_quantity) over (partition by usage_date, deployment, token_type, service_tier) as pool_quantity
    from metered
)

select
    charge_key,
    usage_date,
    deployment,
    pool_start,
    token_type,
    'all' as service_tier,
    cast(null as varchar) as gen_ai_provider_name,
    model,
    purpose,
    cost_class,
    {{ quanta_columns() }},
    cast(0 as {{ integer_type() }}) as billed_quantity,
    cast(0 as {{ integer_type() }}) as unlogged_quantity,
    cast(1 as {{ integer_type() }}) as unlogged_unit_weight
from self_hosted

union all

select
    metered_pools.charge_key,
    metered_pools.usage_date,
    metered_pools.deployment,
    metered_pools.pool_start,
    metered_pools.token_type,
    metered_pools.service_tier,
    metered_pools.gen_ai_provider_name,
    metered_pools.model,
    metered_pools.purpose,
    metered_pools.cost_class,
    {{ quanta_columns('metered_pools') }},
    coalesce(metered_pools.billed_quantity, 0) as billed_quantity,
    cast(case
        when basis.logged_basis is null then 1
        else greatest(coalesce(metered_pools.pool_quantity, 0) - basis.logged_quantity, 0)
    end as {{ integer_type() }}) as unlogged_quantity,
    cast(case when basis.logged_basis is null then 1 else unlogged.unit_weight end as {{ integer_type() }})
        as unlogged_unit_weight
from metered_pools
left join basis
    on
        metered_pools.deployment = basis.deployment
        and metered_pools.pool_start = basis.pool_start
        and metered_pools.token_type = basis.token_type
        and metered_pools.service_tier = basis.service_tier
left join {{ ref('int_5_api_prices__chosen') }} as unlogged
    on
        metered_pools.usage_date = unlogged.usage_date
        and metered_pools.deployment = unlogged.deployment
        and metered_pools.token_type = unlogged.token_type
        and case when metered_pools.service_tier = 'all' then 'standard' else metered_pools.service_tier end
        = unlogged.service_tier
        and unlogged.context_step = 0
