{#
    Stages 5 and 6: each charge of a pool to the teams whose requests it served, at an integer rate
    per unit of basis. The rate's remainder goes to the team of the pool's first request, so that the
    teams' amounts add up to the charge and to their requests' costs, both exactly.
#}
with
pools as (select * from {{ ref('int_5_pool_charges__gathered') }}),
basis as (select * from {{ ref('int_5_request_basis__weighed') }} where logged_basis > 0),

logged as (
    select
        pools.*,
        basis.team,
        basis.owner_rule,
        basis.basis,
        basis.takes_residual,
        basis.logged_basis + pools.unlogged_basis as total
    from pools
    inner join basis  {# pools without logged requests are the unlogged branch below #}
        using (usage_date, deployment, pool_start, token_type)
),

unlogged as (
    select
        pools.*,
        coalesce(owners.team, 'unallocated') as team,
        coalesce(owners.owner_rule, 'none') as owner_rule,
        pools.unlogged_basis as basis,
        basis.logged_basis is null as takes_residual,
        coalesce(basis.logged_basis, 0) + pools.unlogged_basis as total
    from pools
    left join (select distinct deployment, pool_start, token_type, logged_basis from basis) as basis
        using (deployment, pool_start, token_type)
    left join {{ ref('int_1_charges__owned') }} as owners on pools.charge_key = owners.subject
    where pools.unlogged_basis > 0
),

recipients as (
    select
        *,
        case when token_type = 'weighted' then 'weighted_tokens' else 'metered_tokens' end as allocation_method
    from logged
    union all
    select *, 'unlogged_usage' as allocation_method from unlogged
)

select
    charge_key,
    usage_date,
    deployment,
    pool_start,
    token_type,
    model,
    purpose,
    cost_class,
    team,
    owner_rule,
    allocation_method,
    {% for measure in measures() %}
    {{ floor_divide(measure ~ '_quanta', 'total') }} * basis
    + case when takes_residual then {{ measure }}_quanta % total else 0 end as {{ measure }}_quanta{{ ',' if not loop.last }}
    {% endfor %}
from recipients
where basis > 0 or takes_residual
