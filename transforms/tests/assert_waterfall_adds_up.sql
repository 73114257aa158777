{#
    Pools are the ledger, no lever saves more than its pool's day has, every saving has a pool, and what
    the opportunities save in turn is the total minus what is left, to the last quantum.
#}
{{ config(tags=['release']) }}

with
pools as (select usage_date, cost_pool, pool_quanta from {{ ref('int_lever_pools__summed') }}),

saved as (
    select usage_date, cost_pool, sum({{ quanta('incremental_saving') }}) as saved_quanta
    from {{ ref('int_levers__chained') }}
    group by usage_date, cost_pool
    having sum({{ quanta('incremental_saving') }}) <> 0
),

findings as (
    select 'a pool saves more than it cost' as finding, saved.cost_pool as subject
    from saved
    left join pools on saved.usage_date = pools.usage_date and saved.cost_pool = pools.cost_pool
    where pools.pool_quanta is null or saved.saved_quanta > pools.pool_quanta

    union all

    select 'a saving has no pool', levers.cost_pool
    from {{ ref('int_levers__gathered') }} as levers
    left join pools on levers.usage_date = pools.usage_date and levers.cost_pool = pools.cost_pool
    where levers.saving > 0 and pools.cost_pool is null

    union all

    select 'pools are not the ledger', 'all'
    from (select sum(pool_quanta) as quanta from pools) as pool_sum
    cross join (
        select sum({{ quanta('reporting_effective_cost') }}) as quanta from {{ ref('cost_ledger') }}
    ) as ledger_sum
    where pool_sum.quanta is distinct from ledger_sum.quanta

    union all

    select 'the waterfall does not end where it should', 'all'
    from (
        select max(baseline_cost) - min(optimized_cost) as saved, sum(saving_incremental) as parts
        from {{ ref('savings_waterfall') }}
    ) as waterfall
    cross join (
        select sum(saving_incremental) as saved from {{ ref('optimization_opportunities') }}
    ) as opportunities
    where waterfall.saved <> opportunities.saved or waterfall.parts <> opportunities.saved
)

select * from findings
