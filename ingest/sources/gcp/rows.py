"""Rows of a detailed usage-cost export as rows of FOCUS columns, still text.

What was billed is the cost with all credits; before them it is the contracted cost. The books go by
`invoice.month`, the attribution by the time of the usage: a row of the last day of a month is often
invoiced in the next one.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.sources.gcp.credits import COMMITMENT, SUSTAINED, net, of_commitments, of_kind, parse
from ingest.sources.gcp.labels import merged

PROVIDER = "Google Cloud"
COMMITMENT_SKU = r"(?i)^commitment\b"
"""The SKUs of commitment fees: `Commitment v1: Ram in Americas for 3 Year`."""

SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "AlloyDB": "Databases",
        "App Engine": "Compute",
        "Artifact Registry": "Developer Tools",
        "BigQuery": "Analytics",
        "Cloud Build": "Developer Tools",
        "Cloud Composer": "Integration",
        "Cloud DNS": "Networking",
        "Cloud Filestore": "Storage",
        "Cloud Functions": "Compute",
        "Cloud Key Management Service (KMS)": "Security",
        "Cloud Logging": "Management and Governance",
        "Cloud Monitoring": "Management and Governance",
        "Cloud Pub/Sub": "Integration",
        "Cloud Run": "Compute",
        "Cloud SQL": "Databases",
        "Cloud Spanner": "Databases",
        "Cloud Storage": "Storage",
        "Compute Engine": "Compute",
        "Dataflow": "Analytics",
        "Dataproc": "Analytics",
        "Gemini API": "AI and Machine Learning",
        "Kubernetes Engine": "Compute",
        "Networking": "Networking",
        "Secret Manager": "Security",
        "Vertex AI": "AI and Machine Learning",
    }
)
"""Service categories of FOCUS; a service that is not here is `Other`."""


def charges(rows: pl.DataFrame) -> pl.DataFrame:
    """FOCUS columns of canonical rows.

    Args:
        rows: what `columns.canonical` gave.
    """
    parsed, is_bad = parse(rows["credits"])
    billed = net(rows["cost"], parsed)
    known = rows.with_columns(
        of_commitments(parsed),
        billed=pl.select(pl.when(is_bad).then(rows["credits"]).otherwise(billed)).to_series(),
        all_labels=merged(rows),
    )
    return known.select(
        **_cost(),
        **_account(),
        **_time(),
        **_charge(),
        **_commitment(),
        **_resource(),
        x_CommitmentCredits=of_kind(parsed, COMMITMENT),
        x_SustainedUseCredits=of_kind(parsed, SUSTAINED),
    )


def _cost() -> dict[str, pl.Expr]:
    return {
        "billed_cost": pl.col("billed"),
        "effective_cost": pl.col("billed"),
        "contracted_cost": pl.col("cost"),
        "list_cost": pl.col("cost_at_list"),
        "billing_currency": pl.col("currency"),
    }


def _account() -> dict[str, pl.Expr]:
    return {
        "billing_account_id": pl.col("billing_account_id"),
        "billing_account_type": pl.lit("Billing Account"),
        "invoice_issuer_name": pl.lit(PROVIDER),
        "provider_name": pl.lit(PROVIDER),
        "service_provider_name": pl.lit(PROVIDER),
        "host_provider_name": pl.lit(PROVIDER),
        "publisher_name": pl.col("seller_name"),
        "sub_account_id": pl.col("project_id"),
        "sub_account_name": pl.col("project_name"),
        "sub_account_type": pl.when(pl.col("project_id").is_not_null()).then(pl.lit("Project")),
    }


def _time() -> dict[str, pl.Expr]:
    month = pl.col("invoice_month").str.to_date("%Y%m", strict=False)
    first = month.dt.to_string("%Y-%m-%d")
    after = month.dt.offset_by("1mo").dt.to_string("%Y-%m-%d")
    return {
        "charge_period_start": pl.col("start"),
        "charge_period_end": pl.col("end"),
        "billing_period_start": pl.coalesce(first, "invoice_month"),
        "billing_period_end": pl.coalesce(after, "invoice_month"),
    }


def _charge() -> dict[str, pl.Expr]:
    kind = pl.col("cost_type").str.to_lowercase().fill_null("regular")
    is_fee = pl.col("sku").str.contains(COMMITMENT_SKU).fill_null(value=False)
    return {
        "charge_category": pl.when(kind == "tax")
        .then(pl.lit("Tax"))
        .when(kind != "regular")
        .then(pl.lit("Adjustment"))
        .when(is_fee)
        .then(pl.lit("Purchase"))
        .otherwise(pl.lit("Usage")),
        "charge_class": pl.when(pl.col("adjustment_id").is_not_null()).then(pl.lit("Correction")),
        "charge_description": pl.col("sku"),
        "charge_frequency": pl.when(kind == "regular").then(
            pl.when(is_fee).then(pl.lit("Recurring")).otherwise(pl.lit("Usage-Based"))
        ),
        "consumed_quantity": pl.col("amount"),
        "consumed_unit": pl.col("unit"),
        "pricing_quantity": pl.col("amount_in_pricing_units"),
        "pricing_unit": pl.col("pricing_unit"),
        "pricing_category": pl.when("is_covered")
        .then(pl.lit("Committed"))
        .otherwise(pl.lit("Standard")),
        "sku_id": pl.col("sku_id"),
        "sku_meter": pl.col("sku"),
    }


def _commitment() -> dict[str, pl.Expr]:
    is_fee = pl.col("sku").str.contains(COMMITMENT_SKU).fill_null(value=False)
    concerns = is_fee | pl.col("is_covered")
    is_spend = pl.col("is_spend") | pl.col("sku").str.contains("(?i)dollar based")
    return {
        "commitment_discount_id": pl.when(concerns).then("subscription_id"),
        "commitment_discount_category": pl.when(concerns & is_spend)
        .then(pl.lit("Spend"))
        .when(concerns)
        .then(pl.lit("Usage")),
        "commitment_discount_type": pl.when(concerns).then(pl.lit("Committed Use Discount")),
        "commitment_discount_status": pl.when(pl.col("is_covered") & ~is_fee).then(pl.lit("Used")),
    }


def _resource() -> dict[str, pl.Expr]:
    return {
        "availability_zone": pl.col("zone"),
        "region_id": pl.col("region"),
        "region_name": pl.col("location"),
        "resource_id": pl.coalesce("resource_global_name", "resource_name"),
        "resource_name": pl.col("resource_name"),
        "service_category": pl.col("service").replace_strict(SERVICES, default="Other"),
        "service_name": pl.coalesce("service", pl.lit(PROVIDER)),
        "tags": pl.col("all_labels"),
    }
