"""Worlds of the levers on calls to model APIs that a company's own trial decides."""

from benchmarks.lever_worlds.requests import patterns
from benchmarks.lever_worlds.world import World, daily

CALLS = patterns(
    "'first' as request_pattern, 0 as cache_read_tokens, 0 as cache_creation_tokens, "
    "cast(amount * 10 as bigint) as input_tokens, amount as reporting_effective_cost, "
    "amount * part as reporting_input_cost",
    "'failed' as request_pattern, cast(amount * 10 as bigint) as input_tokens, "
    "amount as reporting_effective_cost, amount * part as reporting_input_cost",
)
"""Calls of a task and their input's part of the cost; as much again fails, and cannot be saved."""


def judged(*models: tuple[str, float]) -> str:
    """Quality of models on the task of the calls."""
    listed = ", ".join(str(row) for row in models)
    return f"""
        select 't' as task, model, quality, 0.002 as quality_standard_error,
            1 as output_token_ratio
        from (values {listed}) as found (model, quality)
    """


WORLDS = {
    # Of 1,000 judged hits five are wrong: 0.3 * (1 - 2 * 0.005) of the cost, less embeddings.
    "semantic_cache": World(
        tables={
            **CALLS,
            "stg_reference__semantic_cache_trials": """
                select 't' as task, 0.3 as hit_share, 1000 as judged_hits, 5 as false_hits,
                    0.0001 as embedding_price_per_token
            """,
        },
        saved=daily("amount * 0.297 - 0.0001 * cast(amount * 10 as bigint)"),
    ),
    "oversized_context": World(
        tables={
            **CALLS,
            "stg_reference__model_evaluations": judged(("m", 0.9)),
            "stg_reference__context_trials": """
                select 't' as task, 'm' as model, 0.4 as removable_input_share, 0.89 as quality,
                    0.002 as quality_standard_error
            """,
        },
        saved=daily("amount * part * 0.4"),
    ),
    # 0.1 * 0.95 + 0.9 * 0.05 = 0.14 of the calls are sent on; each costs a cent on the device. The
    # other model costs nothing, but lets half of its many wrong answers pass.
    "edge_first": World(
        tables={
            **CALLS,
            "stg_reference__model_evaluations": judged(("small", 0.9), ("tiny", 0.7)),
            "stg_reference__device_trials": """
                select 't' as task, 0.05 as caught_right_share, *
                from (values ('small', 0.95, 0.01), ('tiny', 0.5, 0))
                    as tried (model, caught_wrong_share, cost_per_request)
            """,
        },
        saved=daily("amount * 0.86 - 0.01"),
    ),
}
