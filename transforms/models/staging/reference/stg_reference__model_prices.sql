select
    gen_ai_provider_name,
    model,
    token_type,
    coalesce(service_tier, 'standard') as service_tier,
    coalesce(context_tokens_over, 0) as context_tokens_over,
    {{ quanta('price_per_token') }} as price_quanta_per_token,
    currency,
    price_source,
    coalesce(price_source, '') like 'litellm:%' as is_imported,
    valid_from,
    valid_to
from {{ source('landing', 'model_prices') }}
