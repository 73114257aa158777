{#
    What each budget's months have cost so far: those of the known days, and the one of the day after.
    A month has the budget that is in force on its last day.
#}
with
last_days as (select max(usage_date) as last_date from {{ ref('day_cost_ledger') }}),

months as (
    select cast(date_trunc('month', usage_date) as date) as budget_month
    from {{ ref('day_cost_ledger') }}
    union
    select cast(date_trunc('month', last_date + 1) as date) as budget_month
    from last_days
    where last_date is not null
),

dated as (
    select
        budget_month,
        cast(budget_month + interval 1 month - interval 1 day as date) as month_end
    from months
),

running as (
    select
        scope,
        scope_name,
        usage_date,
        sum(cost_quanta) over (
            partition by scope, scope_name, date_trunc('month', usage_date) order by usage_date
        ) as spent_quanta
    from {{ ref('int_cost_series__daily') }}
)

select
    dated.budget_month,
    dated.month_end,
    budgets.scope,
    budgets.scope_name,
    last_days.last_date,
    {{ quanta('cast(budgets.monthly_amount as decimal(38, 18))') }} as budget_quanta,
    coalesce(max_by(running.spent_quanta, running.usage_date), 0) as spent_quanta,
    min(running.usage_date) filter (
        where running.spent_quanta > {{ quanta('cast(budgets.monthly_amount as decimal(38, 18))') }}
    ) as exceeded_on,
    greatest(dated.month_end - greatest(last_days.last_date, dated.budget_month - 1), 0) as days_left
from dated
cross join last_days
inner join {{ ref('stg_reference__budgets') }} as budgets on {{ in_force('budgets', 'dated.month_end') }}
left join running
    on
        budgets.scope = running.scope
        and budgets.scope_name = running.scope_name
        and running.usage_date between dated.budget_month and dated.month_end
group by
    dated.budget_month, dated.month_end, budgets.scope, budgets.scope_name, last_days.last_date, budgets.monthly_amount
