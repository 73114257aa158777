{# Grid intensity in whole milligrams. #}
select
    {{ cloud_of('provider') }} as cloud,
    trim(region_id) as region_id,
    hour_of_day,
    energy_price_per_kwh,
    forecast_price_per_kwh,
    currency,
    cast(energy_grams_per_kwh * 1000 as bigint) as energy_milligrams_per_kwh,
    cast(forecast_grams_per_kwh * 1000 as bigint) as forecast_milligrams_per_kwh,
    hour_source,
    valid_from,
    valid_to
from {{ source('landing', 'energy_hours') }}
