"""Rows of an OCI cost report as rows of FOCUS columns, still text.

A correction is a line of its own that points back to the one it corrects: both are charges, and
what counts is their sum. A line is billed in the calendar month of its usage.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.sources.focus.rows import x_columns
from ingest.text_blocks import UNTRUSTED

PROVIDER = "Oracle"
TAGS = "tags/"
NEEDED = (
    *("lineItem/tenantId", "lineItem/intervalUsageStart", "lineItem/intervalUsageEnd"),
    *("cost/myCost", "cost/currencyCode"),
)
MONEY = ("cost/myCost",)
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "availability_zone": "product/availabilityDomain",
        "billed_cost": "cost/myCost",
        "billing_account_id": "lineItem/tenantId",
        "billing_currency": "cost/currencyCode",
        "charge_description": "product/Description",
        "charge_period_end": "lineItem/intervalUsageEnd",
        "charge_period_start": "lineItem/intervalUsageStart",
        "consumed_quantity": "usage/billedQuantity",
        "consumed_unit": "cost/skuUnitDescription",
        "contracted_unit_price": "cost/unitPrice",
        "region_id": "product/region",
        "resource_id": "product/resourceId",
        "service_name": "product/service",
        "sku_id": "cost/productSku",
        "sub_account_id": "product/compartmentId",
        "sub_account_name": "product/compartmentName",
    }
)
"""FOCUS columns and the report's columns that they take over."""

SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "AI_SERVICES": "AI and Machine Learning",
        "BLOCK_STORAGE": "Storage",
        "COMPUTE": "Compute",
        "CONTAINERENGINE": "Compute",
        "DATABASE": "Databases",
        "DATASCIENCE": "AI and Machine Learning",
        "FILE_STORAGE": "Storage",
        "GENERATIVEAI": "AI and Machine Learning",
        "LOAD_BALANCER": "Networking",
        "LOGGING": "Management and Governance",
        "MYSQL": "Databases",
        "NETWORK": "Networking",
        "OBJECTSTORE": "Storage",
        "TELEMETRY": "Management and Governance",
    }
)
"""Services and their category of FOCUS; one that is not here is `Other`."""

CORRECTION = "lineItem/isCorrection"


def check(columns: Sequence[str], name: str) -> None:
    """Hold a header against what a cost report needs.

    Raises:
        DeliveryRefused: `SCHEMA_DRIFT`.
    """
    missing = [f'"{column}"' for column in NEEDED if column not in columns]
    if missing:
        raise DeliveryRefused(
            "SCHEMA_DRIFT",
            f"{name}: not the columns of an OCI cost report: {', '.join(missing)} is missing. "
            f"{UNTRUSTED} FOCUS reports are read by sources of kind focus.",
        )


def charges(frame: pl.DataFrame) -> pl.DataFrame:
    """FOCUS columns of a report's rows, and what no FOCUS column takes over.

    Args:
        frame: the rows, empty texts as null.
    """
    taken = {field: column for field, column in NAMES.items() if column in frame.columns}
    tags = [column for column in frame.columns if column.startswith(TAGS)]
    others = [c for c in frame.columns if c not in taken.values() and c not in tags]
    start = pl.col("lineItem/intervalUsageStart").str.extract(r"^(\d{4}-\d{2})")
    month = pl.concat_str(start, pl.lit("-01"))
    after = month.str.to_date(strict=False).dt.offset_by("1mo").dt.to_string("%Y-%m-%d")
    service = pl.col("product/service") if "product/service" in frame.columns else pl.lit(None)
    corrected = pl.col(CORRECTION) if CORRECTION in frame.columns else pl.lit("false")
    return frame.select(
        *(pl.col(column).alias(field) for field, column in taken.items()),
        pl.col("cost/myCost").alias("effective_cost"),
        pl.col("cost/myCost").alias("contracted_cost"),
        month.alias("billing_period_start"),
        after.alias("billing_period_end"),
        pl.lit("Usage").alias("charge_category"),
        pl.when(corrected == "true").then(pl.lit("Correction")).alias("charge_class"),
        pl.lit("Usage-Based").alias("charge_frequency"),
        service.replace_strict(SERVICES, default="Other").alias("service_category"),
        pl.lit("Tenancy").alias("billing_account_type"),
        pl.lit("Compartment").alias("sub_account_type"),
        *(
            pl.lit(PROVIDER).alias(column)
            for column in (
                *("invoice_issuer_name", "provider_name", "publisher_name"),
                *("service_provider_name", "host_provider_name"),
            )
        ),
        *others,
    ).with_columns(tags=_tags(frame, tags))


def _tags(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Tags, `namespace.key`, as a JSON object per row."""
    named = frame.select(pl.col(column).alias(column.removeprefix(TAGS)) for column in columns)
    if not columns:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    return x_columns(named, named.columns)
