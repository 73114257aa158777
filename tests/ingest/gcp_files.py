"""Rows of Google Cloud's detailed billing export, in files and as a table of BigQuery."""

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest.bigquery_server import field

MakeSettings = Callable[..., Settings]
Row = dict[str, Any]
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))
TABLE = "billing-prod.billing.gcp_billing_export_resource_v1_01ABCD_23EF45_678901"
FOCUS_TABLE = "billing-prod.gcp_billing_immutable_01ABCD_eu.gcp_billing_export_focus_01ABCD"
CUD = "COMMITTED_USAGE_DISCOUNT"
PAIR = (field("key"), field("value"))
SCHEMA = [
    field("billing_account_id"),
    field("service", "RECORD", field("id"), field("description")),
    field("sku", "RECORD", field("id"), field("description")),
    field("usage_start_time", "TIMESTAMP"),
    field("usage_end_time", "TIMESTAMP"),
    field(
        "project",
        "RECORD",
        field("id"),
        field("name"),
        field("labels", "RECORD", *PAIR, mode="REPEATED"),
    ),
    field("labels", "RECORD", *PAIR, mode="REPEATED"),
    field("system_labels", "RECORD", *PAIR, mode="REPEATED"),
    field("location", "RECORD", field("location"), field("region"), field("zone")),
    field("resource", "RECORD", field("name"), field("global_name")),
    field(
        "tags",
        "RECORD",
        *PAIR,
        field("inherited", "BOOLEAN"),
        field("namespace"),
        mode="REPEATED",
    ),
    field("export_time", "TIMESTAMP"),
    field("cost", "FLOAT"),
    field("currency"),
    field(
        "usage",
        "RECORD",
        field("amount", "FLOAT"),
        field("unit"),
        field("amount_in_pricing_units", "FLOAT"),
        field("pricing_unit"),
    ),
    field(
        "credits",
        "RECORD",
        field("name"),
        field("amount", "FLOAT"),
        field("full_name"),
        field("id"),
        field("type"),
        mode="REPEATED",
    ),
    field("invoice", "RECORD", field("month")),
    field("cost_type"),
    field("subscription", "RECORD", field("instance_id")),
]


def usage(**values: Any) -> Row:
    """A row of usage."""
    row: Row = {
        "billing_account_id": "01ABCD-23EF45-678901",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "CF4E-A0C7-E3BF", "description": "A3 Instance Core running in Americas"},
        "usage_start_time": "2026-10-02 10:00:00",
        "usage_end_time": "2026-10-02 11:00:00",
        "project": {"id": "ml-serving", "name": "ml-serving", "labels": []},
        "labels": [{"key": "team", "value": "search"}],
        "system_labels": [{"key": "compute.googleapis.com/machine_spec", "value": "a3-highgpu-8g"}],
        "location": {"location": "us-central1", "region": "us-central1", "zone": None},
        "resource": {
            "name": "projects/ml-serving/instances/a3-1",
            "global_name": "//compute.googleapis.com/projects/ml-serving/instances/a3-1",
        },
        "tags": [],
        "export_time": "2026-10-03 04:00:00.000000",
        "cost": 10.5,
        "currency": "USD",
        "usage": {
            "amount": 3600.0,
            "unit": "seconds",
            "amount_in_pricing_units": 1.0,
            "pricing_unit": "hour",
        },
        "credits": [],
        "invoice": {"month": "202610"},
        "cost_type": "regular",
        "subscription": None,
    }
    return row | values


def credit(amount: Any, kind: str = "PROMOTION", name: str = "Free trial") -> dict[str, Any]:
    """A credit of a row; `amount` is negative."""
    return {"name": name, "amount": amount, "full_name": name, "id": name, "type": kind}


def as_lines(rows: Sequence[Row]) -> bytes:
    """Rows as an export to JSON writes them."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@dataclass(frozen=True)
class Export:
    """A configured source, and the home it is collected into."""

    settings: Settings
    folder: Path

    def deliver(self, period: str, version: str, rows: Sequence[Row]) -> None:
        """Add a delivery to the manifest, replacing that of the same version."""
        key = f"{period}-{version}.jsonl.gz"
        self.folder.mkdir(exist_ok=True)
        (self.folder / key).write_bytes(gzip.compress(as_lines(rows), mtime=0))
        path = self.folder / "manifest.json"
        manifest = json.loads(path.read_text()) if path.exists() else {"deliveries": []}
        entry = {"key": key, "row_count": len(rows)}
        manifest["deliveries"].append({"period": period, "version": version, "files": [entry]})
        path.write_text(json.dumps(manifest))

    def collect(self) -> CollectResult:
        return collect(self.settings, "google", OCTOBER, sleep=lambda _: None)

    def refusals(self) -> list[str]:
        return [refusal.code for refusal in self.collect().refused]

    def rows(self) -> pl.DataFrame:
        """The current charges in the lake."""
        files = [
            file.path
            for file in Ledger(self.settings.home).current_files()
            if file.table == "focus_charges"
        ]
        return pl.concat([pl.read_parquet(file) for file in files])

    def billed(self) -> Decimal:
        """What the lake says was billed, equal to the control totals."""
        billed: Decimal = self.rows()["billed_cost"].sum()
        stated = [
            t for d in Ledger(self.settings.home).current_deliveries() for t in d.control_totals
        ]
        assert billed == sum((Decimal(total.billed_cost) for total in stated), Decimal(0))
        return billed


def export(make_settings: MakeSettings, folder: Path, **options: Any) -> Export:
    """A source of files, or of the options given."""
    section = {"name": "google", "kind": "gcp_billing", **(options or {"location": str(folder)})}
    return Export(make_settings(section), folder)
