"""What the report asks a release about what is to come, and what came unexpected."""

KNOWN = "(select usage_date from runs)"
OUTLOOK_DAYS = f"""
    select usage_date as day, sum(reporting_effective_cost) as known, null as expected,
        null as low, null as high
    from cost_ledger
    where usage_date <= {KNOWN} and usage_date > {KNOWN} - 42
    group by all
    union all
    select forecast_date, null, expected_cost, low_80, high_80
    from forecasts
    where scope = 'organization'
    order by day
"""  # noqa: S608
FORECASTS = """
    with sums as (
        select
            scope, scope_name,
            sum(expected_cost) filter (where forecast_date <= made_on + 7) as week,
            sum(expected_cost) as whole,
            max(error_ratio) filter (where forecast_date = made_on + 7) as error_ratio,
            max(naive_error_ratio) filter (where forecast_date = made_on + 7) as naive_error_ratio
        from forecasts
        group by all
    )
    select *
    from sums
    qualify row_number() over (partition by scope order by whole desc, scope_name) <= 20
    order by
        list_position(['organization', 'business_unit', 'team', 'model'], scope),
        whole desc, scope_name
"""
BUDGETS = """
    select *
    from budgets
    qualify budget_month > max(budget_month) over () - interval 3 month
    order by
        budget_month desc,
        list_position(['over', 'likely_over', 'at_risk', 'within', 'not_forecast', 'met'], status),
        breach_probability desc, spent_ratio desc, scope, scope_name
"""
BURN_DOWN = f"""
    with costs as (
        select usage_date as day, 'organization' as scope, 'all' as scope_name,
            sum(reporting_effective_cost) as cost, false as is_expected
        from cost_ledger group by all
        union all
        select usage_date, 'business_unit', business_unit, sum(reporting_effective_cost), false
        from cost_ledger group by all
        union all
        select usage_date, 'team', team, sum(reporting_effective_cost), false
        from cost_ledger group by all
        union all
        select usage_date, 'model', model, sum(reporting_effective_cost), false
        from cost_ledger group by all
    ),
    days as (
        select * from costs where day <= {KNOWN}
        union all
        select forecast_date, scope, scope_name, expected_cost, true from forecasts
    )
    select
        scope, scope_name, day, is_expected,
        budget_amount - sum(cost) over (partition by scope, scope_name order by day) as remaining
    from days
    join budgets using (scope, scope_name)
    where
        budget_month = date_trunc('month', {KNOWN})
        and day between budget_month and budget_month + interval 1 month - interval 1 day
    order by breach_probability desc, spent_ratio desc, scope, scope_name, day
"""  # noqa: S608
ANOMALIES = """
    select *, cost_difference / nullif(usual_error, 0) as usual_errors
    from anomalies
    order by usage_date desc, abs(cost_difference) desc, scope, scope_name
    limit 60
"""
