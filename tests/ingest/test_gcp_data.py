"""The public Google Cloud exports, read with the totals that their README states."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ingest.source import LandedDelivery, LandedObject
from ingest.sources.gcp import GcpBillingSource
from ingest.sources.gcp.columns import NAMES
from tests.ingest.gcp_files import OCTOBER, as_lines

pytestmark = pytest.mark.data
COMPUTE_ENGINE_CASES = {
    "1_1": (4, "310", "-140"),
    "2_2": (4, "500", "-70"),
    "6_5": (8, "620", "-280"),
    "7_3_b": (7, "170", "-70"),
    "9_3": (9, "500", "-160"),
    "10_1": (6, "310", "-120"),
}


def read(folder: Path, key: str) -> pl.DataFrame:
    """The charges of one file, none of which is quarantined."""
    options = {"location": str(folder), "files": [key]}
    source = GcpBillingSource.from_options("google", options, Path("/"))
    (delivery,) = source.discover(OCTOBER)
    objects = (LandedObject(key, folder / key, "0" * 64),)
    batches = list(source.read(LandedDelivery(delivery, objects)))
    assert sum(b.quarantined.height for b in batches if b.quarantined is not None) == 0
    return pl.concat([batch.rows for batch in batches])


def totals(rows: pl.DataFrame) -> dict[str, tuple[Decimal, Decimal]]:
    """Cost and credits by currency."""
    return {
        currency: (
            group["contracted_cost"].sum(),
            (group["billed_cost"] - group["contracted_cost"]).sum(),
        )
        for (currency,), group in rows.group_by("billing_currency")
    }


@pytest.mark.parametrize(
    ("key", "row_count", "expected"),
    [
        (
            "finops_agent_sample.csv.gz",
            500,
            {
                "AUD": ("372960.1016", "-25529.4313"),
                "EUR": ("514755.8672", "-62787.3131"),
                "GBP": ("577421.1189", "-4132.9838"),
                "USD": ("1439012.5421", "-183399.482"),
            },
        ),
        ("generated_usage_202608.csv.gz", 3000, {"USD": ("3532.54338195516201672", "-564.975936")}),
        ("generated_usage_202609.csv.gz", 2904, {"USD": ("3424.176215633769708", "-547.319688")}),
        ("generated_usage_202609.jsonl.gz", 2808, {"USD": ("3312.9757164459773844", "-529.66344")}),
    ],
)
def test_a_public_export_has_its_stated_totals(
    sample_data: Path, key: str, row_count: int, expected: dict[str, tuple[str, str]]
) -> None:
    rows = read(sample_data / "billing" / "gcp-detailed", key)
    assert rows["charge_key"].n_unique() == row_count
    assert totals(rows) == {
        currency: tuple(map(Decimal, amounts)) for currency, amounts in expected.items()
    }


@pytest.mark.parametrize(
    ("key", "months"),
    [
        (
            "generated_usage_202608.csv.gz",
            {7: "88.16124", 8: "3432.53029020997737528", 9: "11.85185174518464144"},
        ),
        (
            "generated_usage_202609.csv.gz",
            {8: "88.16124", 9: "3324.16312388858506656", 10: "11.85185174518464144"},
        ),
    ],
)
def test_costs_are_booked_in_their_invoice_month(
    sample_data: Path, key: str, months: dict[int, str]
) -> None:
    rows = read(sample_data / "billing" / "gcp-detailed", key).with_columns(
        booked=pl.col("billing_period_start").dt.date(),
        used=pl.col("charge_period_start").dt.date().dt.month_start(),
    )
    booked = {month: group["contracted_cost"].sum() for (month,), group in rows.group_by("booked")}
    assert booked == {date(2026, month, 1): Decimal(cost) for month, cost in months.items()}
    assert rows.filter(pl.col("booked") != pl.col("used")).height == 72


def test_the_schema_of_the_export_names_every_column_that_is_needed(sample_data: Path) -> None:
    path = sample_data / "billing" / "gcp-detailed" / "billing_export_schema.json"
    names: set[str] = set()
    for column in json.loads(path.read_text()):
        fields = column.get("fields") if column["mode"] != "REPEATED" else None
        names |= {f"{column['name']}.{one['name']}" for one in fields or []} or {column["name"]}
    newer = {"adjustment_id", "cost_at_list", "resource_global_name", "resource_name"}
    newer |= {"seller_name", "subscription_id", "tags"}
    assert {field for field, aliases in NAMES.items() if not names & set(aliases)} == newer


@pytest.mark.parametrize("case", COMPUTE_ENGINE_CASES)
def test_a_commitment_case_has_its_stated_totals(
    sample_data: Path, tmp_path: Path, case: str
) -> None:
    row_count, cost, granted = COMPUTE_ENGINE_CASES[case]
    source = sample_data / "billing" / "gcp-cud-attribution" / f"test_{case}" / "export.json"
    text, decoder, at = source.read_text().strip(), json.JSONDecoder(), 0
    records = []
    while at < len(text):
        record, end = decoder.raw_decode(text, at)
        records.append(record)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    (tmp_path / "export.jsonl").write_bytes(as_lines(records))
    rows = read(tmp_path, "export.jsonl")
    assert rows.height == row_count
    assert totals(rows) == {"USD": (Decimal(cost), Decimal(granted))}
