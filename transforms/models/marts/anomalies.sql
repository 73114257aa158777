{#
    Days whose cost was far from what the day before would have forecast: 3.5 robust standard
    deviations (1.4826 times the median of up to 42 earlier errors, 7 at least), a fifth of what was
    expected, and a hundredth of the organisation's day. The driver is what changed most, in the same
    direction, against the same weekday a week before.
#}
with
assessed as (
    select
        *,
        cost_quanta - expected_quanta as difference_quanta,
        quantile_disc(error_quanta, 0.5) over earlier as usual_quanta,
        count(*) over earlier as error_count,
        max(abs(expected_quanta)) filter (where scope = 'organization') over (partition by usage_date) as whole_quanta
    from {{ ref('int_forecasts__compared') }}
    where days_ahead = 1
    window earlier as (
        partition by scope, scope_name order by usage_date rows between 42 preceding and 1 preceding
    )
),

found as (
    select
        *,
        case when difference_quanta > 0 then 1 else -1 end as direction
    from assessed
    where
        error_count >= 7
        and error_quanta * 10000 >= usual_quanta * 51891
        and error_quanta * 5 >= abs(expected_quanta)
        and error_quanta * 100 >= whole_quanta
        and error_quanta > 0
),

effects as (
    {% for effect in ['volume', 'mix', 'efficiency', 'price', 'other'] %}
    select
        period_start as usage_date,
        team,
        model,
        '{{ effect }}' as effect,
        {{ quanta(effect ~ '_effect') }} as change_quanta
    from {{ ref('cost_variance') }}
    where comparison = 'week_over_week'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

units as (select distinct usage_date, team, business_unit from {{ ref('cost_ledger') }}),

drivers as (
    select
        found.usage_date,
        found.scope,
        found.scope_name,
        effects.team,
        effects.model,
        effects.effect,
        effects.change_quanta,
        row_number() over (
            partition by found.usage_date, found.scope, found.scope_name
            order by
                effects.change_quanta * found.direction desc, effects.team asc, effects.model asc, effects.effect asc
        ) as precedence
    from found
    inner join effects on found.usage_date = effects.usage_date
    left join units on effects.usage_date = units.usage_date and effects.team = units.team
    where
        effects.change_quanta * found.direction > 0
        and found.scope_name = case found.scope
            when 'organization' then found.scope_name
            when 'business_unit' then units.business_unit
            when 'team' then effects.team
            else effects.model
        end
)

select
    found.usage_date,
    found.scope,
    found.scope_name,
    run.reporting_currency,
    {{ from_quanta('found.cost_quanta') }} as cost,
    {{ from_quanta('found.expected_quanta') }} as expected_cost,
    {{ from_quanta('found.difference_quanta') }} as cost_difference,
    {{ from_quanta('found.usual_quanta') }} as usual_error,
    cast(found.error_count as bigint) as error_count,
    drivers.team as driver_team,
    drivers.model as driver_model,
    drivers.effect as driver_effect,
    {{ from_quanta('drivers.change_quanta') }} as driver_change
from found
cross join {{ source('landing', 'run') }} as run
left join drivers
    on
        found.usage_date = drivers.usage_date
        and found.scope = drivers.scope
        and found.scope_name = drivers.scope_name
        and drivers.precedence = 1
