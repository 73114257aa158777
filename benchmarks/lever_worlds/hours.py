"""Worlds of the levers on hours of calls to model APIs: what they read from caches, and used."""

from benchmarks.lever_worlds.gpus import BUSY
from benchmarks.lever_worlds.world import World, daily

TOKENS = f"cast(amount * 40 as bigint) * case when {BUSY} then 2 else 1 end"
"""What an hour uses of a model API, of which a unit serves 3,000."""
OWNED = 12
"""More units than most hours need."""
STORM_HOURS = "least(hours, 6)"


def units(owned: int, cost: str) -> dict[str, str]:
    """Hours of calls to a model of which units are sold for two dollars an hour."""
    return {
        "day_request_hours": f"""
            select usage_date, hour_start, 'search' as team, name as model, name as deployment,
                'vendor' as gen_ai_provider_name, 'key' as api_key_alias, 10 as request_count,
                {TOKENS} as input_tokens, 0 as output_tokens, 0 as cache_read_input_tokens,
                {TOKENS} as unread_input_tokens, {cost} as reporting_effective_cost
            from draw_hours
        """,
        "stg_reference__provisioned_units": f"""
            select distinct 'vendor' as gen_ai_provider_name, name as model,
                {owned} as owned_units, 1 as output_token_weight, 50 as tokens_per_minute,
                2 as price_per_unit_hour, 'USD' as currency
            from draws
        """,
    }


LISTED = {
    "day_request_usage": "select usage_date, name as model, 'api' as hosting from draws",
    "stg_reference__model_prices": """
        select distinct 'vendor' as gen_ai_provider_name, name as model, 'input' as token_type,
            'standard' as service_tier, 0 as context_tokens_over,
            1000000000000000 as price_quanta_per_token, 'USD' as currency,
            'list' as price_source, false as is_imported
        from draws
    """,
}
"""What tokens cost where no unit serves them."""


def with_units(saved: str) -> str:
    """The query of `World.saved` over hours, given how many units the lever proposes."""
    return f"""
        select world, usage_date, sum({saved}) as saved
        from draw_hours
        inner join int_lever_unit_counts__optimal on deployment = name
        group by world, usage_date
    """


WORLDS = {
    # Usually 80 of 100 tokens are read, in a storm ten: 70 of 90 would have cost a tenth.
    "cache_miss_storms": World(
        tables={
            "day_request_hours": f"""
                select usage_date, hour_start, 'search' as team, 'm' as model, name as deployment,
                    'key' as api_key_alias, 'vendor' as gen_ai_provider_name, 100 as request_count,
                    case when h < {STORM_HOURS} then 90 else 20 end as unread_input_tokens,
                    100 - unread_input_tokens as cache_read_input_tokens,
                    amount * 0.01 * unread_input_tokens as reporting_unread_cost,
                    amount * 0.001 * unread_input_tokens as reporting_unread_cost_as_read
                from draw_hours
            """
        },
        saved=daily(f"amount * 0.009 * 70 * {STORM_HOURS}"),
    ),
    # A dollar for a thousand tokens: up to the units that are bought they cost their fee instead.
    "subscription": World(
        tables=units(owned=0, cost=f"{TOKENS} * 0.001"),
        saved=with_units(f"0.001 * least({TOKENS}, unit_count * 3000) - unit_count * 2"),
    ),
    # Twelve units are paid for; a token is listed at a thousandth of a dollar.
    "provisioned_throughput": World(
        tables=units(owned=OWNED, cost=f"{OWNED} * 2") | LISTED,
        saved=with_units(
            f"({OWNED} - unit_count) * 2"
            f" - 0.001 * greatest(least({TOKENS}, {OWNED} * 3000) - unit_count * 3000, 0)"
        ),
    ),
}
