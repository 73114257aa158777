select
    {{ cloud_of('provider') }} as cloud,
    trim(region_id) as region_id,
    facility_kwh,
    it_kwh,
    price_per_kwh,
    currency,
    on_bill = 'yes' as on_bill,
    meter_source,
    valid_from,
    valid_to
from {{ source('landing', 'facility_energy') }}
