from warehouse.resampling import intervals


def model(dbt, session):
    dbt.config(materialized="table")
    rows = dbt.ref("int_levers__gathered").select("lever, scope, team, usage_date, saving_millionths")
    days = dbt.source("landing", "run").select("first_usage_date, usage_date")
    return intervals(rows.pl(), *days.fetchone()).to_arrow()
