select
    trim(commitment_id) as commitment_id,
    trim(sub_account_id) as sub_account_id,
    lower(trim(region_id)) as region_id,
    unit_type,
    cast(quantity_per_day * 1000000 as {{ integer_type() }}) as committed_micros,
    valid_from,
    valid_to
from {{ source('landing', 'commitment_scopes') }}
