with
shares as (
    select
        usage_date,
        deployment,
        pool_start,
        token_type,
        service_tier,
        team,
        owner_rule,
        allocation_method,
        {{ sum_quanta() }}
    from {{ ref('int_5_pool_charges__split') }}
    group by all
),

basis as (
    select
        deployment,
        pool_start,
        token_type,
        service_tier,
        team,
        owner_rule,
        sum(basis * unit_weight) as basis
    from {{ ref('int_5_request_basis__weighed') }}
    group by all
)

select
    shares.usage_date,
    shares.deployment,
    shares.pool_start,
    shares.token_type,
    shares.service_tier,
    shares.team,
    shares.owner_rule,
    shares.allocation_method,
    cast(basis.basis as decimal(38, 0)) as basis,
    {{ amounts('shares') }}
from shares
left join basis
    on
        shares.deployment = basis.deployment
        and shares.pool_start = basis.pool_start
        and shares.token_type = basis.token_type
        and shares.service_tier = basis.service_tier
        and shares.team = basis.team
        and shares.owner_rule = basis.owner_rule
        and shares.allocation_method <> 'unlogged_usage'
