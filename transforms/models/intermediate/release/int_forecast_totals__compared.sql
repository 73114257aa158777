{#
    How far the forecast of the next so many days together was off, wherever all of them are known by
    now; positive where they were dearer. Errors of single days partly cancel out, so a total has its own.
#}
select
    scope,
    scope_name,
    made_on,
    days_ahead,
    total_error_quanta
from (
    select
        scope,
        scope_name,
        made_on,
        days_ahead,
        count(*) over so_far as known_count,
        sum(cost_quanta - expected_quanta) over so_far as total_error_quanta
    from {{ ref('int_forecasts__compared') }}
    window so_far as (
        partition by scope, scope_name, made_on order by days_ahead rows between unbounded preceding and current row
    )
)
where known_count = days_ahead
