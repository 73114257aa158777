"""What vendors of model APIs bill: tokens by day, project, model and type, and a credit."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from apportion.sample import money
from apportion.sample.calendar import DAY_US, Calendar
from apportion.sample.company import COMPANY
from apportion.sample.focus import QUANTITY_SCALE, conform, month_bounds
from apportion.sample.models import API_MODEL, METER_WORDS, ROUTES, TOKEN_TYPES
from apportion.sample.noise import Noise
from apportion.sample.vendors import DIRECT_USES, PRICE_TICKS, Vendor

WEEKEND_FACTOR = 0.15
CALLS = "calls"
"""The kind of usage that counts calls and no tokens; no meter bills it."""

TOKENS_OF_A_CALL = 20_000
"""What a call past the gateway takes of all kinds of token."""

USAGE = ("day", "account", "team", "target", "token_type")


class VendorUsage:
    """Tokens that really went to vendors, by day, account, team, model and token type."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []

    def add_requests(self, requests: pl.DataFrame, calendar: Calendar) -> None:
        """Count the tokens of a window's requests; gateway cache hits and failures cost nothing."""
        bought = [i for i, route in enumerate(ROUTES) if route.target in API_MODEL]
        served = requests.filter(pl.col("route").is_in(bought) & ~pl.col("is_hit"))
        if served.is_empty():
            return
        fresh = pl.col("input") - pl.col("cache_read") - pl.col("cache_creation")
        tokens = (
            served.with_columns(
                input=fresh, day=(pl.col("start_us") - calendar.origin_us) // DAY_US
            )
            .group_by("day", "route")
            .agg(
                *(pl.col(name).sum() for name in TOKEN_TYPES),
                pl.len().cast(pl.Int64).alias(CALLS),
            )
            .unpivot(
                (*TOKEN_TYPES, CALLS),
                index=["day", "route"],
                variable_name="token_type",
                value_name="tokens",
            )
        )
        teams = pl.DataFrame(
            {
                "route": bought,
                "team": [ROUTES[i].team for i in bought],
                "account": [ROUTES[i].team for i in bought],
                "target": [ROUTES[i].target for i in bought],
            }
        )
        self._frames.append(tokens.join(teams, on="route").select(*USAGE, "tokens"))

    def add_direct(self, noise: Noise, calendar: Calendar) -> None:
        """Count the tokens that teams used past the gateway."""
        for index, use in enumerate(DIRECT_USES):
            days = np.arange(calendar.days)
            factor = 1 + 0.2 * noise.normal(f"direct/{index}", days)
            weekend = np.array([calendar.is_weekend(day) for day in range(calendar.days)])
            factor = factor.clip(0.3) * np.where(weekend, WEEKEND_FACTOR, 1.0)
            used = {kind: (n * 1000 * factor).astype(np.int64) for kind, n in use.tokens.items()}
            every: np.ndarray[Any, Any] = sum(used.values(), np.zeros(calendar.days, np.int64))
            used[CALLS] = every // TOKENS_OF_A_CALL + 1
            self._frames += [
                pl.DataFrame({"day": days, "tokens": counts}).select(
                    "day",
                    pl.lit(use.account).alias("account"),
                    pl.lit(use.team).alias("team"),
                    pl.lit(use.target).alias("target"),
                    pl.lit(kind).alias("token_type"),
                    "tokens",
                )
                for kind, counts in used.items()
            ]

    def total(self) -> pl.DataFrame:
        """All usage; columns `USAGE` and tokens."""
        schema = {"day": pl.Int64, **dict.fromkeys(USAGE[1:], pl.String), "tokens": pl.Int64}
        frames = [
            frame.select(pl.col(c).cast(t) for c, t in schema.items()) for frame in self._frames
        ]
        usage = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
        return (
            usage.group_by(USAGE)
            .agg(pl.col("tokens").sum())
            .filter(pl.col("tokens") > 0)
            .sort(USAGE)
        )


def vendor_charges(calendar: Calendar, vendor: Vendor, usage: pl.DataFrame) -> pl.DataFrame:
    """A vendor's bill. `cause_key` is the day, account, model and token type of the usage."""
    prices = pl.DataFrame(
        [
            {"target": name, "token_type": kind, "price": price}
            for name, kinds in PRICE_TICKS.items()
            for kind, price in kinds.items()
        ]
    )
    keys = ["day", "account", "target", "token_type"]
    billed = (
        usage.filter(pl.col("target").str.starts_with(f"{vendor.provider}/"))
        .group_by(keys)
        .agg(pl.col("tokens").sum())
        .join(prices, on=["target", "token_type"])
        .sort(keys)
    )
    contracted = pl.col("price") * (100 - vendor.discount_percent) // 100
    start = pl.lit(calendar.origin_us) + pl.col("day") * DAY_US
    model = pl.col("target").str.split("/").list.last()
    meter = model + "-" + pl.col("token_type").replace_strict(METER_WORDS) + "-tokens"
    frame = billed.with_columns(
        charge_period_start=start.cast(pl.Datetime("us")),
        list_unit_price="price",
        contracted_unit_price=contracted,
        list_cost=pl.col("tokens") * pl.col("price"),
        contracted_cost=pl.col("tokens") * contracted,
        pricing_quantity=pl.col("tokens") * 10**QUANTITY_SCALE,
        consumed_quantity=pl.col("tokens") * 10**QUANTITY_SCALE,
        sku_meter=meter,
        sku_id=meter,
        sku_price_id=meter + "-standard",
        sub_account_id="proj-" + pl.col("account"),
        sub_account_name="account",
        cause=pl.lit("vendor"),
        cause_key=usage_key(),
        charge_category=pl.lit("Usage"),
        charge_description=meter,
        pricing_category=pl.lit("Standard"),
        pricing_unit=pl.lit("Tokens"),
        consumed_unit=pl.lit("Tokens"),
    ).with_columns(
        charge_period_end=pl.col("charge_period_start") + timedelta(days=1),
        billed_cost="contracted_cost",
        effective_cost="contracted_cost",
    )
    both = pl.concat([frame, _credits(calendar, vendor)], how="diagonal_relaxed")
    return conform(both.with_columns(**_common(vendor)))


def usage_key() -> pl.Expr:
    """What joins usage to the charge that it caused."""
    parts = [pl.col(c).cast(pl.String) for c in ("day", "account", "target", "token_type")]
    return pl.concat_str(parts, separator="|")


def _credits(calendar: Calendar, vendor: Vendor) -> pl.DataFrame:
    months = [month_bounds(month) for month in calendar.months()]
    amount = -money.ticks(vendor.credit)
    return pl.DataFrame(
        {
            "charge_period_start": [start for start, _ in months],
            "charge_period_end": [end for _, end in months],
        },
        schema=dict.fromkeys(("charge_period_start", "charge_period_end"), pl.Datetime("us")),
    ).with_columns(
        *(
            pl.lit(amount).alias(n)
            for n in ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
        ),
        charge_category=pl.lit("Credit"),
        charge_frequency=pl.lit("One-Time"),
        charge_description=pl.lit("Committed-spend credit"),
        cause=pl.lit("shared"),
    )


def _common(vendor: Vendor) -> dict[str, pl.Expr]:
    values = {
        "service_provider_name": vendor.name,
        "host_provider_name": vendor.name,
        "invoice_issuer_name": vendor.name,
        "billing_account_id": vendor.billing_account,
        "billing_account_name": COMPANY,
        "billing_account_type": "Organization",
        "billing_currency": "USD",
        "sub_account_type": vendor.account_word,
        "service_name": f"{vendor.name} API",
        "service_category": "AI and Machine Learning",
        "service_subcategory": "Generative AI",
    }
    fills = {name: pl.lit(value) for name, value in values.items()}
    return {**fills, "charge_frequency": pl.coalesce("charge_frequency", pl.lit("Usage-Based"))}
