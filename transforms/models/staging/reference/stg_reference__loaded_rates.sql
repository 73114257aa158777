select
    item,
    loaded_cost_type,
    team,
    monthly_amount,
    head_count,
    currency,
    rate_source,
    valid_from,
    valid_to
from {{ source('landing', 'loaded_rates') }}
