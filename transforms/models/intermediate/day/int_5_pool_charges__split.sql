{#
    Stages 5 and 6: each charge of a pool to the teams whose requests it served, at an integer rate
    per unit of basis. The rate's remainder goes to the team of the pool's first request, so that the
    teams' amounts add up to the charge and to their requests' costs, both exactly.
#}
with
basis as (select * from {{ ref('int_5_request_basis__weighed') }} where logged_basis > 0),
owners as (select * from {{ ref('int_1_charges__owned') }}),

rated as (
    select
        pools.charge_key,
        pools.usage_date,
        pools.deployment,
        pools.pool_start,
        pools.token_type,
        pools.model,
        pools.purpose,
        pools.cost_class,
        pools.unlogged_basis,
        logged.logged_basis is null as is_unlogged,
        coalesce(logged.logged_basis, 0) + pools.unlogged_basis as total,
        {% for measure in measures() %}
        {{ floor_divide('pools.' ~ measure ~ '_quanta', 'total') }} as {{ measure }}_rate,
        pools.{{ measure }}_quanta % total as {{ measure }}_residual{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_5_pool_charges__gathered') }} as pools
    left join (select distinct deployment, pool_start, token_type, logged_basis from basis) as logged
        on
            pools.deployment = logged.deployment
            and pools.pool_start = logged.pool_start
            and pools.token_type = logged.token_type
),

recipients as (
    select
        rated.*,
        basis.team,
        basis.owner_rule,
        case rated.token_type
            when 'residency' then 'residency'
            when 'weighted' then 'weighted_tokens'
            else 'metered_tokens'
        end as allocation_method,
        basis.basis,
        basis.takes_residual
    from rated
    inner join basis  {# a pool without logged requests is all unlogged, below #}
        using (usage_date, deployment, pool_start, token_type)

    union all

    select
        rated.*,
        coalesce(owners.team, 'unallocated'),
        coalesce(owners.owner_rule, 'none'),
        'unlogged_usage',
        rated.unlogged_basis,
        rated.is_unlogged
    from rated
    left join owners on rated.charge_key = owners.subject
    where rated.unlogged_basis > 0
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
    {{ measure }}_rate * basis + case when takes_residual then {{ measure }}_residual else 0 end
        as {{ measure }}_quanta{{ ',' if not loop.last }}
    {% endfor %}
from recipients
where basis > 0 or takes_residual
