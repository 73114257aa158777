select
    usage_date,
    gen_ai_provider_name,
    billing_account_id,
    sub_account_id,
    api_key_id,
    model,
    service_tier,
    cast(sum(request_count) as bigint) as request_count,
    cast(sum(input_tokens) as bigint) as input_tokens,
    cast(sum(cache_read_input_tokens) as bigint) as cache_read_input_tokens,
    cast(sum(cache_creation_input_tokens) as bigint) as cache_creation_input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens
from {{ ref('int_5_vendor_usage__named') }}
group by all
