{# PUE as an integer count of 10^-6, grid intensity in whole milligrams. #}
select
    {{ cloud_of('provider') }} as cloud,
    trim(region_id) as region_id,
    cast(pue * 1000000 as bigint) as pue_millionths,
    cast(grid_grams_per_kwh * 1000 as bigint) as grid_milligrams_per_kwh,
    factor_source,
    valid_from,
    valid_to
from {{ source('landing', 'energy_factors') }}
