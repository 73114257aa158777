select
    usage_date,
    hour_start,
    deployment,
    model,
    gpu_model,
    active_gpu_ms,
    input_tokens,
    cache_read_tokens,
    output_tokens,
    request_count
from {{ ref('int_5_deployment_hours__observed') }}
