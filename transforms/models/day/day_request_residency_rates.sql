{#
    What residency costs: the integer price of one unit in each hour, and what one unit of weight in
    flight since midnight has cost by the start of the hour, when residency stood at
    `residency_before`. It runs on from hour to hour, so a request that crosses hours is split by
    them. An hour without a charge costs nothing.
#}
with
pools as (select * from {{ ref('int_5_pool_charges__gathered') }} where token_type = 'residency'),

basis as (
    select distinct usage_date, deployment, pool_start, logged_basis
    from {{ ref('int_5_request_basis__weighed') }}
    where token_type = 'residency' and logged_basis > 0
),

rates as (
    select
        pools.usage_date,
        pools.deployment,
        pools.pool_start,
        {% for name, column, condition in request_measures() %}
        coalesce(
            sum({{ floor_divide('pools.' ~ column, 'basis.logged_basis') }}) filter (where {{ condition }}), 0
        ) as {{ name }}_rate{{ ',' if not loop.last }}
        {% endfor %}
    from pools
    inner join basis using (usage_date, deployment, pool_start)  {# a pool has requests in flight #}
    group by pools.usage_date, pools.deployment, pools.pool_start
),

hours as (
    select
        numbered.usage_date,
        numbered.deployment,
        numbered.replica_id,
        {{ add_milliseconds('cast(numbered.usage_date as timestamp)', 'hours.window_ms') }} as pool_start,
        hours.residency as residency_before,
        lead(hours.residency) over (
            partition by hours.replica_number order by hours.window_ms
        ) as residency_after
    from {{ ref('int_5_residency__accumulated') }} as hours
    inner join {{ ref('int_5_replicas__numbered') }} as numbered using (replica_number)  {# numbered there #}
    where hours.window_ms % 3600000 = 0
)

select
    hours.usage_date,
    hours.deployment,
    hours.replica_id,
    hours.pool_start,
    hours.residency_before,
    rates.pool_start is not null as is_priced,
    {% for name, column, condition in request_measures() %}
    cast(coalesce(rates.{{ name }}_rate, 0) as decimal(38, 0)) as {{ name }}_per_residency,
    cast(coalesce(sum(rates.{{ name }}_rate * (hours.residency_after - hours.residency_before)) over earlier, 0)
        as decimal(38, 0)) as {{ name }}_before{{ ',' if not loop.last }}
    {% endfor %}
from hours
left join rates using (usage_date, deployment, pool_start)
where hours.residency_after is not null
window earlier as (
    partition by hours.usage_date, hours.deployment, hours.replica_id order by hours.pool_start
    rows between unbounded preceding and 1 preceding
)
