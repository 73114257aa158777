"""Worlds of the levers on energy: runs that wait for better hours, and cooling."""

from benchmarks.lever_worlds.world import World, daily

PRICE, GRAMS, TONNE = 0.3, 400, 100
"""US dollars and grams of carbon for a kWh, and US dollars for a tonne of it."""
HOUR = "case when h < 20 then 1 when h < 22 then 0 else 1 - part end"
"""How much of that an hour's electricity is; the one that costs nothing has no free GPU."""
FORECAST = "case when h < 20 then 1 when h < 22 then 0 else 0.5 end"


def waiting(lever: str) -> dict[str, str]:
    """A run of two hours from noon that may start up to twelve hours later."""
    return {
        "int_lever_shift_runs__gathered": f"""
            select
                '{lever}' as lever, world * 10000 + day as run, usage_date, name as scope_name,
                'search' as team, 'pool ' || name as cost_pool, name as provider,
                'hall' as region_id, name as gpu_pool, 8 as gpu_count, 12 as slack_hours,
                epoch_ms(usage_date + interval 12 hour) as started_ms,
                epoch_ms(usage_date + interval 14 hour) as ended_ms,
                cast(amount * 3600000000 as hugeint) as facility_millijoules
            from draws
        """,
        "int_energy_hours__known": f"""
            select
                name as provider, 'hall' as region_id, hour_start,
                epoch_ms(hour_start) // 3600000 as epoch_hour,
                cast({PRICE} * 1000000000 * {FORECAST} as bigint) as price_forecast_billionths,
                cast({PRICE} * 1000000000 * {HOUR} as hugeint) * 1000000000 as price_quanta,
                cast({GRAMS} * 1000 * {FORECAST} as bigint) as grid_forecast_milligrams,
                cast({GRAMS} * 1000 * {HOUR} as bigint) as grid_milligrams_per_kwh
            from draw_hours
        """,
        "int_lever_free_gpus__hourly": """
            select name as gpu_pool, epoch_ms(hour_start) // 3600000 as epoch_hour,
                case when h in (20, 21) then 7 else 8 end * 3600000 as free_ms
            from draw_hours
        """,
        "int_lever_pools__summed": pool("'pool ' || name"),
    }


def pool(name: str) -> str:
    """A cost pool that costs more than anything that is saved."""
    return f"""
        select usage_date, {name} as cost_pool,
            cast(1000000 as hugeint) * 1000000000000000000 as pool_quanta
        from draws
    """


WORLDS = {
    "off_peak": World(tables=waiting("off_peak"), saved=daily(f"amount * {PRICE} * part")),
    "carbon_aware": World(
        tables={
            **waiting("carbon_aware"),
            "stg_reference__lever_assumptions": f"""
                select 'carbon_aware' as lever, 'price_per_tonne' as name, {TONNE} as value,
                    'board' as source
            """,
        },
        saved=daily(f"amount * {GRAMS} * part * 0.000001 * {TONNE}"),
    ),
    # A PUE of 1.6 becomes 1.2, for 3,650 over ten years: a dollar a day.
    "cooling": World(
        tables={
            "int_facility_days__metered": """
                select usage_date, name as cloud, 'hall' as region_id,
                    1600000 as facility_watt_hours, 1000000 as it_watt_hours,
                    1600000 as pue_millionths,
                    cast(amount * 1000000 as hugeint) * 1000000000000 as energy_quanta
                from draws
            """,
            "stg_reference__cooling_offers": """
                select distinct name as cloud, 'hall' as region_id, 'liquid' as technique,
                    1.2 as pue, 3650 as one_off_cost, 120 as life_months, 'USD' as currency
                from draws
            """,
            "day_workload_energy": """
                select usage_date, name as node, name as provider, 'hall' as region_id,
                    name as workload, 'search' as team, 'none' as deployment,
                    1000 as energy_joules, 86400 as metered_seconds
                from draws
            """,
            "int_lever_pools__summed": pool("'workload ' || name || ' of search'"),
        },
        saved=daily("amount * 0.25 - 1"),
    ),
}
