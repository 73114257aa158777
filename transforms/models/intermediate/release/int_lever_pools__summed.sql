{#
    Cost pools: every amount of the ledger is in exactly one pool of its day, so that pools add up to
    the ledger and no lever can save the same amount twice. GPU time is pooled by workload, the rest of
    GPU nodes' cost is `unheld`; other charges by deployment where they have one, else by service.
#}
with
workload_charges as (
    select
        *,
        {{ workload_pool('charges') }} as cost_pool
    from {{ ref('day_workload_charges') }} as charges
),

gpu_charges as (select distinct usage_date, source_charge_key from workload_charges),

entries as (
    select
        ledger.usage_date,
        case
            when
                gpu_charges.source_charge_key is not null
                or ledger.cost_class = 'idle_unheld'
                or ledger.allocation_method = 'telemetry_gap'
                then 'unheld'
            when ledger.cost_class = 'commitment_unused'
                then 'unused commitments of ' || ledger.provider || ' ' || ledger.service_name
            when ledger.deployment <> 'none' then 'deployment ' || ledger.deployment
            else 'service ' || ledger.provider || ' ' || ledger.service_name
        end as cost_pool,
        {{ quanta('ledger.reporting_effective_cost') }} as quanta
    from {{ ref('cost_ledger') }} as ledger
    left join gpu_charges
        on
            ledger.usage_date = gpu_charges.usage_date
            and ledger.source_charge_key = gpu_charges.source_charge_key

    union all

    select usage_date, cost_pool, {{ quanta('reporting_effective_cost') }}
    from workload_charges

    union all

    select usage_date, 'unheld', -{{ quanta('reporting_effective_cost') }}
    from workload_charges
)

select
    usage_date,
    cost_pool,
    sum(quanta) as pool_quanta
from entries
group by usage_date, cost_pool
