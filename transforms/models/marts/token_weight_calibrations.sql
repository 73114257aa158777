select
    model,
    gpu_model,
    input_token_weight,
    cache_read_token_weight,
    output_token_weight,
    request_weight,
    hour_count,
    r_squared,
    out_of_sample_error,
    default_error,
    condition_number,
    is_usable
from {{ ref('int_token_weights__calibrated') }}
