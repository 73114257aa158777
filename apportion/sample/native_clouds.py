"""The bills of clouds in the providers' own forms, instead of FOCUS; that of AWS is `native_aws`.

The charges are the same: Azure writes two exports, of actual and of amortized cost, Google writes
rows of its detailed table, before credits and with them.
"""

import gzip
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from apportion.sample import focus, money, native_aws
from apportion.sample.calendar import next_month
from apportion.sample.layouts import (
    AZURE_SCOPE,
    Written,
    by_month,
    delivery_entry,
    locate,
    write_manifest,
)
from ingest.sources.azure.rows import FAMILIES

ACTUAL, AMORTIZED = "ActualCost", "AmortizedCost"
MONTH_FIRST = "%m/%d/%Y"
INSTANT = "%Y-%m-%d %H:%M:%S"


def write_azure(folder: Path, charges: pl.DataFrame) -> Written:
    """Exports of actual and amortized cost, one run of each a month."""
    written = []
    for month, rows in by_month(charges):
        shown = rows.with_columns(
            *(money.text(name) for name in focus.AMOUNTS),
            money.text("contracted_unit_price"),
            money.text("consumed_quantity", focus.QUANTITY_SCALE),
        )
        paid = shown.filter(pl.col("charge_category") != "Purchase")
        key = _azure_run(folder, month, ACTUAL, _azure_rows(shown, "billed_cost"))
        _azure_run(folder, month, AMORTIZED, _azure_rows(paid, "effective_cost"))
        written.append(locate(rows, [key]))
    return Written("azure", pl.concat(written))


def write_gcp(folder: Path, charges: pl.DataFrame) -> Written:
    """Rows of the detailed usage-cost table as JSON lines, an invoice month a file."""
    entries, written = [], []
    for month, rows in by_month(charges):
        path = folder / f"{month:%Y-%m}" / "detailed-000000000000.jsonl.gz"
        path.parent.mkdir(parents=True)
        lines = _gcp_rows(rows).write_ndjson().encode()
        path.write_bytes(gzip.compress(lines, 6, mtime=0))
        entries.append(delivery_entry(folder, f"{month:%Y-%m}", "1", {path: rows.height}))
        written.append(locate(rows, [path.relative_to(folder).as_posix()]))
    write_manifest(folder, entries)
    return Written("gcp", pl.concat(written))


Writer = Callable[[Path, pl.DataFrame], Written]
WRITERS: Mapping[str, Writer] = MappingProxyType(
    {"aws": native_aws.write_aws, "azure": write_azure, "gcp": write_gcp}
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "aws": native_aws.SOURCE,
        "azure": 'kind = "azure_cost"                     # exports of actual and amortized cost\n'
        'location = "exports/azure"\n',
        "gcp": 'kind = "gcp_billing"                    # detailed usage cost\n'
        'location = "exports/gcp"\n',
    }
)
"""What `apportion.toml` says of a source in its provider's own form, below its name."""


def _azure_rows(rows: pl.DataFrame, cost: str) -> pl.DataFrame:
    family = {category: name for name, category in reversed([*FAMILIES.items()])}
    is_usage = pl.col("charge_category") == "Usage"
    is_committed = pl.col("commitment_discount_id").is_not_null()
    return rows.select(
        pl.col("billing_account_id").alias("BillingAccountId"),
        pl.col("billing_account_name").alias("BillingAccountName"),
        pl.col("billing_period_start").dt.strftime(MONTH_FIRST).alias("BillingPeriodStartDate"),
        pl.col("billing_period_end")
        .dt.offset_by("-1d")
        .dt.strftime(MONTH_FIRST)
        .alias("BillingPeriodEndDate"),
        pl.col("sub_account_id").alias("SubscriptionId"),
        pl.col("sub_account_name").alias("SubscriptionName"),
        pl.col("charge_period_start").dt.strftime(MONTH_FIRST).alias("Date"),
        pl.col("charge_description").alias("ProductName"),
        pl.col("service_name").alias("MeterCategory"),
        pl.col("sku_meter").alias("MeterName"),
        pl.col("consumed_quantity").alias("Quantity"),
        pl.col(cost).alias("CostInBillingCurrency"),
        pl.col("list_cost").alias("PaygCostInBillingCurrency"),
        pl.col("contracted_unit_price").alias("UnitPrice"),
        pl.col("billing_currency").alias("BillingCurrency"),
        pl.col("region_name").alias("ResourceLocation"),
        pl.col("availability_zone").alias("AvailabilityZone"),
        pl.col("resource_id").alias("ResourceId"),
        pl.col("resource_name").alias("ResourceName"),
        pl.col("tags").str.strip_chars("{}").alias("Tags"),
        pl.when(is_usage).then(pl.format("1 {}", pl.col("consumed_unit"))).alias("UnitOfMeasure"),
        pl.col("service_category").replace_strict(family, default="Other").alias("ServiceFamily"),
        pl.col("charge_category").alias("ChargeType"),
        pl.when(is_usage)
        .then(pl.lit("UsageBased"))
        .otherwise(pl.lit("Recurring"))
        .alias("Frequency"),
        pl.when(is_committed)
        .then(pl.lit("Reservation"))
        .otherwise(pl.lit("OnDemand"))
        .alias("PricingModel"),
        pl.col("commitment_discount_id").alias("benefitId"),
        pl.col("commitment_discount_name").alias("benefitName"),
    )


def _azure_run(folder: Path, month: date, kind: str, rows: pl.DataFrame) -> str:
    submitted = datetime.combine(next_month(month), datetime.min.time()) + timedelta(days=4)
    run = str(uuid.uuid5(uuid.NAMESPACE_URL, f"azure/{kind}/{month}/{submitted}"))
    last = next_month(month) - timedelta(days=1)
    export = f"kestrel-{kind.lower()}"
    key = f"{export}/{month:%Y%m%d}-{last:%Y%m%d}/{submitted:%Y%m%d%H%M}/{run}"
    target = folder / key
    target.mkdir(parents=True)
    content = focus.csv_bytes(rows, compressed=True)
    (target / "part_0_0001.csv.gz").write_bytes(content)
    counts = {"byteCount": len(content), "dataRowCount": rows.height}
    manifest: dict[str, Any] = {
        "manifestVersion": "2024-04-01",
        "blobCount": 1,
        **counts,
        "exportConfig": {"exportName": export, "resourceId": AZURE_SCOPE, "type": kind},
        "runInfo": {
            "submittedTime": f"{submitted:%Y-%m-%dT%H:%M:%S}Z",
            "runId": run,
            "startDate": f"{month}T00:00:00",
            "endDate": f"{last}T00:00:00",
        },
        "blobs": [{"blobName": f"costs/{key}/part_0_0001.csv.gz", **counts}],
    }
    (target / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return f"{key}/part_0_0001.csv.gz"


def _gcp_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table; money as text, so that no digit depends on a float."""
    is_fee = pl.col("charge_category") == "Purchase"
    gross = pl.when(is_fee).then("billed_cost").otherwise("contracted_cost")
    priced = rows.with_columns(cost=gross, credit=pl.col("billed_cost") - gross)
    shown = priced.with_columns(
        money.text("cost"),
        money.text("credit"),
        money.text("list_cost"),
        money.text("consumed_quantity", focus.QUANTITY_SCALE),
        has_credit=pl.col("credit") != 0,
    )
    kind = (
        pl.when(pl.col("commitment_discount_id").is_not_null())
        .then(pl.lit("COMMITTED_USAGE_DISCOUNT"))
        .otherwise(pl.lit("DISCOUNT"))
    )
    granted = pl.concat_list(
        pl.struct(name=kind, amount="credit", full_name=kind, id=kind, type=kind)
    )
    described = shown.join(_labels(shown["tags"]), on="tags", how="left", maintain_order="left")
    return described.select(
        "billing_account_id",
        pl.struct(id=pl.lit("6F81-5844-456A"), description="service_name").alias("service"),
        pl.struct(
            id="sku_id",
            description=pl.when(is_fee)
            .then(pl.format("Commitment v1: {}", pl.col("charge_description")))
            .otherwise(pl.coalesce("sku_meter", "charge_description")),
        ).alias("sku"),
        pl.col("charge_period_start").dt.strftime(INSTANT).alias("usage_start_time"),
        pl.col("charge_period_end").dt.strftime(INSTANT).alias("usage_end_time"),
        pl.struct(id="sub_account_id", name="sub_account_name").alias("project"),
        "labels",
        pl.struct(location="region_id", region="region_id", zone="availability_zone").alias(
            "location"
        ),
        pl.struct(name="resource_name", global_name="resource_id").alias("resource"),
        pl.col("billing_period_end").dt.strftime(INSTANT).alias("export_time"),
        "cost",
        pl.col("list_cost").alias("cost_at_list"),
        pl.col("billing_currency").alias("currency"),
        pl.struct(amount="consumed_quantity", unit="consumed_unit").alias("usage"),
        pl.when("has_credit").then(granted).otherwise(pl.lit([])).alias("credits"),
        pl.struct(month=pl.col("billing_period_start").dt.strftime("%Y%m")).alias("invoice"),
        pl.lit("regular").alias("cost_type"),
        pl.struct(instance_id="commitment_discount_id").alias("subscription"),
    )


def _labels(tags: pl.Series) -> pl.DataFrame:
    """Every tag set with the labels that stand for it."""
    known = tags.unique().drop_nulls()
    labels = [
        [{"key": key, "value": value} for key, value in json.loads(text).items()] for text in known
    ]
    pair = pl.Struct({"key": pl.String, "value": pl.String})
    return pl.DataFrame({"tags": known, "labels": pl.Series(labels, dtype=pl.List(pair))})
