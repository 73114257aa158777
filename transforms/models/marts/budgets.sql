{#
    Budgets of calendar months: what is spent, what the rest of the month is expected to cost, and how
    likely the budget is broken. The errors of the rest are those of earlier forecasts of as many days
    together; where fewer than ten are known, of the longest stretch with ten, in proportion to the days.
#}
with
months as (select * from {{ ref('int_budget_months__spent') }}),

rests as (
    select
        *,
        sum(expected_quanta) over (
            partition by scope, scope_name, made_on, date_trunc('month', forecast_date) order by forecast_date
        ) as so_far_quanta
    from {{ ref('int_forecasts__made') }}
),

expected as (
    select
        months.budget_month,
        months.scope,
        months.scope_name,
        months.spent_quanta + sum(rests.expected_quanta) as forecast_quanta,
        min(rests.forecast_date) filter (
            where months.spent_quanta + rests.so_far_quanta > months.budget_quanta
        ) as breach_date
    from months
    inner join rests
        on
            months.scope = rests.scope
            and months.scope_name = rests.scope_name
            and months.last_date = rests.made_on
            and rests.forecast_date between months.budget_month and months.month_end
    group by months.budget_month, months.scope, months.scope_name, months.spent_quanta
),

stretches as (
    select
        scope,
        scope_name,
        days_ahead
    from {{ ref('int_forecast_totals__compared') }}
    group by scope, scope_name, days_ahead
    having count(*) >= 10
),

longest as (
    select
        months.budget_month,
        months.scope,
        months.scope_name,
        months.days_left,
        max(stretches.days_ahead) as days_ahead
    from months
    inner join stretches
        on
            months.scope = stretches.scope
            and months.scope_name = stretches.scope_name
            and months.days_left >= stretches.days_ahead
    group by months.budget_month, months.scope, months.scope_name, months.days_left
),

errors as (
    select
        longest.budget_month,
        longest.scope,
        longest.scope_name,
        {{ scaled('totals.total_error_quanta', 'longest.days_left', 'longest.days_ahead') }} as error_quanta
    from longest
    inner join {{ ref('int_forecast_totals__compared') }} as totals
        on
            longest.scope = totals.scope
            and longest.scope_name = totals.scope_name
            and longest.days_ahead = totals.days_ahead
),

likely as (
    select
        errors.budget_month,
        errors.scope,
        errors.scope_name,
        count(*) as error_count,
        count(*) filter (
            where expected.forecast_quanta + errors.error_quanta > months.budget_quanta
        ) as breach_count,
        quantile_disc(abs(errors.error_quanta), 0.8) as half_quanta
    from errors
    inner join expected using (budget_month, scope, scope_name)
    inner join months using (budget_month, scope, scope_name)
    group by errors.budget_month, errors.scope, errors.scope_name
),

assessed as (
    select
        months.*,
        case when months.days_left = 0 then months.spent_quanta else expected.forecast_quanta end as forecast_quanta,
        coalesce(months.exceeded_on, expected.breach_date) as breach_date,
        likely.half_quanta,
        coalesce(likely.error_count, 0) as error_count,
        {{ divide_half_even('months.spent_quanta * 1000000', 'months.budget_quanta') }} as spent_millionths,
        case
            when months.exceeded_on is not null then 1000000
            when months.days_left = 0 then 0
            else {{ floor_divide('likely.breach_count * 1000000', 'likely.error_count') }}
        end as breach_millionths,
        run.reporting_currency
    from months
    left join expected using (budget_month, scope, scope_name)
    left join likely using (budget_month, scope, scope_name)
    cross join {{ source('landing', 'run') }} as run
)

select
    budget_month,
    scope,
    scope_name,
    reporting_currency,
    {{ from_quanta('budget_quanta') }} as budget_amount,
    {{ from_quanta('spent_quanta') }} as spent_cost,
    cast(cast(spent_millionths as decimal(12, 0)) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6)) as spent_ratio,
    case
        when spent_millionths >= 1000000 then 100
        when spent_millionths >= 800000 then 80
        when spent_millionths >= 500000 then 50
        else 0
    end as threshold_percent,
    cast(days_left as bigint) as days_left,
    {{ from_quanta('forecast_quanta') }} as forecast_cost,
    {{ from_quanta('forecast_quanta - half_quanta') }} as forecast_low,
    {{ from_quanta('forecast_quanta + half_quanta') }} as forecast_high,
    cast(error_count as bigint) as error_count,
    cast(cast(breach_millionths as decimal(12, 0)) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6))
        as breach_probability,
    breach_date,
    case
        when exceeded_on is not null then 'over'
        when days_left = 0 then 'met'
        when forecast_quanta is null then 'not_forecast'
        when breach_millionths >= 800000 or (breach_millionths is null and breach_date is not null) then 'likely_over'
        when breach_millionths >= 500000 then 'at_risk'
        else 'within'
    end as status
from assessed
