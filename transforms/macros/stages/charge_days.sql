{#
    Stage 8: the days of the reporting time zone that each charge falls on, with the part of its
    milliseconds in each. `dated` has one row per charge and usage day (UTC); a day of another zone
    starts within it, or two do where clocks are put forward. Where clocks change, a day has 23 or 25
    hours, and weighs as many. An empty charge period counts for the instant it starts at.
#}
{% macro charge_days(dated) %}
with
dates as (select distinct usage_date from {{ dated }}),
zone as (select reporting_time_zone from {{ source('landing', 'run') }}),

minutes as (
    select
        usage_date,
        {{ instants('cast(usage_date as timestamp)', 'cast(usage_date as timestamp) + interval 1439 minute', 'minute') }}
            as minute_start
    from dates
),

days as (
    select
        minutes.usage_date,
        {{ local_date('minutes.minute_start', 'zone.reporting_time_zone') }} as charge_date,
        min(minutes.minute_start) as day_start,
        max(minutes.minute_start) + interval 1 minute as day_end
    from minutes
    cross join zone
    group by 1, 2
),

charges as (
    select
        charge_key,
        usage_date,
        greatest(charge_period_start, cast(usage_date as timestamp)) as charge_start,
        least(
            greatest(charge_period_end, charge_period_start + interval 1 millisecond),
            cast(usage_date as timestamp) + interval 1 day
        ) as charge_end
    from {{ dated }}
)

select
    charges.charge_key,
    charges.usage_date,
    days.charge_date,
    {{ milliseconds_between(
        'greatest(charges.charge_start, days.day_start)', 'least(charges.charge_end, days.day_end)'
    ) }} as basis,
    {{ milliseconds_between('charges.charge_start', 'least(charges.charge_end, days.day_end)') }} as running,
    {{ milliseconds_between('charges.charge_start', 'charges.charge_end') }} as total
from charges
inner join days  {# every charge has an instant, and every instant a day #}
    on
        charges.usage_date = days.usage_date
        and charges.charge_start < days.day_end
        and charges.charge_end > days.day_start
{% endmacro %}
