with
shares as (
    select
        usage_date,
        deployment,
        pool_start,
        token_type,
        team,
        owner_rule,
        allocation_method,
        {{ sum_quanta() }}
    from {{ ref('int_5_pool_charges__split') }}
    group by all
)

select
    shares.usage_date,
    shares.deployment,
    shares.pool_start,
    shares.token_type,
    shares.team,
    shares.owner_rule,
    shares.allocation_method,
    cast(basis.basis as decimal(38, 0)) as basis,
    {{ amounts('shares') }}
from shares
left join {{ ref('int_5_request_basis__weighed') }} as basis
    on
        shares.deployment = basis.deployment
        and shares.pool_start = basis.pool_start
        and shares.token_type = basis.token_type
        and shares.team = basis.team
        and shares.owner_rule = basis.owner_rule
        and shares.allocation_method <> 'unlogged_usage'
