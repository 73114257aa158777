{#
    What is left of a pool-day when a lever's turn comes, in billionths: each lever of the waterfall
    acts on what the levers before it left. Levers of one rank act on disjoint parts.
#}
with recursive
steps as (
    select
        levers.usage_date,
        levers.cost_pool,
        levers.waterfall_rank,
        max(pools.pool_quanta) as pool_quanta,
        least(sum({{ quanta('levers.saving') }}), max(pools.pool_quanta)) as saved_quanta,
        row_number() over (
            partition by levers.usage_date, levers.cost_pool order by levers.waterfall_rank
        ) as step
    from {{ ref('int_levers__gathered') }} as levers
    inner join {{ ref('int_lever_pools__summed') }} as pools  {# a lever on a pool that is not there: tested #}
        on levers.usage_date = pools.usage_date and levers.cost_pool = pools.cost_pool
    where
        levers.decision <> 'dismissed'
        and levers.is_saving
        and not levers.is_alternative
        and pools.pool_quanta > 0
    group by levers.usage_date, levers.cost_pool, levers.waterfall_rank
),

chained as (
    select
        usage_date,
        cost_pool,
        waterfall_rank,
        step,
        cast(1000000000 as {{ integer_type() }}) as ratio_billionths,
        {{ billionths('pool_quanta - saved_quanta', 'pool_quanta') }} as kept_billionths
    from steps
    where step = 1

    union all

    select
        steps.usage_date,
        steps.cost_pool,
        steps.waterfall_rank,
        steps.step,
        {{ floor_divide('chained.ratio_billionths * chained.kept_billionths', 1000000000) }},
        {{ billionths('steps.pool_quanta - steps.saved_quanta', 'steps.pool_quanta') }}
    from chained
    inner join steps  {# the next lever of the same pool-day #}
        on
            chained.usage_date = steps.usage_date
            and chained.cost_pool = steps.cost_pool
            and chained.step + 1 = steps.step
)

select
    usage_date,
    cost_pool,
    waterfall_rank,
    ratio_billionths
from chained
