{#
    The integer price of one unit of everything a request uses, per pool: quanta per token of each
    type and per request. A request's cost is the sum of its tokens times these rates, plus the
    residual for the pool's first request; over a pool the requests add up to it exactly. Pools that
    residency splits have only a residual here; their rates are in day_request_residency_rates.
#}
with
pools as (select * from {{ ref('int_5_pool_charges__gathered') }}),

basis as (
    select distinct usage_date, deployment, pool_start, token_type, logged_basis, residual_request_id
    from {{ ref('int_5_request_basis__weighed') }}
    where logged_basis > 0
),

weights as (select * from {{ ref('int_5_token_weights__chosen') }}),

rates as (
    select
        pools.usage_date,
        pools.deployment,
        pools.pool_start,
        pools.token_type,
        max(basis.residual_request_id) as residual_request_id,
        {% for name, column, condition in request_measures() %}
        coalesce(
            sum({{ floor_divide('pools.' ~ column, 'basis.logged_basis + pools.unlogged_basis') }})
            filter (where {{ condition }}), 0
        ) as {{ name }}_rate,
        coalesce(
            sum(pools.{{ column }} % (basis.logged_basis + pools.unlogged_basis))
            filter (where {{ condition }}), 0
        ) as {{ name }}_residual{{ ',' if not loop.last }}
        {% endfor %}
    from pools
    inner join basis  {# a pool without logged requests has no rate #}
        using (usage_date, deployment, pool_start, token_type)
    group by pools.usage_date, pools.deployment, pools.pool_start, pools.token_type
)

select
    rates.usage_date,
    rates.deployment,
    rates.pool_start,
    max(rates.residual_request_id) as residual_request_id,
    {% for name, column, condition in request_measures() %}
    {% for token_type, weight in request_token_weights() %}
    cast(sum(case
        when rates.token_type = '{{ token_type }}' then rates.{{ name }}_rate
        when rates.token_type = 'weighted' then weights.{{ weight }} * rates.{{ name }}_rate
        else 0
    end) as decimal(38, 0)) as {{ name }}_per_{{ token_type }},
    {% endfor %}
    cast(sum(rates.{{ name }}_residual) as decimal(38, 0)) as {{ name }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from rates
inner join weights using (usage_date, deployment)  {# every pool with requests has resolved weights #}
group by rates.usage_date, rates.deployment, rates.pool_start
