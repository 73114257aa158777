"""A commitment for several SKUs, by trying every one that could be the best."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

DISCOUNTS = {"a": 0.5, "b": 0.3, "c": 0.1}
TERM_MONTHS, COST_OF_CAPITAL, PRICE_FALL = 12, 0.09, 0.15
MONTH_HOURS = 730

USE = """
    select
        name as provider, hour_start, sku,
        cast(case sku
            when 'a' then amount / 10 * case when h >= 8 and h < 8 + hours then 2 else 1 end
            when 'b' then case when is_weekend then 0 else 40 * part end
            else h
        end as decimal(18, 6)) as cost
    from draw_hours, (values ('a'), ('b'), ('c')) as skus (sku)
"""
TABLES: Mapping[str, str] = {
    "charges": f"""
        select provider || sku || hour_start as charge_key, provider as service_provider_name,
            sku as sku_id, 'north' as region_id, 'USD' as billing_currency,
            'Usage' as charge_category, 'Compute' as service_category,
            'Standard' as pricing_category, hour_start as charge_period_start,
            hour_start + interval 1 hour as charge_period_end, cost as effective_cost
        from ({USE})
    """,
    "stg_reference__commitment_offers": f"""
        select distinct name as service_provider_name, 'plan' as plan_name, sku_id,
            '*' as region_id, {TERM_MONTHS} as term_months, 'All Upfront' as payment_option,
            discount, 'offer' as offer_source
        from draws, (values ('a', 0.5), ('b', 0.3), ('*', 0.1)) as offers (sku_id, discount)
    """,
}


def covered(use: npt.NDArray[np.float64], commitment: float, scale: float = 1) -> float:
    """On-demand cost that a commitment takes the place of, over all hours.

    Args:
        use: on-demand cost by hour and SKU, the highest discount first.
        commitment: what is committed per hour.
        scale: of the use.
    """
    prices = 1 - np.array(sorted(DISCOUNTS.values(), reverse=True))
    needed = use * prices * scale
    before = needed.cumsum(axis=1) - needed
    return float((np.clip(commitment - before, 0, needed) / prices).sum())


def best_saving(use: npt.NDArray[np.float64]) -> float:
    """The most that any commitment saves, of all that cover a SKU whole in an hour and others."""
    prices = 1 - np.array(sorted(DISCOUNTS.values(), reverse=True))
    corners = np.unique((use * prices).cumsum(axis=1))
    tried = np.concatenate([corners, np.linspace(0, corners.max(), 500)])
    return max(covered(use, level) - len(use) * level for level in tried)


def present_value(covered_per_hour: float, commitment: float) -> float:
    """Saving of a term that is paid at its start, month by month, at falling on-demand prices."""
    gained = sum(
        covered_per_hour
        * MONTH_HOURS
        * (1 - PRICE_FALL) ** (month / 12)
        / (1 + COST_OF_CAPITAL) ** (month / 12)
        for month in range(1, TERM_MONTHS + 1)
    )
    return gained - commitment * MONTH_HOURS * TERM_MONTHS
