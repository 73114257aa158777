select
    {{ cloud_of('provider') }} as cloud,
    trim(service_name) as service_name,
    valid_from,
    valid_to
from {{ source('landing', 'tooling_services') }}
