select
    deployment,
    model,
    gen_ai_provider_name,
    coalesce(request_model, '') as request_model,
    hosting,
    team,
    purpose,
    coalesce(input_token_weight, 1) as input_token_weight,
    coalesce(cache_read_token_weight, 0) as cache_read_token_weight,
    coalesce(output_token_weight, 2) as output_token_weight,
    coalesce(request_weight, 0) as request_weight,
    coalesce(prefill_weight, 1) as prefill_weight,
    coalesce(request_method, 'residency') as request_method,
    valid_from,
    valid_to
from {{ source('landing', 'deployments') }}
