select
    comparison.usage_date,
    comparison.node,
    comparison.workload,
    comparison.team,
    run.reporting_currency,
    comparison.provider_cost,
    comparison.own_cost,
    comparison.difference
from {{ ref('day_provider_split_comparison') }} as comparison
cross join {{ source('landing', 'run') }} as run
