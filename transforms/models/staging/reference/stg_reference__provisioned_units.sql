select
    gen_ai_provider_name,
    model,
    tokens_per_minute,
    output_token_weight,
    price_per_unit_hour,
    currency,
    owned_units,
    offer_source,
    valid_from,
    valid_to
from {{ source('landing', 'provisioned_units') }}
