"""Worlds of the levers on calls to model APIs: what was charged for them, by pattern."""

from benchmarks.lever_worlds.world import World, daily


def patterns(*rows: str) -> dict[str, str]:
    """Calls of a day; each row names its pattern, its cost and what else is known of it."""
    return {
        "day_request_patterns": " union all by name ".join(
            f"""
            select usage_date, 'search' as team, name as deployment, 'm' as model, 't' as task,
                true as is_status_known, 1 as request_count, {row}
            from draws
            """
            for row in rows
        )
    }


def part_of_calls(pattern: str) -> World:
    """That part of the cost is of one pattern, which the lever takes."""
    return World(
        tables=patterns(
            f"{pattern}, amount * part as reporting_effective_cost",
            "'first' as request_pattern, amount * (1 - part) as reporting_effective_cost",
        ),
        saved=daily("amount * part"),
    )


WORLDS = {
    "failed_requests": part_of_calls("'failed' as request_pattern"),
    "duplicated_requests": part_of_calls("'duplicate' as request_pattern"),
    "exact_cache": World(
        tables=patterns(
            "'first' as request_pattern, amount * (1 - part) as reporting_effective_cost",
            "'repeat' as request_pattern, 15 as repeated_within_minutes, "
            "amount * part * part as reporting_effective_cost",
            "'repeat' as request_pattern, 1440 as repeated_within_minutes, "
            "amount * part * (1 - part) as reporting_effective_cost",
        ),
        saved=daily("amount * part * part"),
    ),
    # On some days the vendor's cache pays off and the lever would cost more.
    "cache_writes": World(
        tables=patterns(
            "'first' as request_pattern, amount as reporting_effective_cost, "
            "amount * (part - 0.2) as reporting_cache_premium"
        ),
        saved=daily("amount * (part - 0.2)"),
    ),
    # Writing costs something; kept for longer, it saves more.
    "prefix_caching": World(
        tables={
            "day_prompt_prefixes": """
                select usage_date, 'search' as team, name as deployment, 'key' as api_key_alias,
                    true as is_write_charged, minutes as time_to_live_minutes,
                    amount as reporting_effective_cost, 1 as request_count,
                    amount * (part - written) as reporting_prefix_saving
                from draws, (values (5, 0.25), (60, 0.15)) as kept (minutes, written)
            """
        },
        saved=daily("amount * (part - 0.15)"),
    ),
    # Half price for what can wait, and no more than was charged; failed calls cannot wait.
    "batch_tier": World(
        tables=patterns(
            "'first' as request_pattern, amount * part as reporting_effective_cost, "
            "amount * part * 0.5 as reporting_batch_saving",
            "'failed' as request_pattern, amount as reporting_effective_cost, "
            "amount * 0.5 as reporting_batch_saving",
        ),
        saved=daily("amount * part * 0.5"),
    ),
}
