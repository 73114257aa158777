select
    scope,
    scope_name,
    value_per_request,
    currency,
    value_source,
    valid_from,
    valid_to
from {{ source('landing', 'value_rates') }}
