{#
    What would have been forecast at the end of each known day: for each weekday the median of its last
    four (half the sum of the middle two), and for comparison the last one alone. One week is needed.
#}
with
history_of_origins as (
    select
        origins.scope,
        origins.scope_name,
        origins.usage_date as made_on,
        extract(dow from history.usage_date) as weekday,
        history.usage_date,
        history.cost_quanta
    from {{ ref('int_cost_series__daily') }} as origins
    inner join {{ ref('int_cost_series__daily') }} as history
        on
            origins.scope = history.scope
            and origins.scope_name = history.scope_name
            and cast(origins.usage_date - interval 28 day as date) < history.usage_date
            and origins.usage_date >= history.usage_date
    cross join {{ source('landing', 'run') }} as run
    where
        origins.usage_date > cast(run.usage_date - interval 91 day as date)
        and origins.first_date <= cast(origins.usage_date - interval 6 day as date)
),

made as (
    select
        scope,
        scope_name,
        made_on,
        weekday,
        {{ floor_divide('quantile_disc(cost_quanta, 0.5) + quantile_disc(cost_quanta, 0.501)', 2) }}
            as expected_quanta,
        max_by(cost_quanta, usage_date) as naive_quanta
    from history_of_origins
    group by scope, scope_name, made_on, weekday
),

horizon (days_ahead) as (
    values
    {% for days in range(1, 32) %}
    ({{ days }}){{ ',' if not loop.last }}
    {% endfor %}
)

select
    made.scope,
    made.scope_name,
    made.made_on,
    horizon.days_ahead,
    {{ floor_divide('horizon.days_ahead + 6', 7) }} as weeks_ahead,
    made.made_on + horizon.days_ahead as forecast_date,
    made.expected_quanta,
    made.naive_quanta
from made
inner join horizon on extract(dow from made.made_on + horizon.days_ahead) = made.weekday
