select
    item,
    trim(node) as node,
    {{ cloud_of('provider') }} as cloud,
    trim(region_id) as region_id,
    purchase_price,
    residual_value,
    gpu_count,
    life_months,
    currency,
    on_bill = 'yes' as on_bill,
    purchase_source,
    valid_from,
    valid_to
from {{ source('landing', 'owned_hardware') }}
