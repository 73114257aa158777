"""What the report asks a release about its data: checked, refused, late, missing, restated."""

CHECKS = """
    select
        suite, kind,
        count(*) as check_count,
        count(*) filter (where status = 'pass') as passed,
        count(*) filter (where status = 'warn') as warned,
        count(*) filter (where status = 'fail') as failed
    from data_quality_results
    group by all
    order by suite, kind
"""
FINDINGS = """
    select check_name, subject, status, failed_row_count, message
    from data_quality_results
    where status <> 'pass'
    order by status, check_name, subject
"""
QUARANTINE = """
    select
        source_name, reason_code, billing_currency,
        count(*) as row_count,
        sum(billed_cost) as billed_cost,
        min(message) as example
    from quarantine
    group by all
    order by row_count desc, source_name, reason_code, billing_currency
"""
FRESHNESS = """
    select
        source_name, first_usage_date, last_usage_date, partition_count, row_count,
        (select max(usage_date) from runs) - last_usage_date as days_behind
    from source_freshness
    order by days_behind desc nulls last, source_name
"""
GAPS = """
    select
        finding, subject, action,
        count(*) as day_count,
        min(usage_date) as first_day,
        max(usage_date) as last_day,
        sum(quantity_seconds) as quantity_seconds,
        sum(reporting_effective_cost) as cost
    from attribution_findings
    group by finding, subject, action
    order by cost desc, finding, subject, action
    limit 30
"""
RESTATED = """
    select
        adjusted_period, billing_period, provider, reason, currency,
        count(*) as line_count,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from adjustments
    group by adjusted_period, billing_period, provider, reason, currency
    order by adjusted_period desc, billing_period desc, provider, reason, currency
"""
