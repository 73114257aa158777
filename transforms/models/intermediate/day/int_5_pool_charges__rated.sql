{#
    What a unit of each kind costs, charge by charge: a pool's cost over everything that was used of
    it, each kind weighed by its price, as an integer number of quanta. What the integers leave over
    is the pool's residual; the kind that its first request is of takes it.
#}
with
basis as (select * from {{ ref('int_5_request_basis__weighed') }} where logged_basis > 0),

kinds as (
    select
        usage_date,
        deployment,
        pool_start,
        token_type,
        service_tier,
        rate_type,
        rate_tier,
        context_tokens_over,
        context_tokens_up_to,
        unit_weight,
        logged_basis,
        residual_request_id,
        sum(basis) as quantity,
        bool_or(takes_residual) as takes_residual
    from basis
    group by all
),

parts as (
    select
        pools.*,
        kinds.rate_type,
        kinds.rate_tier,
        kinds.context_tokens_over,
        kinds.context_tokens_up_to,
        kinds.unit_weight,
        kinds.quantity,
        kinds.residual_request_id,
        kinds.takes_residual,
        kinds.logged_basis + pools.unlogged_quantity * pools.unlogged_unit_weight as total
    from {{ ref('int_5_pool_charges__gathered') }} as pools
    inner join kinds  {# a pool without logged requests is all unlogged, below #}
        using (usage_date, deployment, pool_start, token_type, service_tier)

    union all

    select
        pools.*,
        'unlogged',
        'all',
        0,
        null,
        pools.unlogged_unit_weight,
        pools.unlogged_quantity,
        null,
        logged.logged_basis is null,
        coalesce(logged.logged_basis, 0) + pools.unlogged_quantity * pools.unlogged_unit_weight
    from {{ ref('int_5_pool_charges__gathered') }} as pools
    left join (
        select distinct usage_date, deployment, pool_start, token_type, service_tier, logged_basis from basis
    ) as logged
        using (usage_date, deployment, pool_start, token_type, service_tier)
    where pools.unlogged_quantity > 0
),

rated as (
    select
        *,
        {% for measure in measures() %}
        {{ floor_divide(measure ~ '_quanta', 'total') }} * unit_weight
        + {{ floor_divide('(' ~ measure ~ '_quanta % total) * unit_weight', 'total') }} as {{ measure }}_rate
        {{- ',' if not loop.last }}
        {% endfor %}
    from parts
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
    rate_type,
    rate_tier,
    context_tokens_over,
    context_tokens_up_to,
    quantity,
    residual_request_id,
    takes_residual,
    {% for measure in measures() %}
    {{ measure }}_rate,
    {{ measure }}_quanta - sum({{ measure }}_rate * quantity) over (
        partition by charge_key, deployment, pool_start, token_type, service_tier, cost_class
    ) as {{ measure }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from rated
