select
    lower(service_provider_name) as service_provider_name,
    lower(sku_meter) as sku_meter,
    gen_ai_provider_name,
    model,
    token_type,
    coalesce(service_tier, 'all') as service_tier,
    valid_from,
    valid_to
from {{ source('landing', 'model_meters') }}
