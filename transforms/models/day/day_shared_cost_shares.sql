select
    usage_date,
    policy_id,
    step,
    method,
    metric,
    team,
    cast(basis as decimal(38, 0)) as weight,
    cast(total as decimal(38, 0)) as total_weight
from {{ ref('int_7_policy_shares__weighed') }}
