"""Worlds of the levers on GPU hours: who held them, whether they were busy, what they cost."""

from benchmarks.lever_worlds.world import World, daily

HOURLY_COST = 10
"""US dollars for an hour of a node, or of a GPU where they are held by themselves."""


def nodes(
    is_busy: str,
    purpose: str = "training",
    *,
    is_held: str = "true",
    served: str = "'none'",
    cost: str = str(HOURLY_COST),
) -> str:
    """What a workload's node cost hour by hour, busy or idle, held or not."""
    return f"""
        select
            usage_date, hour_start, name as node, 'search' as team, '{purpose}' as purpose,
            {served} as deployment, {served} as model,
            case when {is_held} then name else 'none' end as workload,
            case when not ({is_held}) then 'idle_unheld' when {is_busy} then 'direct'
                else 'idle_held' end as cost_class,
            {cost} as reporting_effective_cost
        from draw_hours
    """


def held_hours(condition: str, gpu_model: str = "'H100'", count: str = "1") -> str:
    """GPUs that a training workload holds in the hours of a condition."""
    return f"""
        select
            usage_date, hour_start, name as node, 'GPU-' || gpu as gpu_uuid, '' as gpu_instance_id,
            {gpu_model} as gpu_model, name as workload, 'search' as team, 'none' as model,
            'none' as deployment, 'training' as purpose, name as pod, 1 as holder_count,
            3600 as held_seconds, 3600 as active_seconds, 0 as unheld_seconds
        from draw_hours, range({count}) as gpus (gpu)
        where {condition}
    """


def offer(pricing_category: str, price: int, gpu_model: str = "H100") -> str:
    """What a GPU hour costs elsewhere."""
    return f"""
        select 'Cloud' as service_provider_name, 'north' as region_id, '{gpu_model}' as gpu_model,
            '{pricing_category}' as pricing_category, {price} as price_per_gpu_hour,
            'USD' as currency, 'offer' as offer_source
    """


def bought_elsewhere(pricing_category: str, price: int, kept: str) -> World:
    """A workload that holds a GPU for some hours, which somebody else sells cheaper."""
    held = "h < hours + 1"
    return World(
        tables={
            "day_gpu_hours": held_hours(held),
            "day_workload_costs": f"{nodes('true')} where {held}",
            "stg_reference__gpu_offers": offer(pricing_category, price),
        },
        saved=daily(f"(hours + 1) * ({HOURLY_COST} - {kept})"),
    )


# Four replicas whose load needs three of them from 8 o'clock for some hours, and one otherwise; the
# hour before and the hour after belong to the busy ones.
BUSY = "h >= 8 and h < 8 + hours"
REPLICAS = f"""
    select
        usage_date, hour_start, name as node, 'GPU-' || pod as gpu_uuid, '' as gpu_instance_id,
        'H100' as gpu_model, name as workload, 'search' as team, name as deployment, name as model,
        'online_inference' as purpose, name || '-' || pod as pod, 1 as holder_count,
        3600 as held_seconds, case when {BUSY} then 1440 else 360 end as active_seconds
    from draw_hours, range(4) as replicas (pod)
"""

HELD = f"case when {BUSY} then 8 else 4 end"
"""GPUs that are held in an hour."""

WORLDS = {
    # A job that fails after its hours had written a checkpoint an hour before.
    "failed_jobs": World(
        tables={
            "day_job_costs": f"""
                select usage_date, 'kubernetes' as scheduler, 'c' as cluster, 'search' as team,
                    name || usage_date as job_id, '1' as attempt,
                    (hours + 1) * {HOURLY_COST} as reporting_effective_cost
                from draws
            """,
            "day_job_attempts": """
                select usage_date, 'kubernetes' as scheduler, 'c' as cluster, name as workload,
                    name || usage_date as job_id, '1' as attempt, name as job_name
                from draws
            """,
            "job_runs": """
                select 'kubernetes' as scheduler, 'c' as cluster, '1' as attempt,
                    name || usage_date as job_id,
                    case when part > 0.3 then 'failed' else 'completed' end as outcome,
                    8 as gpu_count, (hours + 1) * 8 * 3600 as held_gpu_seconds
                from draws
            """,
        },
        saved=daily(f"case when part > 0.3 then hours * {HOURLY_COST} else 0 end"),
    ),
    # Idle from midnight on for some hours, of which those until six are night, and busy after.
    "dev_nights": World(
        tables={"day_workload_costs": nodes("h >= hours", "development")},
        saved=daily(f"case when is_weekend then hours else least(hours, 6) end * {HOURLY_COST}"),
    ),
    "idle_gpus": World(
        tables={"day_workload_costs": nodes(f"not ({BUSY})")},
        saved=daily(f"greatest(hours - 1, 0) * {HOURLY_COST}"),
    ),
    "unheld_nodes": World(
        tables={
            "day_workload_costs": nodes("true", is_held=f"not ({BUSY})"),
            "day_gpu_utilization": (
                "select usage_date, name as node, name as gpu_model, 8 as gpu_count from draws"
            ),
        },
        saved=daily(f"greatest(hours - 1, 0) * {HOURLY_COST}"),
    ),
    "scale_down": World(
        tables={
            "day_gpu_hours": REPLICAS,
            "day_workload_costs": nodes("true", "online_inference", served="name"),
        },
        saved=daily(
            f"""{HOURLY_COST} * case
                when hours = 0 then 24 * 0.75
                else (24 - hours - 2) * 0.75 + (hours + 2) * 0.25
            end"""
        ),
    ),
    # Two deployments that need a replica each outside their busy hours, and one together.
    "duplicated_deployments": World(
        tables={
            "day_gpu_hours": f"""
                select * exclude (copy) replace (
                    deployment || '-' || copy as deployment, pod || '-' || copy as pod,
                    gpu_uuid || '-' || copy as gpu_uuid,
                    case when active_seconds > 360 then 1440 else 180 end as active_seconds
                )
                from ({REPLICAS}), range(2) as copies (copy)
            """,
            "day_workload_costs": " union all ".join(
                nodes("true", "online_inference", served=f"name || '-{copy}'") for copy in range(2)
            ),
        },
        saved=daily(f"{HOURLY_COST} * case when hours = 0 then 24 else 24 - hours - 2 end"),
    ),
    # By hand: a checkpoint every sqrt(2 * 5 * 360) = 60 minutes; 5 / 60 + (60 / 2 + 10) / 360 lost.
    "spot": bought_elsewhere("Dynamic", 4, "4 / cast(29.0 / 36 as double)"),
    "region": bought_elsewhere("Standard", 7, "7"),
    # Four GPUs always and four more from 8 o'clock for some hours.
    "cloud_or_owned": World(
        tables={
            "day_gpu_hours": held_hours("true", "name", HELD),
            "day_workload_costs": nodes("true", cost=f"{HOURLY_COST} * {HELD}"),
            "stg_reference__hardware_offers": """
                select distinct name as gpu_model, 32500 as gpu_price, 1.5 as system_factor,
                    1.275 as power_kw, 0.8 as load_share, 1.3 as pue, 0.08 as price_per_kwh,
                    175 as colocation_per_kw_month, 203 as staff_per_gpu_month,
                    0.055 as upkeep_share, 0 as software_per_gpu_month, 42 as life_months,
                    0.1 as residual_share, 0.09 as cost_of_capital, 'USD' as currency,
                    'quote' as offer_source
                from draws
            """,
        },
        saved=f"""
            select
                world, usage_date,
                sum(least({HELD}, owned_gpu_count)) * {HOURLY_COST}
                - 24 * max(owned_gpu_count * cast(owned_quanta as double)) / 1e18 / 730 as saved
            from draw_hours
            inner join int_owned_gpus__sized on gpu_model = name
            group by world, usage_date
        """,
    ),
}
