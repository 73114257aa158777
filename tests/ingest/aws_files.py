"""Cost and usage reports of AWS in a folder, collected as the pipeline does."""

import csv
import gzip
import io
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

MakeSettings = Callable[..., Settings]
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))
NODE = "i-0a11aa22bb33cc441"
PLAN = "arn:aws:savingsplans::999988887777:savingsplan/5b2f"
RESERVATION = "arn:aws:ec2:us-east-1:999988887777:reserved-instances/93bb"
Row = dict[str, str]


def item(kind: str = "Usage", cost: str = "55.04", **values: str) -> Row:
    """A line item under the names of CUR 2.0: an hour of eight H100."""
    row = {
        "identity_line_item_id": "d72426614693",
        "bill_invoice_id": "0012345678",
        "bill_invoicing_entity": "Amazon Web Services EMEA SARL",
        "bill_billing_entity": "AWS",
        "bill_payer_account_id": "099988887777",
        "bill_payer_account_name": "Example AG",
        "bill_billing_period_start_date": "2026-10-01 00:00:00",
        "bill_billing_period_end_date": "2026-11-01 00:00:00",
        "line_item_usage_account_id": "011122223333",
        "line_item_usage_account_name": "ml-serving",
        "line_item_legal_entity": "Amazon Web Services, Inc.",
        "line_item_line_item_type": kind,
        "line_item_line_item_description": "$55.04 per On Demand Linux p5.48xlarge Instance Hour",
        "line_item_usage_start_date": "2026-10-02 05:00:00",
        "line_item_usage_end_date": "2026-10-02 06:00:00",
        "line_item_product_code": "AmazonEC2",
        "line_item_usage_type": "BoxUsage:p5.48xlarge",
        "line_item_operation": "RunInstances",
        "line_item_availability_zone": "us-east-1a",
        "line_item_resource_id": NODE,
        "line_item_usage_amount": "1",
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": cost,
        "line_item_iam_principal": "",
        "pricing_public_on_demand_cost": "55.04",
        "pricing_public_on_demand_rate": "55.04",
        "pricing_unit": "Hrs",
        "pricing_rate_id": "r-1",
        "product": '{"product_name":"Amazon Elastic Compute Cloud"}',
        "product_region_code": "us-east-1",
        "product_sku": "P5GPUH100SKU",
        "resource_tags": '{"user_team":"search","user_Team":"Search","aws_createdBy":"ci"}',
        "reservation_effective_cost": "",
        "reservation_reservation_a_r_n": "",
        "reservation_unused_amortized_upfront_fee_for_billing_period": "",
        "reservation_unused_recurring_fee": "",
        "savings_plan_savings_plan_a_r_n": "",
        "savings_plan_savings_plan_effective_cost": "",
        "savings_plan_total_commitment_to_date": "",
        "savings_plan_used_commitment": "",
        "split_line_item_parent_resource_id": "",
        "split_line_item_split_usage": "",
        "split_line_item_split_cost": "",
        "split_line_item_unused_cost": "",
        "split_line_item_net_split_cost": "",
        "split_line_item_net_unused_cost": "",
        "split_line_item_public_on_demand_split_cost": "",
        "split_line_item_public_on_demand_unused_cost": "",
    }
    assert set(values) <= set(row), set(values) - set(row)
    return row | values


def of_plan(kind: str, cost: str, **values: str) -> Row:
    """A line item that a savings plan has to do with."""
    return item(kind, cost, savings_plan_savings_plan_a_r_n=PLAN, **values)


def plan_hour(fee: str = "40", used: str = "33.5", **of_fee: str) -> tuple[Row, ...]:
    """An hour of a plan: what it covered, what it took back, and what it costs."""
    return (
        of_plan("SavingsPlanCoveredUsage", "55.04", savings_plan_savings_plan_effective_cost=used),
        of_plan("SavingsPlanNegation", "-55.04", line_item_resource_id="", resource_tags=""),
        of_plan("SavingsPlanRecurringFee", fee, line_item_resource_id="", **of_fee),
    )


def as_csv(rows: Sequence[Row]) -> bytes:
    """Rows as an export writes them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@dataclass(frozen=True)
class Reports:
    """The bucket of a company's reports, and the home it is collected into."""

    settings: Settings
    folder: Path

    def put(self, key: str, content: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def export(self, *parts: Sequence[Row], execution: str = "e1", **options: Any) -> None:
        """Write an execution of a data export that creates new files."""
        month = options.get("month", "2026-10")
        data = f"cur/data/BILLING_PERIOD={month}/2026-10-03T01:02:03.456Z-{execution}"
        files = []
        for number, rows in enumerate(parts, start=1):
            files.append(f"{data}/cur-{number:05}.csv.gz")
            self.put(files[-1], gzip.compress(as_csv(rows), mtime=0))
        manifest = {
            "executionId": execution,
            "dataFiles": [f"s3://bucket/prefix/{file}" for file in files],
        }
        place = f"cur/metadata/BILLING_PERIOD={month}/cur-Manifest.json"
        self.put(place, json.dumps(manifest).encode())

    def assembly(self, *parts: Sequence[Row], name: str = "a1") -> None:
        """Write an assembly of a legacy report, and the period's manifest that names it."""
        folder = "cur/20261001-20261101"
        keys = []
        for number, rows in enumerate(parts, start=1):
            keys.append(f"{folder}/{name}/cur-{number}.csv.gz")
            self.put(keys[-1], gzip.compress(as_csv(rows), mtime=0))
        manifest = {
            "assemblyId": name,
            "columns": [{"category": "identity", "name": "LineItemId"}],
            "reportKeys": [f"prefix/{key}" for key in keys],
        }
        for place in (folder, f"{folder}/{name}"):
            self.put(f"{place}/cur-Manifest.json", json.dumps(manifest).encode())

    def collect(self) -> CollectResult:
        return collect(self.settings, "aws", OCTOBER)

    def refusals(self) -> list[str]:
        return [refusal.code for refusal in self.collect().refused]

    def rows(self) -> pl.DataFrame:
        """The current charges in the lake."""
        files = Ledger(self.settings.home).current_files()
        charges = [file for file in files if file.table == "focus_charges"]
        return pl.concat([pl.read_parquet(file.path) for file in charges])

    def totals(self) -> tuple[Decimal, Decimal]:
        """Billed and effective cost in the lake."""
        rows = self.rows()
        return rows["billed_cost"].sum(), rows["effective_cost"].sum()


def reports(make_settings: MakeSettings, folder: Path, **options: Any) -> Reports:
    """An empty bucket, configured as the source `aws`."""
    folder.mkdir(exist_ok=True)
    places = {"layout": "data_exports", "export": "cur"} | options
    section = {"name": "aws", "kind": "aws_cur", "location": str(folder), **places}
    return Reports(make_settings(section), folder)
