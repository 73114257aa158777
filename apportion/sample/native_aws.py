"""The bill of AWS as a cost and usage report (CUR 2.0) instead of FOCUS: the charges are the same.

What a savings plan covers is listed at its on-demand price and taken back an hour at a time; what
the plan's fee leaves unused is told by the fee alone.
"""

import json
import uuid
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from apportion.sample import focus, money
from apportion.sample.calendar import next_month
from apportion.sample.layouts import Written, by_month, locate

EXPORT = "kestrel-cur"
SOURCE = f"""kind = "aws_cur"                        # cost and usage report, CUR 2.0
location = "exports/aws"
export = "{EXPORT}"
"""
INSTANT = "%Y-%m-%d %H:%M:%S"
BUCKET = "s3://kestrel-billing/cur"
UNUSED = pl.col("commitment_discount_status").eq_missing("Unused")
COVERED, NEGATION, FEE = "SavingsPlanCoveredUsage", "SavingsPlanNegation", "SavingsPlanRecurringFee"
PRODUCTS = {
    "AWS Data Transfer": "AWSDataTransfer",
    "AWS Key Management Service": "awskms",
    "AWS Support (Enterprise)": "AWSSupportEnterprise",
    "Amazon Bedrock": "AmazonBedrock",
    "Amazon CloudWatch": "AmazonCloudWatch",
    "Amazon DynamoDB": "AmazonDynamoDB",
    "Amazon ElastiCache": "AmazonElastiCache",
    "Amazon Elastic Block Store": "AmazonEC2",
    "Amazon Elastic Compute Cloud": "AmazonEC2",
    "Amazon Elastic Kubernetes Service": "AmazonEKS",
    "Amazon Elastic MapReduce": "ElasticMapReduce",
    "Amazon FSx for Lustre": "AmazonFSx",
    "Amazon OpenSearch Service": "AmazonES",
    "Amazon Redshift": "AmazonRedshift",
    "Amazon Relational Database Service": "AmazonRDS",
    "Amazon SageMaker": "AmazonSageMaker",
    "Amazon Simple Storage Service": "AmazonS3",
    "Amazon Virtual Private Cloud": "AmazonVPC",
}


def write_aws(folder: Path, charges: pl.DataFrame) -> Written:
    """A data export that creates new files: one execution for each month, after its end."""
    written = []
    for month, rows in by_month(charges):
        told = rows.filter(~UNUSED)
        written.append(locate(told, [_execution(folder, month, line_items(rows))]))
    return Written("aws", pl.concat(written))


def line_items(rows: pl.DataFrame) -> pl.DataFrame:
    """The line items of charges, and what takes back the list price of covered usage."""
    told = rows.filter(~UNUSED)
    return pl.concat([_items(told, rows.filter(UNUSED)), _negations(told)])


def _execution(folder: Path, month: date, items: pl.DataFrame) -> str:
    period = f"BILLING_PERIOD={month:%Y-%m}"
    finished = datetime.combine(next_month(month), datetime.min.time()) + timedelta(days=6, hours=7)
    execution = str(uuid.uuid5(uuid.NAMESPACE_URL, f"aws/cur/{finished}"))
    data = f"{EXPORT}/data/{period}/{finished:%Y-%m-%dT%H:%M:%S}.000Z-{execution}"
    key = f"{data}/{EXPORT}-00001.csv.gz"
    manifest = f"{EXPORT}/metadata/{period}/{EXPORT}-Manifest.json"
    for path in (folder / key, folder / manifest):
        path.parent.mkdir(parents=True)
    (folder / key).write_bytes(focus.csv_bytes(items, compressed=True))
    named = {
        "executionId": execution,
        "exportName": EXPORT,
        "compression": "GZIP",
        "contentType": "text/csv",
        "columns": items.columns,
        "dataFiles": [f"{BUCKET}/{key}"],
    }
    (folder / manifest).write_text(json.dumps(named, indent=1) + "\n", encoding="utf-8")
    return key


def _kind() -> pl.Expr:
    category, plan = pl.col("charge_category"), pl.col("commitment_discount_id").is_not_null()
    return (
        pl.when((category == "Usage") & plan)
        .then(pl.lit(COVERED))
        .when((category == "Purchase") & plan)
        .then(pl.lit(FEE))
        .when(category == "Purchase")
        .then(pl.lit("Fee"))
        .when(category == "Adjustment")
        .then(pl.lit("Refund"))
        .otherwise(category)
    )


def _items(rows: pl.DataFrame, unused: pl.DataFrame) -> pl.DataFrame:
    """A line item for every charge; fees say how much of the hour's commitment was used."""
    hour = ["commitment_discount_id", "charge_period_start"]
    left = unused.group_by(hour).agg(pl.col("effective_cost").sum().alias("left"))
    kind = _kind()
    told = rows.join(left, on=hour, how="left", maintain_order="left").with_columns(
        kind=kind,
        unblended=pl.when(kind == COVERED).then("contracted_cost").otherwise("billed_cost"),
        total=pl.when(kind == FEE).then("billed_cost"),
        used=pl.when(kind == FEE).then(pl.col("billed_cost") - pl.col("left").fill_null(0)),
        plan_cost=pl.when(kind == COVERED).then("effective_cost"),
    )
    return _columns(told)


def _negations(rows: pl.DataFrame) -> pl.DataFrame:
    """What covered usage was listed with, taken back for each account, plan and hour."""
    place = (
        *("billing_account_id", "billing_account_name", "sub_account_id", "sub_account_name"),
        *("billing_currency", "billing_period_start", "billing_period_end", "invoice_issuer_name"),
        *("commitment_discount_id", "charge_period_start", "charge_period_end", "region_id"),
        "service_name",
    )
    listed = rows.filter(_kind() == COVERED).group_by(place, maintain_order=True)
    taken = listed.agg(unblended=-pl.col("contracted_cost").sum())
    missing = [name for name in rows.columns if name not in taken.columns]
    return _columns(
        taken.with_columns(
            *(pl.lit(None, rows.schema[name]).alias(name) for name in missing),
            *(pl.lit(None, pl.Int64).alias(name) for name in ("total", "used", "plan_cost")),
            kind=pl.lit(NEGATION),
        )
    )


def _columns(items: pl.DataFrame) -> pl.DataFrame:
    instants = ("charge_period_start", "charge_period_end", "billing_period_start")
    shown = items.with_columns(
        *(
            money.text(name)
            for name in ("unblended", "total", "used", "plan_cost", "list_cost", "list_unit_price")
        ),
        money.text("consumed_quantity", focus.QUANTITY_SCALE),
        *(pl.col(name).dt.strftime(INSTANT) for name in (*instants, "billing_period_end")),
    )
    is_measured = pl.col("kind").is_in(["Usage", COVERED])
    spot = (pl.col("kind") == "Usage") & (pl.col("pricing_category") == "Dynamic")
    meter = pl.col("sku_meter")
    return shown.select(
        bill_invoicing_entity="invoice_issuer_name",
        bill_billing_entity=pl.lit("AWS"),
        bill_payer_account_id="billing_account_id",
        bill_payer_account_name="billing_account_name",
        bill_billing_period_start_date="billing_period_start",
        bill_billing_period_end_date="billing_period_end",
        line_item_usage_account_id="sub_account_id",
        line_item_usage_account_name="sub_account_name",
        line_item_line_item_type="kind",
        line_item_line_item_description="charge_description",
        line_item_usage_start_date="charge_period_start",
        line_item_usage_end_date="charge_period_end",
        line_item_product_code=pl.col("service_name").replace_strict(PRODUCTS, default=None),
        line_item_usage_type=pl.when(spot)
        .then(meter.str.replace("BoxUsage", "SpotUsage"))
        .otherwise(meter),
        line_item_availability_zone="availability_zone",
        line_item_resource_id="resource_id",
        line_item_usage_amount=pl.when(is_measured).then("consumed_quantity"),
        line_item_currency_code="billing_currency",
        line_item_unblended_cost="unblended",
        pricing_public_on_demand_cost=pl.when(is_measured).then("list_cost"),
        pricing_public_on_demand_rate=pl.when(is_measured).then("list_unit_price"),
        pricing_unit="consumed_unit",
        product_product_name="service_name",
        product_region_code="region_id",
        product_sku="sku_id",
        resource_tags="tags",
        savings_plan_savings_plan_a_r_n="commitment_discount_id",
        savings_plan_savings_plan_effective_cost="plan_cost",
        savings_plan_total_commitment_to_date="total",
        savings_plan_used_commitment="used",
    )
