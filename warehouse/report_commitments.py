"""What the report asks a release about commitments, and about converted currencies."""

COMMITMENTS = """
    select
        plans.provider, plans.plan_name, plans.term_months, plans.payment_option,
        plans.billing_currency, plans.commitment_per_hour_cost,
        checks.commitment_low_per_hour_cost, checks.commitment_high_per_hour_cost,
        careful.commitment_per_hour_cost as careful_per_hour_cost,
        plans.coverage, plans.commitment_utilization,
        plans.saving, checks.saving_low, checks.saving_high,
        halved.saving as halved_saving,
        plans.net_present_saving,
        checks.saving_backtest_actual, checks.saving_backtest_hindsight,
        checks.upfront_annual_return, checks.payment_rank, checks.confidence,
        plans.offer_source
    from commitment_plans as plans
    join commitment_checks as checks
        using (provider, billing_currency, plan_name, term_months, payment_option, level_name)
    join commitment_plans as careful
        using (provider, billing_currency, plan_name, term_months, payment_option)
    join commitment_plans as halved
        using (provider, billing_currency, plan_name, term_months, payment_option, level_name)
    where
        plans.level_name = 'recommended'
        and plans.scenario = 'as known'
        and careful.level_name = 'conservative'
        and careful.scenario = 'as known'
        and halved.scenario = 'use half'
        and plans.commitment_per_hour_cost > 0
    order by
        plans.provider, plans.plan_name, plans.term_months, checks.payment_rank,
        plans.billing_currency
    limit 40
"""
EXPIRIES = """
    select
        service_provider_name, contract_commitment_description, contract_commitment_id,
        contract_commitment_cost, billing_currency,
        cast(contract_commitment_period_end as date) as last_day, days_left, is_due
    from commitment_expiries
    order by days_left, contract_commitment_id
    limit 20
"""
CONVERSIONS = """
    select
        provider, billing_period, measure, billing_currency,
        min(exchange_rate) as lowest_rate,
        max(exchange_rate) as highest_rate,
        sum(cost) as cost,
        sum(reporting_cost) as reporting_cost,
        sum(conversion_rounding) as conversion_rounding
    from currency_conversions
    group by all
    order by billing_period desc, measure, provider, billing_currency
"""
