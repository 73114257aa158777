select
    usage_date,
    hour_start,
    node,
    workload,
    team,
    model,
    deployment,
    purpose,
    cost_class,
    billing_currency,
    reporting_currency,
    {{ measures() | join(', ') }}
from {{ ref('day_workload_costs') }}
