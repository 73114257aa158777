{% set columns %}usage_date, policy_id, step, method, metric, team{% endset %}

select
    'day' as stage,
    cast(date_trunc('month', usage_date) as date) as billing_period,
    {{ columns }},
    weight,
    total_weight
from {{ ref('day_shared_cost_shares') }}

union all

select
    'period',
    period_key,
    {{ columns }},
    cast(basis as decimal(38, 0)),
    cast(total as decimal(38, 0))
from {{ ref('int_period_policy_shares__weighed') }}
