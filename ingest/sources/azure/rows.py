"""Rows of an Azure cost export as rows of FOCUS columns, still text.

The mapping is that of Microsoft's guidance for converting actual and amortized cost to FOCUS, with
these differences: nothing is multiplied (no list or contracted cost is computed where the export
has none); the quantity stays in the unit that it is priced in, and is a consumed quantity only
where that unit is a single one, because exports disagree whether `10K` counts ones or blocks; the
service is the meter's category, and its category follows from the service family.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.sources.azure.columns import NAMES, Header
from ingest.sources.azure.dates import day_after, iso_day, month_end, month_start

COMMITTED = ("reservation", "savingsplan")
UNUSED = ("unusedreservation", "unusedsavingsplan")
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "usage": "Usage",
        "unusedreservation": "Usage",
        "unusedsavingsplan": "Usage",
        "purchase": "Purchase",
        "refund": "Purchase",
        "credit": "Credit",
        "tax": "Tax",
    }
)
FREQUENCIES = {"onetime": "One-Time", "recurring": "Recurring", "usagebased": "Usage-Based"}
PRICING = {
    "ondemand": "Standard",
    "spot": "Dynamic",
    "reservation": "Committed",
    "savingsplan": "Committed",
}
FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "ai + machine learning": "AI and Machine Learning",
        "analytics": "Analytics",
        "compute": "Compute",
        "containers": "Compute",
        "databases": "Databases",
        "developer tools": "Developer Tools",
        "identity": "Identity",
        "integration": "Integration",
        "internet of things": "Internet of Things",
        "management and governance": "Management and Governance",
        "media": "Media",
        "migration": "Migration",
        "networking": "Networking",
        "security": "Security",
        "storage": "Storage",
        "web": "Web",
    }
)
"""Service families of Azure as service categories of FOCUS; every other one is `Other`."""

SINGLE_UNIT = r"^1 ([A-Za-z].*)$"
"""`1 Hour` and `1 GB/Month`, but neither `10K` nor `100 Hours`."""


def canonical(frame: pl.DataFrame, header: Header) -> pl.DataFrame:
    """The columns that we read, under our names; what the file lacks is null."""
    return frame.select(
        (pl.col(header.names[field]) if field in header.names else pl.lit(None, pl.String)).alias(
            field
        )
        for field in NAMES
    )


def is_committed() -> pl.Expr:
    """Whether a reservation or a savings plan has to do with a row."""
    model = pl.col("pricing_model").str.to_lowercase().is_in(COMMITTED)
    unused = pl.col("charge_type").str.to_lowercase().is_in(UNUSED)
    named = pl.any_horizontal((pl.col(field) != "") for field in ("benefit_id", "reservation_id"))
    return pl.any_horizontal(flag.fill_null(value=False) for flag in (model, unused, named))


def region_id(name: pl.Expr) -> pl.Expr:
    """A region's id from its name: `East US 2` is `eastus2`."""
    return name.str.to_lowercase().str.replace_all(" ", "", literal=True)


def charges(
    rows: pl.DataFrame, billed: pl.Series, effective: pl.Series, period: str, currency: str | None
) -> pl.DataFrame:
    """FOCUS columns of canonical rows.

    Args:
        rows: what `canonical` gave, empty texts as null.
        billed: the billed cost of each row, as text.
        effective: its effective cost.
        period: the first day of the billing period where the rows do not say it; or empty.
        currency: the billing currency where the rows do not say it.
    """
    return rows.select(
        billed.alias("billed_cost"),
        effective.alias("effective_cost"),
        **_account(currency),
        **_time(period),
        **_charge(),
        **_commitment(),
        **_price(),
        **_resource(),
    )


def _account(currency: str | None) -> dict[str, pl.Expr]:
    is_profile = pl.col("billing_profile_id").is_not_null()
    named = pl.coalesce("billing_profile_id", "billing_account_id")
    return {
        "billing_account_id": pl.coalesce(named, "subscription_id"),
        "billing_account_name": pl.when(is_profile)
        .then("billing_profile_name")
        .otherwise("billing_account_name"),
        "billing_account_type": pl.when(is_profile)
        .then(pl.lit("Billing Profile"))
        .when(named.is_not_null())
        .then(pl.lit("Billing Account"))
        .otherwise(pl.lit("Subscription")),
        "billing_currency": pl.coalesce("currency", pl.lit(currency, pl.String)),
        "invoice_id": pl.col("invoice_id"),
        "invoice_issuer_name": pl.coalesce("partner_name", pl.lit("Microsoft")),
        "provider_name": pl.lit("Microsoft"),
        "service_provider_name": pl.lit("Microsoft"),
        "host_provider_name": pl.lit("Microsoft"),
        "publisher_name": pl.col("publisher_name"),
        "sub_account_id": pl.col("subscription_id"),
        "sub_account_name": pl.col("subscription_name"),
        "sub_account_type": pl.lit("Subscription"),
    }


def _time(period: str) -> dict[str, pl.Expr]:
    day = iso_day(pl.col("date"))
    start = pl.lit(period) if period else month_start(day)
    own_start, own_end = iso_day(pl.col("period_start")), iso_day(pl.col("period_end"))
    return {
        "charge_period_start": day,
        "charge_period_end": day_after(day),
        "billing_period_start": pl.coalesce(own_start, start),
        "billing_period_end": pl.coalesce(day_after(own_end), month_end(start)),
    }


def _charge() -> dict[str, pl.Expr]:
    kind = pl.col("charge_type").str.to_lowercase()
    is_usage = kind.is_null() | (kind == "usage")
    unit = pl.when(is_usage).then(pl.col("unit").str.extract(SINGLE_UNIT))
    return {
        "charge_category": pl.when(kind.is_null())
        .then(pl.lit("Usage"))
        .otherwise(kind.replace_strict(CATEGORIES, default="Adjustment")),
        "charge_class": pl.when(kind == "refund").then(pl.lit("Correction")),
        "charge_description": pl.col("product"),
        "charge_frequency": pl.col("frequency")
        .str.to_lowercase()
        .replace_strict(FREQUENCIES, default=None),
        "consumed_quantity": pl.when(unit.is_not_null()).then("quantity"),
        "consumed_unit": unit,
    }


def _commitment() -> dict[str, pl.Expr]:
    kind = pl.col("charge_type").str.to_lowercase()
    benefit = pl.coalesce("benefit_id", "reservation_id").str.to_lowercase()
    is_plan = benefit.str.contains("/microsoft.billingbenefits/", literal=True)
    is_usage = kind.is_null() | (kind == "usage")
    return {
        "commitment_discount_id": benefit,
        "commitment_discount_name": pl.coalesce("benefit_name", "reservation_name"),
        "commitment_discount_category": pl.when(is_plan)
        .then(pl.lit("Spend"))
        .when(benefit.is_not_null())
        .then(pl.lit("Usage")),
        "commitment_discount_type": pl.when(is_plan)
        .then(pl.lit("Savings Plan"))
        .when(benefit.is_not_null())
        .then(pl.lit("Reservation")),
        "commitment_discount_status": pl.when(kind.is_in(UNUSED))
        .then(pl.lit("Unused"))
        .when(is_usage & is_committed())
        .then(pl.lit("Used")),
    }


def _price() -> dict[str, pl.Expr]:
    """Unit prices are in the pricing currency, which may not be the one that is billed in."""
    currency = pl.coalesce("pricing_currency", "currency")
    is_billed = currency.eq_missing(pl.col("currency"))
    return {
        "list_cost": pl.col("list_cost"),
        "list_unit_price": pl.when(is_billed).then("list_price"),
        "contracted_unit_price": pl.when(is_billed).then("unit_price"),
        "pricing_category": pl.col("pricing_model")
        .str.to_lowercase()
        .replace_strict(PRICING, default=None),
        "pricing_currency": pl.col("pricing_currency"),
        "pricing_currency_list_unit_price": pl.when(~is_billed).then("list_price"),
        "pricing_currency_contracted_unit_price": pl.when(~is_billed).then("unit_price"),
        "pricing_quantity": pl.col("quantity"),
        "pricing_unit": pl.col("unit"),
        "sku_id": pl.col("product_id"),
        "sku_meter": pl.col("meter"),
    }


def _resource() -> dict[str, pl.Expr]:
    family = pl.col("service_family").str.to_lowercase()
    tags = pl.col("tags").str.strip_chars()
    return {
        "availability_zone": pl.col("availability_zone"),
        "region_id": region_id(pl.col("location")),
        "region_name": pl.col("location"),
        "resource_id": pl.col("resource_id").str.to_lowercase(),
        "resource_name": pl.coalesce(
            "resource_name", pl.col("resource_id").str.extract(r"([^/]+)/?$")
        ),
        "resource_type": pl.col("resource_type"),
        "service_category": family.replace_strict(FAMILIES, default="Other").fill_null("Other"),
        "service_name": pl.coalesce("meter_category", "consumed_service", pl.lit("Azure")),
        "tags": pl.when(tags.str.starts_with("{"))
        .then(tags)
        .when(tags != "")
        .then(pl.concat_str(pl.lit("{"), tags, pl.lit("}"))),
    }
