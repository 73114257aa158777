select
    service_provider_name,
    region_id,
    gpu_model,
    pricing_category,
    price_per_gpu_hour,
    currency,
    offer_source,
    valid_from,
    valid_to
from {{ source('landing', 'gpu_offers') }}
