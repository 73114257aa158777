{# Forecasts of days that are known by now, and how far they were off. #}
select
    made.scope,
    made.scope_name,
    made.made_on,
    made.days_ahead,
    made.weeks_ahead,
    made.forecast_date as usage_date,
    made.expected_quanta,
    series.cost_quanta,
    abs(series.cost_quanta - made.expected_quanta) as error_quanta,
    abs(series.cost_quanta - made.naive_quanta) as naive_error_quanta
from {{ ref('int_forecasts__made') }} as made
inner join {{ ref('int_cost_series__daily') }} as series
    on
        made.scope = series.scope
        and made.scope_name = series.scope_name
        and made.forecast_date = series.usage_date
