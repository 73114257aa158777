{#
    What the meters of own halls counted, by day: a period's energy and its cost spread evenly over its days, so
    that they add up to it. PUE is what the facility drew for what its machines drew.
#}
with
days as (
    {{ known_days() }}
),

periods as (
    select
        days.usage_date,
        meters.*,
        cast(cast(meters.facility_kwh as decimal(38, 9)) * 1000 as {{ integer_type() }}) as facility_period,
        cast(cast(meters.it_kwh as decimal(38, 9)) * 1000 as {{ integer_type() }}) as it_period,
        {{ quanta('meters.price_per_kwh') }} as price_quanta,
        cast(days.usage_date - meters.valid_from + 1 as {{ integer_type() }}) as ordinal,
        cast(meters.valid_to - meters.valid_from as {{ integer_type() }}) as day_count,
        {{ rate_billionths('meters.currency') }} as rate_billionths
    from {{ ref('stg_reference__facility_energy') }} as meters
    cross join {{ source('landing', 'run') }} as run
    inner join days on {{ in_force('meters', 'days.usage_date') }}  {# only known days #}
    {{ join_exchange_rates('meters.currency', 'days.usage_date') }}
)

select
    usage_date,
    cloud,
    region_id,
    on_bill,
    meter_source,
    {{ share('facility_period', '1', 'ordinal', 'day_count') }} as facility_watt_hours,
    {{ share('it_period', '1', 'ordinal', 'day_count') }} as it_watt_hours,
    {{ floor_divide('facility_period * 1000000', 'it_period') }} as pue_millionths,
    {{ billionths_of(
        share(scaled('price_quanta', 'facility_period', 1000), '1', 'ordinal', 'day_count'), 'rate_billionths'
    ) }} as energy_quanta
from periods
where rate_billionths is not null
