select
    usage_date,
    gen_ai_provider_name,
    billing_account_id,
    coalesce(sub_account_id, 'none') as sub_account_id,
    coalesce(api_key_id, 'none') as api_key_id,
    coalesce(gen_ai_response_model, 'none') as gen_ai_response_model,
    coalesce(service_tier, 'standard') as service_tier,
    request_count,
    input_tokens,
    coalesce(cache_read_input_tokens, 0) as cache_read_input_tokens,
    coalesce(cache_creation_input_tokens, 0) as cache_creation_input_tokens,
    output_tokens
from {{ source('landing', 'model_api_usage') }}
