"""Worlds of the levers that read the bills alone."""

from benchmarks.lever_worlds.world import World, daily

# A day's use goes with its amount, twice as high from 8 o'clock for some hours.
USE = """
    cast(greatest(amount / 20, 1) as bigint)
    * case when h >= 8 and h < 8 + hours then 2 else 1 end
"""
UNIT_PRICE = 10
DISCOUNT = 0.4

WORLDS = {
    "unused_commitments": World(
        tables={
            "cost_ledger": " union all ".join(
                f"""
                select usage_date, 'Cloud' as provider, name as service_name, 'search' as team,
                    '{cost_class}' as cost_class, {cost} as reporting_effective_cost
                from draws
                """
                for cost_class, cost in (
                    ("direct", "amount * (1 - part)"),
                    ("commitment_unused", "amount * part"),
                )
            )
        },
        saved=daily("amount * part"),
    ),
    # One account pays less than another by another part every day.
    "negotiated_prices": World(
        tables={
            "charges": """
                select name || usage_date || account as charge_key, 'Cloud' as provider_name,
                    'Cloud' as service_provider_name, 'Cloud' as invoice_issuer_name,
                    'Usage' as charge_category, 'Standard' as pricing_category, name as sku_id,
                    'Hours' as pricing_unit, usage_date as charge_period_start,
                    case when account = 'a' then 10 else 10 * (1 - part) end
                        as contracted_unit_price
                from draws, (values ('a'), ('b')) as accounts (account)
            """,
            "cost_ledger": """
                select name || usage_date || 'a' as source_charge_key, usage_date,
                    'Cloud' as provider, 'database' as service_name, 'search' as team,
                    'none' as deployment, 'direct' as cost_class, amount as reporting_effective_cost
                from draws
            """,
        },
        saved=daily("amount * part"),
    ),
    # The level is the lever's proposal; what it saves is counted hour by hour.
    "commitments": World(
        tables={
            "charges": f"""
                select name || hour_start as charge_key, 'Cloud' as service_provider_name,
                    name as sku_id, 'north' as region_id, 'Usage' as charge_category,
                    'Compute' as service_category, 'Standard' as pricing_category,
                    'Hours' as pricing_unit,
                    hour_start as charge_period_start,
                    hour_start + interval 1 hour as charge_period_end,
                    {USE} as pricing_quantity, {UNIT_PRICE} * {USE} as effective_cost,
                    null as commitment_discount_status
                from draw_hours
                union all
                select distinct name || ' committed', 'Cloud', name, 'north', 'Usage', 'Compute',
                    'Committed', 'Hours', timestamp '2026-01-05',
                    timestamp '2026-01-05 01:00:00', 1,
                    {UNIT_PRICE} * (1 - {DISCOUNT}), 'Used'
                from draws
            """,
            "cost_ledger": f"""
                select name || hour_start as source_charge_key, usage_date, 'Cloud' as provider,
                    'compute' as service_name, 'search' as team, 'none' as deployment,
                    'direct' as cost_class, {UNIT_PRICE} * {USE} as reporting_effective_cost
                from draw_hours
            """,
        },
        saved=f"""
            select world, usage_date,
                {UNIT_PRICE} * sum(
                    least({USE}, level_milliunits / 1000)
                    - level_milliunits / 1000 * (1 - {DISCOUNT})
                ) as saved
            from draw_hours
            inner join int_lever_commitment_levels__optimal on sku_id = name
            group by world, usage_date
        """,
    ),
}
