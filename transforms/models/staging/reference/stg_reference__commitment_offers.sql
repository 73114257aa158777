select
    service_provider_name,
    plan_name,
    sku_id,
    region_id,
    term_months,
    payment_option,
    discount,
    offer_source,
    valid_from,
    valid_to
from {{ source('landing', 'commitment_offers') }}
