{#
    The integer price of one unit of everything a request uses, per pool: quanta per token of each
    type and per request, or per unit of residency. A request's cost is the sum of its tokens times
    these rates, plus the residual for the pool's first request; over a pool the requests add up to it
    exactly. Residency runs on from hour to hour: `<measure>_before` is what one unit of weight in
    flight since midnight has cost by the pool's start, when residency stood at `residency_before`.
#}
with
pools as (select * from {{ ref('int_5_pool_charges__gathered') }}),

basis as (
    select distinct usage_date, deployment, pool_start, token_type, logged_basis, residual_request_id
    from {{ ref('int_5_request_basis__weighed') }}
    where logged_basis > 0
),

weights as (
    select distinct
        usage_date, deployment, input_token_weight, cache_read_token_weight, output_token_weight,
        request_weight
    from {{ ref('int_5_request_deployments__resolved') }}
),

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
),

residency_hours as (
    select
        hours.usage_date,
        methods.deployment,
        {{ add_milliseconds('cast(hours.usage_date as timestamp)', 'hours.window_ms') }} as pool_start,
        hours.residency as residency_before,
        lead(hours.residency) over (
            partition by hours.usage_date, hours.deployment_number order by hours.window_ms
        ) as residency_after
    from {{ ref('int_5_residency__accumulated') }} as hours
    inner join {{ ref('int_5_request_methods__chosen') }} as methods  {# numbered there #}
        using (usage_date, deployment_number)
    where hours.window_ms % 3600000 = 0
),

starts as (
    select usage_date, deployment, pool_start, residency_before, residency_after
    from residency_hours
    where residency_after is not null

    union all

    select distinct usage_date, deployment, pool_start, 0, 0
    from rates
    where token_type <> 'residency'
),

priced as (
    select
        starts.usage_date,
        starts.deployment,
        starts.pool_start,
        starts.residency_before,
        starts.residency_after,
        count(rates.token_type) > 0 as is_priced,
        max(rates.residual_request_id) as residual_request_id,
        {% for name, column, condition in request_measures() %}
        {% for token_type, weight in request_token_weights() %}
        coalesce(sum(case
            when rates.token_type = '{{ token_type }}' then rates.{{ name }}_rate
            when rates.token_type = 'weighted' then weights.{{ weight }} * rates.{{ name }}_rate
        end), 0) as {{ name }}_per_{{ token_type }},
        {% endfor %}
        coalesce(sum(rates.{{ name }}_rate) filter (where rates.token_type = 'residency'), 0)
            as {{ name }}_per_residency,
        coalesce(sum(rates.{{ name }}_residual), 0) as {{ name }}_residual{{ ',' if not loop.last }}
        {% endfor %}
    from starts
    left join rates using (usage_date, deployment, pool_start)
    left join weights using (usage_date, deployment)
    group by
        starts.usage_date, starts.deployment, starts.pool_start, starts.residency_before, starts.residency_after
)

select
    usage_date,
    deployment,
    pool_start,
    is_priced,
    residual_request_id,
    cast(residency_before as decimal(38, 0)) as residency_before,
    {% for name, column, condition in request_measures() %}
    {% for kind in request_rate_kinds() %}
    cast({{ name }}_per_{{ kind }} as decimal(38, 0)) as {{ name }}_per_{{ kind }},
    {% endfor %}
    cast(coalesce(sum({{ name }}_per_residency * (residency_after - residency_before)) over (
        partition by usage_date, deployment order by pool_start
        rows between unbounded preceding and 1 preceding
    ), 0) as decimal(38, 0)) as {{ name }}_before,
    cast({{ name }}_residual as decimal(38, 0)) as {{ name }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from priced
