select
    usage_date,
    charge_key,
    delivered_effective_cost,
    fee_change,
    credit_change,
    sustained_change,
    effective_cost
from {{ ref('day_commitment_shares') }}
