select
    usage_date,
    gen_ai_provider_name,
    model,
    vendor_request_count,
    logged_request_count,
    vendor_input_tokens,
    logged_input_tokens,
    vendor_cache_read_input_tokens,
    logged_cache_read_input_tokens,
    vendor_cache_creation_input_tokens,
    logged_cache_creation_input_tokens,
    vendor_output_tokens,
    logged_output_tokens,
    vendor_input_tokens - logged_input_tokens as unlogged_input_tokens,
    vendor_output_tokens - logged_output_tokens as unlogged_output_tokens
from {{ ref('day_vendor_usage') }}
