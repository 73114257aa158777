from warehouse.commitment_levels import resampled


def model(dbt, session):
    dbt.config(materialized="table")
    points = dbt.ref("int_commitment_plan_points__weighed").select(
        "provider, billing_currency, plan_name, term_months, payment_option, level_name, "
        "usage_date, cast(upto_quanta // 1000000000000 as bigint) as upto_millionths, "
        "cast(falls as bigint) as falls"
    )
    days = dbt.ref("cost_ledger").select("usage_date").distinct().order("usage_date")
    first, last = dbt.source("landing", "run").select("first_usage_date, usage_date").fetchone()
    known = [day for (day,) in days.fetchall() if first is not None and first <= day <= last]
    return resampled(points.pl(), known).to_arrow()
