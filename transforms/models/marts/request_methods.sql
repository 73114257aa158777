select
    usage_date,
    deployment,
    allocation_method,
    gpu_model,
    weight_source,
    input_token_weight,
    cache_read_token_weight,
    output_token_weight,
    request_weight,
    served_count,
    untimed_count,
    prefill_weight,
    prefill_us_per_token,
    decode_us_per_token
from {{ ref('day_request_methods') }}
