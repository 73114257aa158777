from warehouse.resampling import intervals

KEY = (
    *("provider", "billing_currency", "plan_name", "term_months", "payment_option"),
    "level_name",
)


def model(dbt, session):
    dbt.config(materialized="table")
    rows = dbt.ref("int_commitment_plan_days__replayed").select(
        ", ".join(KEY) + ", usage_date, "
        "cast(saving_quanta // 1000000000000 as bigint) as saving_millionths"
    )
    days = dbt.source("landing", "run").select("first_usage_date, usage_date")
    return intervals(rows.pl(), *days.fetchone(), key=KEY).to_arrow()
