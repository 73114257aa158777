select
    usage_date,
    deployment,
    allocation_method,
    served_count,
    untimed_count,
    prefill_weight,
    prefill_us_per_token,
    decode_us_per_token
from {{ ref('day_request_methods') }}
