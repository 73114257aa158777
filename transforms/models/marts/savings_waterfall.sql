{#
    All cost of the window, and what each lever takes off it in turn. It starts at the ledger's total
    and every row ends where the next begins.
#}
with
total as (
    select coalesce(sum(reporting_effective_cost), 0) as cost
    from {{ ref('cost_ledger') }}
    cross join {{ source('landing', 'run') }} as run
    where cost_ledger.usage_date between run.first_usage_date and run.usage_date
),

levers as (
    select
        lever,
        waterfall_rank,
        sum(saving_expected) as saving_alone,
        sum(saving_incremental) as saving_incremental
    from {{ ref('optimization_opportunities') }}
    where assessment = 'assessed' and status <> 'dismissed'
    group by lever, waterfall_rank
),

running as (
    select
        *,
        sum(saving_incremental) over (
            order by waterfall_rank rows between unbounded preceding and current row
        ) as saved
    from levers
)

select
    running.waterfall_rank,
    running.lever,
    run.reporting_currency as currency,
    cast(total.cost - running.saved + running.saving_incremental as decimal(38, 18)) as baseline_cost,
    cast(running.saving_alone as decimal(38, 18)) as saving_alone,
    cast(running.saving_incremental as decimal(38, 18)) as saving_incremental,
    cast(total.cost - running.saved as decimal(38, 18)) as optimized_cost
from running
cross join total
cross join {{ source('landing', 'run') }} as run
