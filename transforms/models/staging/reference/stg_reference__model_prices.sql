select
    gen_ai_provider_name,
    model,
    token_type,
    service_tier,
    context_tokens_over,
    {{ quanta('price_per_token') }} as price_quanta_per_token,
    currency,
    price_source,
    valid_from,
    valid_to
from {{ source('landing', 'model_prices') }}
