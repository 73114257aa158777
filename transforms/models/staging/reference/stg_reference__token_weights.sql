select
    model,
    gpu_model,
    input_token_weight,
    cache_read_token_weight,
    output_token_weight,
    request_weight,
    weight_source,
    valid_from,
    valid_to
from {{ source('landing', 'token_weights') }}
