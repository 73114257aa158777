"""A cost report of Oracle Cloud: what else runs in Google's data project runs at Oracle then.

The amounts, tags and days of the charges are the same; services have the names that Oracle gives.
"""

import json
from pathlib import Path

import polars as pl

from apportion.sample import focus, money
from apportion.sample.layouts import Written, by_month, locate

PROJECT = "kestrel-data"
SOURCE = """kind = "oci_cost_report"                # reports of a tenancy's bucket
location = "exports/oci"
"""
TENANCY = "ocid1.tenancy.oc1..aaaaaaaakestrel7f2c"
COMPARTMENT = "ocid1.compartment.oc1..aaaaaaaakestreldata"
SUBSCRIPTION = "ocid1.organizationssubscription.oc1.iad.amaaaaaakestrel"
REGION, DOMAIN = "us-ashburn-1", "iad-1"
SERVICES = {"BigQuery": "DATABASE", "Cloud Logging": "LOGGING"}
FIRST_REPORT = 30_000_000
INSTANT = "%Y-%m-%dT%H:%MZ"


def write_oci(folder: Path, charges: pl.DataFrame) -> Written:
    """One report a month; its name is a running number."""
    reports = folder / "reports" / "cost-csv"
    reports.mkdir(parents=True)
    written = []
    for number, (_, rows) in enumerate(by_month(charges), start=FIRST_REPORT):
        path = reports / f"{number:016}.csv.gz"
        path.write_bytes(focus.csv_bytes(_lines(rows, number), compressed=True))
        written.append(locate(rows, [path.relative_to(folder).as_posix()]))
    return Written("oci", pl.concat(written))


def _lines(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    shown = rows.with_columns(
        money.text("billed_cost"),
        money.text("contracted_unit_price"),
        money.text("consumed_quantity", focus.QUANTITY_SCALE),
        *(
            pl.col(name).dt.strftime(INSTANT)
            for name in ("charge_period_start", "charge_period_end")
        ),
        reference=pl.format("{}-{}", pl.lit(number), pl.int_range(pl.len())),
    )
    lines = shown.select(
        pl.col("reference").alias("lineItem/referenceNo"),
        pl.lit(TENANCY).alias("lineItem/tenantId"),
        pl.col("charge_period_start").alias("lineItem/intervalUsageStart"),
        pl.col("charge_period_end").alias("lineItem/intervalUsageEnd"),
        pl.col("service_name").replace_strict(SERVICES).alias("product/service"),
        pl.lit(COMPARTMENT).alias("product/compartmentId"),
        pl.lit(PROJECT).alias("product/compartmentName"),
        pl.lit(REGION).alias("product/region"),
        pl.lit(DOMAIN).alias("product/availabilityDomain"),
        pl.col("resource_id").alias("product/resourceId"),
        pl.col("consumed_quantity").alias("usage/billedQuantity"),
        pl.lit("").alias("usage/billedQuantityOverage"),
        pl.lit(SUBSCRIPTION).alias("cost/subscriptionId"),
        pl.col("sku_id").alias("cost/productSku"),
        pl.col("charge_description").alias("product/Description"),
        pl.col("contracted_unit_price").alias("cost/unitPrice"),
        pl.lit("").alias("cost/unitPriceOverage"),
        pl.col("billed_cost").alias("cost/myCost"),
        pl.lit("").alias("cost/myCostOverage"),
        pl.col("billing_currency").alias("cost/currencyCode"),
        pl.col("consumed_unit").alias("cost/skuUnitDescription"),
        pl.lit("false").alias("cost/overageFlag"),
        pl.lit("false").alias("lineItem/isCorrection"),
        pl.lit("").alias("lineItem/backreferenceNo"),
    )
    return lines.with_columns(_tags(rows["tags"]))


def _tags(tags: pl.Series) -> list[pl.Series]:
    """A column for every key."""
    parsed = [json.loads(text or "{}") for text in tags]
    keys = sorted({key for one in parsed for key in one})
    return [pl.Series(f"tags/{key}", [one.get(key) for one in parsed]) for key in keys]
