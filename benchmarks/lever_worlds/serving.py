"""Worlds of the levers that serve a deployment's busy GPU time otherwise, as it was measured."""

from benchmarks.lever_worlds.gpus import HOURLY_COST, offer
from benchmarks.lever_worlds.world import World, daily

HELD = """
    select
        usage_date, hour_start, name as node, 'GPU' as gpu_uuid, '' as gpu_instance_id,
        'H100' as gpu_model, name as workload, 'search' as team, name as deployment, name as model,
        'online_inference' as purpose, name as pod, 1 as holder_count, 3600 as held_seconds,
        1800 as active_seconds
    from draw_hours
"""
COSTS = f"""
    select
        usage_date, hour_start, name as node, name as workload, 'search' as team, name as model,
        name as deployment, 'online_inference' as purpose,
        case when h < hours + 1 then 'direct' else 'idle_held' end as cost_class,
        {HOURLY_COST} as reporting_effective_cost
    from draw_hours
"""
QUALITY = """
    select distinct name as task, name || suffix as model, quality,
        0.002 as quality_standard_error, 1 as output_token_ratio
    from draws, (values ('', 0.9), ('-good', 0.89), ('-bad', 0.7)) as found (suffix, quality)
"""


def measured(technique: str, gpu_model: str = "H100") -> str:
    """More tokens a second at one dollar a day; a faster variant answers badly."""
    rows = ", ".join(
        (
            "('baseline', '', 'H100', 1000, 0)",
            f"('{technique}', '-good', '{gpu_model}', 1600, 365)",
            f"('{technique}', '-bad', '{gpu_model}', 1600, 36500)"
            if technique in SAME_ANSWERS
            else f"('{technique}', '-bad', '{gpu_model}', 9000, 0)",
        )
    )
    return f"""
        select distinct name as model, technique, name || suffix as variant, gpu_model,
            4 as gpu_count, pace as tokens_per_second, outlay as one_off_cost
        from draws, (values {rows}) as found (technique, suffix, gpu_model, pace, outlay)
    """


def variant(technique: str) -> World:
    """Busy hours at 1000 / 1600 of what they cost, less the outlay of a day."""
    return World(
        tables={
            "day_gpu_hours": HELD,
            "day_workload_costs": COSTS,
            "stg_reference__serving_benchmarks": measured(technique),
            "stg_reference__model_evaluations": QUALITY,
        },
        saved=daily(f"(hours + 1) * {HOURLY_COST} * 0.375 - 1"),
    )


SAME_ANSWERS = ("speculative_decoding", "batching", "accelerators")
WORLDS = {
    **{
        technique: variant(technique)
        for technique in (
            *("quantisation", "pruning", "distillation", "speculative_decoding", "batching"),
        )
    },
    # Another accelerator at 8 dollars an hour instead of 10, and faster.
    "accelerators": World(
        tables={
            "day_gpu_hours": HELD,
            "day_workload_costs": COSTS,
            "stg_reference__serving_benchmarks": measured("accelerators", "B200"),
            "stg_reference__gpu_offers": offer("Standard", 8, "B200"),
        },
        saved=daily(f"(hours + 1) * ({HOURLY_COST} - 8 * 0.625) - 1"),
    ),
}
