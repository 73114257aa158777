from warehouse.calibration import calibrate


def model(dbt, session):
    dbt.config(materialized="table")
    return calibrate(dbt.ref("day_deployment_hours").pl()).to_arrow()
