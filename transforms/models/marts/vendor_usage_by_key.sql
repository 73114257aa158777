select
    usage_date,
    gen_ai_provider_name,
    billing_account_id,
    sub_account_id,
    api_key_id,
    model,
    service_tier,
    request_count,
    input_tokens,
    cache_read_input_tokens,
    cache_creation_input_tokens,
    output_tokens
from {{ ref('day_vendor_keys') }}
