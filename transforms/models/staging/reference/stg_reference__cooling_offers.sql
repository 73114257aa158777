select
    {{ cloud_of('provider') }} as cloud,
    trim(region_id) as region_id,
    technique,
    pue,
    one_off_cost,
    life_months,
    currency,
    offer_source,
    valid_from,
    valid_to
from {{ source('landing', 'cooling_offers') }}
