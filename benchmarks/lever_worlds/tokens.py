"""Worlds of the levers that buy a task's or a deployment's tokens elsewhere."""

from benchmarks.lever_worlds.world import World, daily

PRICES = """
    select
        provider as gen_ai_provider_name, model, token_type, 'standard' as service_tier,
        0 as context_tokens_over, price * 1000000000000 as price_quanta_per_token,
        'USD' as currency, 'list' as price_source, false as is_imported
    from (values {offers}) as offers (provider, model, token_type, price)
"""
"""Prices of a token in millionths of a US dollar."""


def evaluations(*rows: tuple[str, str, float, float]) -> str:
    """Quality of models on tasks: task, model, quality, standard error."""
    listed = ", ".join(str(row) for row in rows)
    return f"""
        select task, model, quality, quality_standard_error, 1 as output_token_ratio
        from (values {listed}) as found (task, model, quality, quality_standard_error)
    """


def calls(task: str, part: str) -> str:
    """A task's calls: a thousand input tokens for every US dollar, and half as many of output."""
    return f"""
        select
            usage_date, 'search' as team, 'large' as model, name as deployment, '{task}' as task,
            true as is_status_known, 'first' as request_pattern, 100 as request_count,
            0 as cache_read_tokens, 0 as cache_creation_tokens,
            cast(amount * 1000 * {part} as bigint) as input_tokens,
            cast(amount * 500 * {part} as bigint) as output_tokens,
            amount * {part} as reporting_effective_cost
        from draws
    """


DAYS = "select usage_date, 'large' as model, 'api' as hosting from draws"
"""Days on which somebody called a model: those on which offers are compared."""


def usage(hosting: str) -> dict[str, str]:
    """A deployment's tokens, and who sells its model: its own provider and one other."""
    return {
        "day_request_usage": f"""
            select usage_date, 'search' as team, name as model, name as deployment,
                '{hosting}' as hosting, 'online_inference' as purpose, 10 as request_count,
                cast(amount * 1000 as bigint) as input_tokens, 0 as cache_read_input_tokens,
                0 as cache_creation_input_tokens, cast(amount * 500 as bigint) as output_tokens
            from draws
        """,
        "stg_reference__deployments": f"""
            select distinct name as deployment, name as model, 'own' as gen_ai_provider_name,
                '{hosting}' as hosting, 'search' as team
            from draws
        """,
        "stg_reference__model_prices": " union all ".join(
            f"""
            select distinct '{provider}' as gen_ai_provider_name, name as model,
                '{kind}' as token_type, 'standard' as service_tier, 0 as context_tokens_over,
                {price} * 1000000000000 as price_quanta_per_token, 'USD' as currency,
                'list' as price_source, false as is_imported
            from draws
            """
            for provider, kind, price in (
                *(("own", "input", 1), ("own", "output", 1)),
                *(("cheap", "input", 200), ("cheap", "output", 400)),
                *(("dear", "input", 900), ("dear", "output", 900)),
            )
        ),
    }


WORLDS = {
    # A small model is good enough on the task at 0.2 + 0.2 dollars for one; a smaller one is not.
    "right_sizing": World(
        tables={
            "day_request_patterns": calls("summary", "part"),
            "stg_reference__model_evaluations": evaluations(
                ("summary", "large", 0.9, 0.002),
                ("summary", "small", 0.89, 0.002),
                ("summary", "tiny", 0.7, 0.002),
            ),
            "day_request_usage": DAYS,
            "stg_reference__model_prices": PRICES.format(
                offers="('v', 'small', 'input', 200), ('v', 'small', 'output', 400), "
                "('v', 'tiny', 'input', 1), ('v', 'tiny', 'output', 1)"
            ),
        },
        saved=daily(
            "amount * part - 0.0002 * cast(amount * 1000 * part as bigint)"
            " - 0.0004 * cast(amount * 500 * part as bigint)"
        ),
    ),
    # Two tasks of quality 0.9 with as many calls may lose 0.045 on average: only one can move.
    "routing": World(
        tables={
            "day_request_patterns": " union all ".join(
                (calls("easy", "part"), calls("hard", "(1 - part)"))
            ),
            "stg_reference__model_evaluations": evaluations(
                ("easy", "large", 0.9, 0.002),
                ("easy", "small", 0.86, 0.002),
                ("hard", "large", 0.9, 0.002),
                ("hard", "small", 0.5, 0.002),
            ),
            "day_request_usage": DAYS,
            "stg_reference__model_prices": PRICES.format(
                offers="('v', 'small', 'input', 200), ('v', 'small', 'output', 400)"
            ),
        },
        saved=daily(
            "amount * part - 0.0002 * cast(amount * 1000 * part as bigint)"
            " - 0.0004 * cast(amount * 500 * part as bigint)"
        ),
    ),
    # GPUs that cost 60 dollars a day against tokens at 0.4 dollars for a thousand in and 500 out.
    "serverless": World(
        tables={
            **usage("self_hosted"),
            "day_workload_costs": """
                select usage_date, usage_date + interval 1 hour as hour_start, 'n' as node,
                    name as workload, 'search' as team, name as model, name as deployment,
                    'online_inference' as purpose, 'direct' as cost_class,
                    60 as reporting_effective_cost
                from draws
            """,
        },
        saved=daily(
            "60 - 0.0002 * cast(amount * 1000 as bigint) - 0.0004 * cast(amount * 500 as bigint)"
        ),
    ),
    "provider_mix": World(
        tables={
            **usage("api"),
            "day_request_token_costs": """
                select usage_date, 'search' as team, name as model, name as deployment,
                    amount * part as input_cost, 0 as cache_read_cost, 0 as cache_creation_cost,
                    amount as output_cost
                from draws
            """,
        },
        saved=daily(
            "amount * part + amount - 0.0002 * cast(amount * 1000 as bigint)"
            " - 0.0004 * cast(amount * 500 as bigint)"
        ),
    ),
}
