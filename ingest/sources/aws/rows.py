"""Line items of a cost and usage report as rows of FOCUS columns, still text."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.sources.aws.costs import (
    COVERED,
    NEGATION,
    PLAN_FEE,
    PLAN_UPFRONT,
    RESERVATION_FEE,
    RESERVED,
)
from ingest.sources.focus.values import parse_documents

PROVIDER = "AWS"
USAGE = ("usage", COVERED, RESERVED, NEGATION)
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(USAGE, "Usage"),
        **dict.fromkeys((PLAN_FEE, PLAN_UPFRONT, RESERVATION_FEE, "fee"), "Purchase"),
        "tax": "Tax",
        "credit": "Credit",
    }
)
"""Types of line items as charge categories; refunds and discounts are `Adjustment`."""

FREQUENCIES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(USAGE, "Usage-Based"),
        **dict.fromkeys((PLAN_FEE, RESERVATION_FEE), "Recurring"),
        **dict.fromkeys((PLAN_UPFRONT, "fee"), "One-Time"),
    }
)
SPOT = r"(?i)spotusage"
BLOCK_STORAGE = r"^(?:[A-Z0-9]+-)?EBS:"
"""Volumes, snapshots and their IOPS, which a report lists under EC2; AWS's FOCUS calls them
storage."""
NUMBER = r"^-?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?$"
"""A public price may be missing, or be a word: it is never billed, so it may stay empty."""

SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "AWSBackup": "Storage",
        "AWSCloudTrail": "Management and Governance",
        "AWSDataTransfer": "Networking",
        "AWSGlue": "Analytics",
        "AWSLambda": "Compute",
        "AWSQueueService": "Integration",
        "AWSSecretsManager": "Security",
        "AmazonApiGateway": "Networking",
        "AmazonAthena": "Analytics",
        "AmazonBedrock": "AI and Machine Learning",
        "AmazonBedrockFoundationModels": "AI and Machine Learning",
        "AmazonCloudFront": "Networking",
        "AmazonCloudWatch": "Management and Governance",
        "AmazonDynamoDB": "Databases",
        "AmazonEC2": "Compute",
        "AmazonECR": "Compute",
        "AmazonECS": "Compute",
        "AmazonEFS": "Storage",
        "AmazonEKS": "Compute",
        "AmazonES": "Analytics",
        "AmazonElastiCache": "Databases",
        "AmazonFSx": "Storage",
        "AmazonGlacier": "Storage",
        "AmazonKinesis": "Analytics",
        "AmazonMSK": "Analytics",
        "AmazonRDS": "Databases",
        "AmazonRedshift": "Analytics",
        "AmazonRoute53": "Networking",
        "AmazonS3": "Storage",
        "AmazonSNS": "Integration",
        "AmazonSageMaker": "AI and Machine Learning",
        "AmazonVPC": "Networking",
        "ComputeSavingsPlans": "Compute",
        "ElasticMapReduce": "Analytics",
        "MachineLearningSavingsPlans": "AI and Machine Learning",
        "awskms": "Security",
    }
)
"""Product codes and their service category of FOCUS; one that is not here is `Other`."""


def charges(
    rows: pl.DataFrame, billed: pl.Series, effective: pl.Series, tags: pl.Series
) -> pl.DataFrame:
    """FOCUS columns of canonical rows.

    Args:
        rows: what `columns.canonical` gave, empty texts as null.
        billed: the billed cost of each row, as text.
        effective: its effective cost.
        tags: its tags, a JSON object.
    """
    known = rows.with_columns(
        pl.col("kind").str.to_lowercase(), product=parse_documents(rows["product"])[0]
    )
    return known.select(
        billed.alias("billed_cost"),
        effective.alias("effective_cost"),
        **_account(),
        **_charge(),
        **_commitment(),
        **_price(),
        **_resource(),
        tags=tags,
    )


def unused(charged: pl.DataFrame) -> pl.DataFrame:
    """The part of commitments that nothing used: charges of their own, that nothing is billed for.

    Args:
        charged: what `charges` made of the fees, with what was not used as effective cost.
    """
    return charged.with_columns(
        charge_category=pl.lit("Usage"),
        charge_frequency=pl.lit("Usage-Based"),
        commitment_discount_status=pl.lit("Unused"),
        pricing_category=pl.lit("Committed"),
        list_cost=pl.lit(None, pl.String),
        contracted_cost=pl.lit(None, pl.String),
        pricing_quantity=pl.lit(None, pl.String),
    )


def _account() -> dict[str, pl.Expr]:
    issuer = pl.coalesce("invoicing_entity", "legal_entity", pl.lit(PROVIDER))
    return {
        "billing_account_id": pl.col("payer_id"),
        "billing_account_name": pl.col("payer_name"),
        "billing_account_type": pl.lit("Payer Account"),
        "billing_currency": pl.col("currency"),
        "billing_period_start": pl.col("period_start"),
        "billing_period_end": pl.col("period_end"),
        "invoice_id": pl.col("invoice_id"),
        "invoice_issuer_name": issuer,
        "provider_name": pl.lit(PROVIDER),
        "service_provider_name": pl.lit(PROVIDER),
        "host_provider_name": pl.lit(PROVIDER),
        "publisher_name": pl.coalesce("legal_entity", pl.lit(PROVIDER)),
        "sub_account_id": pl.col("usage_account_id"),
        "sub_account_name": pl.col("usage_account_name"),
        "sub_account_type": pl.when(pl.col("usage_account_id").is_not_null()).then(
            pl.lit("Account")
        ),
    }


def _charge() -> dict[str, pl.Expr]:
    kind = pl.col("kind")
    is_measured = kind.is_in([name for name in USAGE if name != NEGATION])
    return {
        "charge_period_start": pl.col("start"),
        "charge_period_end": pl.coalesce("end", "period_end"),
        "charge_category": kind.replace_strict(CATEGORIES, default="Adjustment"),
        "charge_class": pl.when(kind == "refund").then(pl.lit("Correction")),
        "charge_description": pl.col("description"),
        "charge_frequency": kind.replace_strict(FREQUENCIES, default=None),
        "consumed_quantity": pl.when(is_measured).then("quantity"),
        "consumed_unit": pl.when(is_measured).then("unit"),
    }


def _commitment() -> dict[str, pl.Expr]:
    kind = pl.col("kind")
    is_plan = kind.is_in([COVERED, NEGATION, PLAN_FEE, PLAN_UPFRONT])
    is_reservation = kind.is_in([RESERVED, RESERVATION_FEE]) | pl.col("reservation").is_not_null()
    return {
        "commitment_discount_id": pl.coalesce("plan", "reservation"),
        "commitment_discount_category": pl.when(is_plan)
        .then(pl.lit("Spend"))
        .when(is_reservation)
        .then(pl.lit("Usage")),
        "commitment_discount_type": pl.when(is_plan)
        .then(pl.lit("Savings Plan"))
        .when(is_reservation)
        .then(pl.lit("Reserved Instance")),
        "commitment_discount_status": pl.when(kind.is_in([COVERED, RESERVED])).then(pl.lit("Used")),
    }


def _price() -> dict[str, pl.Expr]:
    kind = pl.col("kind")
    is_usage = kind.is_in([name for name in USAGE if name != NEGATION])
    cost, rate = (
        pl.when(is_usage & pl.col(name).str.contains(NUMBER)).then(name)
        for name in ("on_demand_cost", "on_demand_rate")
    )
    return {
        "list_cost": cost,
        "list_unit_price": rate,
        "contracted_cost": pl.when(kind != NEGATION).then("unblended_cost"),
        "pricing_category": pl.when(kind.is_in([COVERED, RESERVED]))
        .then(pl.lit("Committed"))
        .when((kind == "usage") & pl.col("usage_type").str.contains(SPOT))
        .then(pl.lit("Dynamic"))
        .when(kind == "usage")
        .then(pl.lit("Standard")),
        "pricing_quantity": pl.when(kind != NEGATION).then("quantity"),
        "pricing_unit": pl.col("unit"),
        "sku_id": pl.col("sku"),
        "sku_meter": pl.col("usage_type"),
        "sku_price_id": pl.col("rate_id"),
    }


def _resource() -> dict[str, pl.Expr]:
    region = pl.coalesce("region_code", "region", pl.col("product").str.json_path_match("$.region"))
    code = pl.col("product_code")
    return {
        "availability_zone": pl.col("availability_zone"),
        "region_id": region,
        "region_name": pl.col("location"),
        "resource_id": pl.col("resource_id"),
        "resource_name": pl.col("resource_id").str.extract(r"([^/:]+)$"),
        "service_category": pl.when(pl.col("usage_type").str.contains(BLOCK_STORAGE))
        .then(pl.lit("Storage"))
        .otherwise(code.replace_strict(SERVICES, default="Other").fill_null("Other")),
        "service_name": pl.coalesce(
            "product_name",
            pl.col("product").str.json_path_match("$.product_name"),
            code,
            pl.lit(PROVIDER),
        ),
    }
