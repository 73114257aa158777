{#
    Why the cost of each team's models changed. The earlier cost is carried to the later one in steps:
    the team's requests (volume), the model's part of them (mix), tokens per request (efficiency) and
    cost per token (price). Each effect is the difference of two steps, so that they add up exactly.
#}
with
{# Charges of a month reach into days that are still to come; only days with usage are compared. #}
known_days as (select distinct usage_date from {{ ref('day_cost_ledger') }}),

months as (
    select
        cast(date_trunc('month', usage_date) as date) as month_start,
        last_day(usage_date) as month_end,
        max(usage_date) as last_known,
        count(*) as day_count
    from known_days
    group by all
),

comparisons as (
    {% for comparison, days in [('day_over_day', 1), ('week_over_week', 7)] %}
    select
        '{{ comparison }}' as comparison,
        days.usage_date as period_start,
        days.usage_date as period_end,
        earlier.usage_date as previous_start,
        earlier.usage_date as previous_end
    from known_days as days
    inner join known_days as earlier
        on days.usage_date = cast(earlier.usage_date + interval {{ days }} day as date)

    union all
    {% endfor %}
    {# A month that is not over is compared with as many days of the one before. #}
    select
        'month_over_month',
        months.month_start as period_start,
        months.last_known as period_end,
        earlier.month_start as previous_start,
        case
            when months.last_known = months.month_end then earlier.last_known
            else least(earlier.last_known, cast(months.last_known - interval 1 month as date))
        end as previous_end
    from months
    inner join months as earlier on months.month_start = cast(earlier.month_start + interval 1 month as date)
    where
        months.day_count = extract(day from months.last_known)
        and earlier.day_count = extract(day from earlier.month_end)
),

sides as (
    select *, 1 as is_later, period_start as first_day, period_end as last_day from comparisons
    union all
    select *, 0, previous_start, previous_end from comparisons
),

cells as (
    select
        usage_date,
        team,
        model,
        sum({{ quanta('reporting_effective_cost') }}) as cost_quanta,
        0 as request_count,
        0 as token_count
    from {{ ref('cost_ledger') }}
    group by usage_date, team, model

    union all

    select
        usage_date,
        team,
        model,
        0,
        sum(request_count),
        sum(input_tokens + output_tokens)
    from {{ ref('day_request_usage') }}
    group by usage_date, team, model
),

compared as (
    select
        {% for key in ['comparison', 'period_start', 'period_end', 'previous_start', 'previous_end'] %}
        sides.{{ key }},
        {% endfor %}
        cells.team,
        cells.model,
        {% for column in ['cost_quanta', 'request_count', 'token_count'] %}
        cast(sum(cells.{{ column }} * sides.is_later) as {{ integer_type() }}) as {{ column }},
        cast(sum(cells.{{ column }} * (1 - sides.is_later)) as {{ integer_type() }})
            as previous_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from sides
    inner join cells on cells.usage_date between sides.first_day and sides.last_day
    group by all
),

totals as (
    select
        *,
        cast(sum(request_count) over team_period as {{ integer_type() }}) as team_requests,
        cast(sum(previous_request_count) over team_period as {{ integer_type() }}) as previous_team_requests,
        request_count > 0 and previous_request_count > 0 as is_in_both
    from compared
    window team_period as (partition by comparison, period_start, team)
),

{# A model that is new in a team changes its mix; one in a team without requests before, its volume. #}
stepped as (
    select
        *,
        case
            when previous_request_count > 0 then
                {{ scaled('previous_cost_quanta', 'team_requests', 'previous_team_requests') }}
            when request_count > 0 and previous_team_requests = 0 then cost_quanta
            else previous_cost_quanta
        end as volume_step,
        case
            when previous_request_count > 0 then
                {{ scaled('previous_cost_quanta', 'request_count', 'previous_request_count') }}
            when request_count > 0 then cost_quanta
            else previous_cost_quanta
        end as mix_step
    from totals
),

priced as (
    select
        *,
        case
            when is_in_both and previous_token_count > 0 then
                {{ scaled('previous_cost_quanta', 'token_count', 'previous_token_count') }}
            else mix_step
        end as efficiency_step
    from stepped
)

select
    {% for key in ['comparison', 'period_start', 'period_end', 'previous_start', 'previous_end', 'team', 'model'] %}
    priced.{{ key }},
    {% endfor %}
    run.reporting_currency,
    cast(priced.request_count as bigint) as request_count,
    cast(priced.previous_request_count as bigint) as previous_request_count,
    cast(priced.token_count as bigint) as token_count,
    cast(priced.previous_token_count as bigint) as previous_token_count,
    {{ from_quanta('priced.cost_quanta') }} as cost,
    {{ from_quanta('priced.previous_cost_quanta') }} as previous_cost,
    {{ from_quanta('priced.cost_quanta - priced.previous_cost_quanta') }} as cost_change,
    {{ from_quanta('priced.volume_step - priced.previous_cost_quanta') }} as volume_effect,
    {{ from_quanta('priced.mix_step - priced.volume_step') }} as mix_effect,
    {{ from_quanta('priced.efficiency_step - priced.mix_step') }} as efficiency_effect,
    {{ from_quanta('case when priced.is_in_both then priced.cost_quanta - priced.efficiency_step else 0 end') }}
        as price_effect,
    {{ from_quanta('case when priced.is_in_both then 0 else priced.cost_quanta - priced.efficiency_step end') }}
        as other_effect
from priced
cross join {{ source('landing', 'run') }} as run
