import polars as pl

from warehouse.shifting import delays

SIGNALS = {
    "off_peak": "price_forecast_billionths",
    "carbon_aware": "grid_forecast_milligrams",
}


def model(dbt, session):
    dbt.config(materialized="table")
    hours = dbt.ref("int_energy_hours__known").pl()
    free = dbt.ref("int_lever_free_gpus__hourly").pl()
    runs = dbt.ref("int_lever_shift_runs__gathered").pl()
    place = pl.col("provider") + " " + pl.col("region_id")
    runs = runs.select(
        *("lever", "run", "started_ms", "ended_ms", "gpu_count", "slack_hours"),
        place=place,
        pool="gpu_pool",
    ).unique(["lever", "run"])
    free = free.select("free_ms", pool="gpu_pool", hour="epoch_hour")
    chosen = [
        delays(
            runs.filter(pl.col("lever") == lever),
            hours.select(place=place, hour="epoch_hour", forecast=signal).drop_nulls(),
            free,
        ).select(pl.lit(lever).alias("lever"), "run", "delay_hours")
        for lever, signal in SIGNALS.items()
    ]
    return pl.concat(chosen).to_arrow()
