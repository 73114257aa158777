"""Rate cards: what owned hardware costs a day adds up to what it cost."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.errors import ConfigError
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from ingest.sources.rate_card.card import Item, parse

ROOT = Path(__file__).parents[2]
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))
HEADER = "item,basis,amount,months,residual_value,kilowatts,pue,price_per_kwh,currency,valid_from\n"


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


@given(
    price=st.decimals(0, 10**9, places=2),
    months=st.integers(1, 84),
    start=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_depreciation_adds_up_to_the_price_and_then_ends(
    price: Decimal, months: int, start: date
) -> None:
    item = Item.model_validate(
        {
            "item": "h100",
            "basis": "depreciation",
            "amount": price,
            "months": months,
            "residual_value": price / 10,
            "currency": "EUR",
            "valid_from": start,
        }
    )
    costs = [item.cost(day) for day in days(start, months * 31 + 3)]
    assert sum(costs) == price - price / 10
    assert costs[-1] == item.cost(start - timedelta(days=1)) == 0
    assert min(costs) >= 0


@given(rent=st.decimals(0, 10**7, places=4), month=st.integers(1, 12))
def test_the_days_of_a_month_add_up_to_its_rent(rent: Decimal, month: int) -> None:
    terms = {"item": "rack", "basis": "monthly", "amount": rent, "currency": "EUR"}
    item = Item.model_validate(terms | {"valid_from": date(2020, 1, 1)})
    first = date(2026, month, 1)
    of_month = [day for day in days(first, 31) if day.month == month]
    assert sum(item.cost(day) for day in of_month) == rent


def test_power_is_kilowatts_by_hours_by_pue_by_price() -> None:
    (line,) = parse(
        (HEADER + "power,power,,,,10.2,1.35,0.2215,EUR,2026-01-01\n").encode(), "card.csv"
    )
    assert line.item.cost(date(2026, 10, 1)) == Decimal("10.2") * 24 * Decimal("1.35") * Decimal(
        "0.2215"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,depreciation,100,,,,,,EUR,2026-01-01", r"card\.csv:2: .*depreciation needs months"),
        ("a,power,,,,1,,,EUR,2026-01-01", r"power needs price_per_kwh"),
        ("a,rent,1,,,,,,EUR,2026-01-01", r"card\.csv:2 column basis: "),
        ("a,daily,-1,,,,,,EUR,2026-01-01", r"column amount: .*greater than or equal to 0"),
        ("a,daily,1e,,,,,,EUR,2026-01-01", r"column amount: .*decimal"),
        ("a,daily,1,,,,,,euro,2026-01-01", r"column currency: "),
        ("a,daily,1,,,,,,EUR,01/02/2026", r"column valid_from: .*date"),
        ("a,daily,1,,2,,,,EUR,2026-01-01", r"residual_value is more than the amount"),
        (",daily,1,,,,,,EUR,2026-01-01", r"column item: "),
    ],
)
def test_a_wrong_line_is_named_with_file_line_and_column(line: str, said: str) -> None:
    with pytest.raises(ConfigError, match="RATE_CARD_INVALID") as refused:
        parse(f"{HEADER}{line}\n".encode(), "card.csv")
    assert re.search(said, str(refused.value)), refused.value


def test_the_example_of_the_guide_is_booked_to_the_last_decimal(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    guide = (ROOT / "docs" / "how-to" / "price-owned-hardware.md").read_text()
    (table,) = re.findall(r"```csv\n(.*?)```", guide, flags=re.DOTALL)
    (tmp_path / "rate_card.csv").write_text(table)
    section = {"name": "hall", "kind": "rate_card", "location": str(tmp_path), "provider": "Hall"}
    settings = make_settings(section)
    result = collect(settings, "hall", OCTOBER)
    assert (result.quarantined_rows, result.refused) == (0, [])
    files = [f for f in Ledger(settings.home).current_files() if f.table == "focus_charges"]
    rows = pl.concat([pl.read_parquet(file.path) for file in files])
    assert len(files) == 31
    by_item = dict(rows.group_by("sku_meter").agg(pl.col("effective_cost").sum()).iter_rows())
    october = re.findall(r"^\| `(\w+)` \|.*\| ([0-9.]+) \|$", guide, flags=re.MULTILINE)
    assert {name: cost.quantize(Decimal("0.01")) for name, cost in by_item.items()} == {
        name: Decimal(cost) for name, cost in october
    }
    assert rows["resource_id"].unique().to_list() == ["hall-1-node-07"]


def test_a_changed_table_restates_the_month(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    path = tmp_path / "rate_card.csv"
    path.write_text(f"{HEADER}a,daily,1,,,,,,EUR,2026-10-01\n")
    section = {"name": "hall", "kind": "rate_card", "location": str(tmp_path), "provider": "Hall"}
    settings = make_settings(section)
    collect(settings, "hall", OCTOBER)
    assert collect(settings, "hall", OCTOBER).unchanged == 1
    path.write_text(f"{HEADER}a,daily,2,,,,,,EUR,2026-10-01\n")
    assert collect(settings, "hall", OCTOBER).landed == 1
