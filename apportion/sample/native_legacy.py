"""A legacy cost and usage report of one account of AWS, with an assembly that no longer counts.

The account's charges are those that the company's bill of AWS has of it otherwise. An assembly of
the middle of the month lies beside the final one; only the manifest above both says which counts.
"""

import json
import uuid
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from apportion.sample import focus
from apportion.sample.calendar import next_month
from apportion.sample.layouts import Written, before_the_middle, by_month, locate
from apportion.sample.native_aws import line_items

ACCOUNT = "410203941191"
REPORT = "kestrel-hourly"
BUCKET_FOLDER = "cur"
SOURCE = f"""kind = "aws_cur"                        # an older account's cost and usage report
location = "exports/aws-legacy"
layout = "legacy"
export = "{REPORT}"
"""
GROUPS = MappingProxyType(
    {"bill_": "bill", "line_item_": "lineItem", "savings_plan_": "savingsPlan"}
)
NAMES = MappingProxyType(
    {
        "pricing_public_on_demand_cost": "pricing/publicOnDemandCost",
        "pricing_public_on_demand_rate": "pricing/publicOnDemandRate",
        "pricing_unit": "pricing/unit",
        "product_product_name": "product/ProductName",
        "product_region_code": "product/regionCode",
        "product_sku": "product/sku",
        "savings_plan_savings_plan_a_r_n": "savingsPlan/SavingsPlanARN",
    }
)
"""What legacy reports do not call after CUR 2.0's columns."""

ONLY_LATER = ("bill_payer_account_name", "line_item_usage_account_name")
TAGS = "resource_tags"


def write_legacy(folder: Path, charges: pl.DataFrame) -> Written:
    """The report of each month, in two assemblies."""
    written = []
    for month, rows in by_month(charges):
        end = datetime.combine(next_month(month), datetime.min.time())
        early = before_the_middle(rows)
        if early.height:
            _assembly(folder, month, early, end - timedelta(days=12))
        key, manifest = _assembly(folder, month, rows, end + timedelta(days=6, hours=7))
        path = folder / REPORT / _period(month) / f"{REPORT}-Manifest.json"
        path.write_text(manifest, encoding="utf-8")
        written.append(locate(rows, [key]))
    return Written("aws-legacy", pl.concat(written))


def _assembly(folder: Path, month: date, rows: pl.DataFrame, finished: datetime) -> tuple[str, str]:
    """An assembly's file and manifest; gives the key of the one and the text of the other."""
    assembly = str(uuid.uuid5(uuid.NAMESPACE_URL, f"aws/legacy/{finished}"))
    key = f"{REPORT}/{_period(month)}/{assembly}/{REPORT}-1.csv.gz"
    target = folder / key
    target.parent.mkdir(parents=True)
    target.write_bytes(focus.csv_bytes(_legacy(line_items(rows)), compressed=True))
    named: dict[str, Any] = {
        "assemblyId": assembly,
        "account": rows["billing_account_id"][0],
        "contentType": "text/csv",
        "compression": "GZIP",
        "reportName": REPORT,
        "billingPeriod": {"start": f"{month:%Y%m%d}", "end": f"{next_month(month):%Y%m%d}"},
        "bucket": "kestrel-billing",
        "reportKeys": [f"{BUCKET_FOLDER}/{key}"],
    }
    manifest = json.dumps(named, indent=1) + "\n"
    (target.parent / f"{REPORT}-Manifest.json").write_text(manifest, encoding="utf-8")
    return key, manifest


def _period(month: date) -> str:
    return f"{month:%Y%m%d}-{next_month(month):%Y%m%d}"


def _legacy(items: pl.DataFrame) -> pl.DataFrame:
    """Line items under the names of a legacy report, each tag in a column of its own."""
    said = [json.loads(text or "{}") for text in items[TAGS]]
    keys = sorted({key for tags in said for key in tags})
    kept = items.drop(TAGS, *ONLY_LATER)
    return kept.rename(_legacy_name).with_columns(
        pl.Series(f"resourceTags/user:{key}", [tags.get(key) for tags in said], dtype=pl.String)
        for key in keys
    )


def _legacy_name(name: str) -> str:
    """`line_item_usage_type` as lineItem/UsageType."""
    if name in NAMES:
        return NAMES[name]
    group = next(start for start in GROUPS if name.startswith(start))
    words = name.removeprefix(group).split("_")
    return f"{GROUPS[group]}/{''.join(word.title() for word in words)}"
