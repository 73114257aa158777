"""The public samples of cost and usage reports, each with the totals of its README."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest.aws_files import MakeSettings

pytestmark = pytest.mark.data
ASSEMBLIES = {
    "2026-07": (5040, "42576.4788923077545672", "2880"),
    "2026-08": (5040, "42576.4788923077545672", "2880"),
    "2026-09": (4872, "41157.26292923082941496", "2784"),
}
"""Line items, unblended cost and fees of savings plans in the assembly that each manifest names."""


def window(first: str, last: str) -> Window:
    return Window(pl.Series([first]).str.to_date()[0], pl.Series([last]).str.to_date()[0])


def charges(home: Path) -> pl.DataFrame:
    files = [f for f in Ledger(home).current_files() if f.table == "focus_charges"]
    return pl.concat([pl.read_parquet(file.path) for file in files])


def test_three_months_of_a_legacy_report(make_settings: MakeSettings, sample_data: Path) -> None:
    settings = make_settings(
        {
            "name": "aws",
            "kind": "aws_cur",
            "layout": "legacy",
            "export": "ai-platform-cur",
            "location": str(sample_data / "billing" / "aws-cur-generated" / "billing"),
            "null_values": ["", "None"],
        }
    )
    result = collect(settings, "aws", window("2026-07-01", "2026-09-30"))
    assert (result.landed, result.quarantined_rows, result.refused) == (3, 0, [])
    rows = charges(settings.home).with_columns(
        month=pl.col("billing_period_start").dt.strftime("%Y-%m"),
        is_unused=pl.col("commitment_discount_status").eq_missing("Unused"),
    )
    for month, (count, unblended, fees) in ASSEMBLIES.items():
        of_month = rows.filter(pl.col("month") == month)
        assert of_month.filter(~pl.col("is_unused")).height == count
        assert of_month["billed_cost"].sum() == Decimal(unblended)
        assert of_month["effective_cost"].sum() == Decimal(unblended)
        purchases = of_month.filter(pl.col("charge_category") == "Purchase")
        assert purchases["billed_cost"].sum() == Decimal(fees)
        assert purchases["effective_cost"].sum() == 0


def test_an_anonymised_month(make_settings: MakeSettings, sample_data: Path) -> None:
    settings = make_settings(
        {
            "name": "aws",
            "kind": "aws_cur",
            "layout": "files",
            "files": ["anonymous_2023-11.csv.gz"],
            "location": str(sample_data / "billing" / "aws-cur"),
        }
    )
    result = collect(settings, "aws", window("2023-11-01", "2023-11-30"))
    assert (result.rows, result.quarantined_rows, result.refused) == (1281, 0, [])
    by_category = dict(
        charges(settings.home)
        .group_by("charge_category")
        .agg(pl.col("billed_cost").sum())
        .iter_rows()
    )
    assert by_category == {"Tax": Decimal("0.08"), "Usage": Decimal("1.6023086974")}


def test_rows_without_their_costs_are_refused_with_the_reason(
    make_settings: MakeSettings, sample_data: Path, tmp_path: Path
) -> None:
    """The public sample of CUR 2.0 is scrubbed of every amount: nothing can be charged from it."""
    text = (sample_data / "billing" / "aws-cur2" / "aws_cost_report_create_new.csv").read_text()
    (tmp_path / "cur.csv").write_text(f"{text.rstrip()}\n")
    files = {"layout": "files", "files": ["cur.csv"], "location": str(tmp_path)}
    settings = make_settings({"name": "aws", "kind": "aws_cur", **files})
    (refusal,) = collect(settings, "aws", window("2024-03-01", "2024-04-30")).refused
    assert refusal.code == "MANY_BAD_ROWS"
    assert "20 of 20 rows cannot be trusted" in refusal.message
