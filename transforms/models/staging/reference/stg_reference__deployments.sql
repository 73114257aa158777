select
    deployment,
    model,
    gen_ai_provider_name,
    coalesce(request_model, '') as request_model,
    hosting,
    team,
    purpose,
    input_token_weight,
    cache_read_token_weight,
    output_token_weight,
    request_weight,
    coalesce(prefill_weight, 1) as prefill_weight,
    coalesce(request_method, 'residency') as request_method,
    valid_from,
    valid_to
from {{ source('landing', 'deployments') }}
