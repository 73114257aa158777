{#
    The next 31 days as forecast at the end of the last known one. The intervals are conformal: the
    error that 80 (95) of 100 earlier forecasts so many weeks ahead stayed within, and never narrower
    than for fewer weeks. Empty where too few forecasts could be checked: 4 for 80, 19 for 95 percent.
#}
with
ranked as (
    select
        *,
        row_number() over (same_distance order by error_quanta) as ordinal,
        count(*) over same_distance as error_count
    from {{ ref('int_forecasts__compared') }}
    window same_distance as (partition by scope, scope_name, weeks_ahead)
),

errors as (
    select
        scope,
        scope_name,
        weeks_ahead,
        count(*) as error_count,
        min(error_quanta) filter (where ordinal * 100 >= 80 * (error_count + 1)) as half_80,
        min(error_quanta) filter (where ordinal * 100 >= 95 * (error_count + 1)) as half_95,
        sum(error_quanta) as error_quanta,
        sum(naive_error_quanta) as naive_error_quanta,
        sum(abs(cost_quanta)) as cost_quanta
    from ranked
    group by scope, scope_name, weeks_ahead
),

latest as (
    select *
    from {{ ref('int_forecasts__made') }}
    where made_on = (select max(made_on) from {{ ref('int_forecasts__made') }})
),

bounded as (
    select
        latest.*,
        coalesce(errors.error_count, 0) as error_count,
        max(errors.half_80) over nearer as half_80,
        max(errors.half_95) over nearer as half_95,
        {% for column in ['error_quanta', 'naive_error_quanta'] %}
        case when errors.cost_quanta > 0 then
            {{ divide_half_even('errors.' ~ column, '(' ~ floor_divide('errors.cost_quanta', 1000000) ~ ' + 1)') }}
        end as {{ column }}_millionths,
        {% endfor %}
        run.reporting_currency
    from latest
    left join errors
        on
            latest.scope = errors.scope
            and latest.scope_name = errors.scope_name
            and latest.weeks_ahead = errors.weeks_ahead
    cross join {{ source('landing', 'run') }} as run
    window nearer as (partition by latest.scope, latest.scope_name order by latest.days_ahead)
)

select
    made_on,
    forecast_date,
    scope,
    scope_name,
    reporting_currency,
    {{ from_quanta('expected_quanta') }} as expected_cost,
    {% for share in [80, 95] %}
    case when half_{{ share }} is not null then
        {{ from_quanta('greatest(expected_quanta - half_' ~ share ~ ', least(expected_quanta, 0))') }}
    end as low_{{ share }},
    {{ from_quanta('expected_quanta + half_' ~ share) }} as high_{{ share }},
    {% endfor %}
    cast(error_count as bigint) as error_count,
    cast(cast(error_quanta_millionths as decimal(12, 0)) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6))
        as error_ratio,
    cast(cast(naive_error_quanta_millionths as decimal(12, 0)) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6))
        as naive_error_ratio
from bounded
