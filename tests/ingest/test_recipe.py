"""The example of docs/how-to/add-a-source.md does what the page says."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from apportion.settings import Settings
from ingest import registry
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-source.md"
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))


def block(language: str) -> str:
    """The page's first block of a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A company with the source of the page."""
    (tmp_path / "example_cloud.py").write_text(block("python"))
    monkeypatch.syspath_prepend(tmp_path)
    kinds = {**registry.KINDS, "example_cloud": "example_cloud:ExampleCloudSource"}
    monkeypatch.setattr(registry, "KINDS", kinds)
    (tmp_path / "bills").mkdir()
    (tmp_path / "bills" / "2026-10.csv").write_text(block("csv"))
    options = {"location": "bills", "organization": "Example AG"}
    return make_settings({"name": "example", "kind": "example_cloud", **options})


def charges(settings: Settings) -> pl.DataFrame:
    files = [f for f in Ledger(settings.home).current_files() if f.table == "focus_charges"]
    return pl.concat([pl.read_parquet(file.path) for file in files])


def test_the_bill_of_the_page_is_read_to_the_cent(settings: Settings) -> None:
    result = collect(settings, "example", OCTOBER)
    assert (result.rows, result.quarantined_rows, result.refused) == (3, 0, [])
    read = charges(settings)
    assert read["billed_cost"].sum() == read["effective_cost"].sum() == Decimal("118.04")
    assert set(read["sub_account_id"]) == {"search", "robots"}
    assert collect(settings, "example", OCTOBER).unchanged == 1


def test_a_month_that_grew_is_read_again_and_a_bad_row_is_set_aside(
    settings: Settings, tmp_path: Path
) -> None:
    collect(settings, "example", OCTOBER)
    more = "".join(f"2026-10-{day:02},search,H100,24,71.76,USD\n" for day in range(3, 31))
    bill = tmp_path / "bills" / "2026-10.csv"
    bill.write_text(block("csv") + more + "2026-10-31,search,H100,24,n/a,USD\n")
    result = collect(settings, "example", OCTOBER)
    assert (result.rows, result.quarantined_rows) == (31, 1)
    assert charges(settings)["billed_cost"].sum() == Decimal("118.04") + 28 * Decimal("71.76")
