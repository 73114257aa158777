{#
    What electricity cost and emitted in each hour at the places where work took energy, and what was known of it
    before: its forecast, else the same hour a week earlier; that week is there, too. A row for the region counts
    before one for all regions of the provider. Electricity at less than nothing is paid as free.
#}
with
hours as (
    select
        {{ instants(
            'cast(first_usage_date as timestamp) - interval 7 day',
            'cast(usage_date as timestamp) + interval 23 hour', 'hour'
        ) }} as hour_start
    from {{ source('landing', 'run') }}
),

places as (
    select distinct
        provider,
        region_id
    from {{ ref('day_workload_energy') }}
),

told as (
    select
        places.provider,
        places.region_id,
        hours.hour_start,
        tariffs.energy_milligrams_per_kwh,
        tariffs.forecast_milligrams_per_kwh,
        {% for column in ['energy_price_per_kwh', 'forecast_price_per_kwh'] %}
        {{ in_reporting_currency('tariffs.currency', quanta('tariffs.' ~ column)) }} as {{ column }}_quanta,
        {% endfor %}
        row_number() over (
            partition by places.provider, places.region_id, hours.hour_start
            order by case when tariffs.region_id = '*' then 2 else 1 end
        ) as precedence
    from places
    cross join hours
    cross join {{ source('landing', 'run') }} as run
    inner join {{ ref('stg_reference__energy_hours') }} as tariffs  {# hours that nobody told are not known #}
        on
            {{ cloud_of('places.provider') }} = tariffs.cloud
            and (places.region_id = tariffs.region_id or tariffs.region_id = '*')
            and extract(hour from hours.hour_start) = tariffs.hour_of_day
            and {{ in_force('tariffs', 'cast(hours.hour_start as date)') }}
    {{ join_exchange_rates('tariffs.currency', 'cast(hours.hour_start as date)') }}
),

known as (select * from told where precedence = 1)

select
    known.provider,
    known.region_id,
    known.hour_start,
    cast({{ floor_divide(
        milliseconds_between("timestamp '1970-01-01 00:00:00'", 'known.hour_start'), 3600000
    ) }} as bigint) as epoch_hour,
    greatest(known.energy_price_per_kwh_quanta, 0) as price_quanta,
    cast({{ floor_divide(
        'coalesce(known.forecast_price_per_kwh_quanta, earlier.energy_price_per_kwh_quanta)', 1000000000
    ) }} as bigint) as price_forecast_billionths,
    known.energy_milligrams_per_kwh as grid_milligrams_per_kwh,
    coalesce(known.forecast_milligrams_per_kwh, earlier.energy_milligrams_per_kwh) as grid_forecast_milligrams
from known
left join known as earlier
    on
        known.provider = earlier.provider
        and known.region_id = earlier.region_id
        and known.hour_start = earlier.hour_start + interval 7 day
