{#
    Stages 5 and 6: each charge of a pool to the teams whose requests it served, at the pool's integer
    rates. The residual goes to the team of the pool's first request, so that the teams' amounts add
    up to the charge and to their requests' costs, both exactly.
#}
with
rates as (select * from {{ ref('int_5_pool_charges__rated') }}),
basis as (
    select * from {{ ref('int_5_request_basis__weighed') }}
    where logged_basis > 0 and (basis > 0 or takes_residual)
),
owners as (select * from {{ ref('int_1_charges__owned') }}),

recipients as (
    select
        rates.* exclude (takes_residual, quantity),
        basis.team,
        basis.owner_rule,
        case rates.token_type
            when 'residency' then 'residency'
            when 'weighted' then 'weighted_tokens'
            else 'metered_tokens'
        end as allocation_method,
        basis.basis as quantity,
        basis.takes_residual
    from rates
    inner join basis  {# what is unlogged belongs to the owner of the charge, below #}
        using (usage_date, deployment, pool_start, token_type, service_tier, rate_type, rate_tier, context_tokens_over)

    union all

    select
        rates.* exclude (takes_residual, quantity),
        coalesce(owners.team, 'unallocated'),
        coalesce(owners.owner_rule, 'none'),
        'unlogged_usage',
        rates.quantity,
        rates.takes_residual
    from rates
    left join owners on rates.charge_key = owners.subject
    where rates.rate_type = 'unlogged'
)

select
    charge_key,
    usage_date,
    deployment,
    pool_start,
    token_type,
    service_tier,
    model,
    purpose,
    cost_class,
    team,
    owner_rule,
    allocation_method,
    {% for measure in measures() %}
    sum({{ measure }}_rate * quantity + case when takes_residual then {{ measure }}_residual else 0 end)
        as {{ measure }}_quanta{{ ',' if not loop.last }}
    {% endfor %}
from recipients
group by all
