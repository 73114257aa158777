"""What a statement asks a release.

Every query names the business unit and the period, so nothing of another unit can be in the result.
"""

KEYS = (
    *("team", "cost_center", "cost_class", "model", "deployment", "purpose"),
    *("provider", "service_name", "adjusted_period"),
)
CLASS_KEYS, TEAM_KEYS = ("cost_class",), ("team", "cost_center")
LINES = f"""
    select
        {", ".join(KEYS[:-1])}, strftime(adjusted_period, '%Y-%m') as adjusted_period,
        amount, billed_cost, effective_cost
    from main.statement_lines
    where business_unit = $business_unit and billing_period = $billing_period
    order by all
"""  # noqa: S608 - our own column names
SHARED = """
    select
        provider, service_name, cost_class, owner_rule, allocation_method, team,
        sum(case $measure when 'billed_cost' then reporting_billed_cost
            else reporting_effective_cost end) as amount,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from main.cost_ledger
    where
        business_unit = $business_unit and billing_period = $billing_period
        and starts_with(allocation_method, 'shared_')
    group by all
    order by all
"""
ADJUSTMENTS = """
    select
        strftime(adjusted_period, '%Y-%m'), team, provider, service_name, cost_class, reason,
        sum(case $measure when 'billed_cost' then billed_cost else effective_cost end) as amount,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from main.adjustments
    where business_unit = $business_unit and billing_period = $billing_period
    group by all
    order by all
"""
LEDGER = """
    select provider, sum(case $measure when 'billed_cost' then billed else effective end) as amount
    from (
        select provider, reporting_billed_cost as billed, reporting_effective_cost as effective
        from main.cost_ledger
        where business_unit = $business_unit and billing_period = $billing_period
        union all
        select provider, billed_cost, effective_cost
        from main.adjustments
        where business_unit = $business_unit and billing_period = $billing_period
    )
    group by all
    order by all
"""
