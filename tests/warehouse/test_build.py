"""Building releases: whole, exact, and the same whether days were carried over or not."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from apportion.errors import DeliveryRefused, GateRefused
from apportion.settings import Settings
from tests.warehouse.conftest import SECOND, TINY, build_tiny
from tests.warehouse.lake import FIRST, Lake, charge, fee, rule
from warehouse.build import build, plan
from warehouse.build_result import BuildResult, Total


def query(path: Path, text: str) -> list[Any]:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(text).fetchall()


def contents(path: Path) -> dict[str, list[Any]]:
    """Every public table and view, sorted."""
    names = query(
        path, "select table_name from information_schema.tables where table_schema = 'main'"
    )
    return {name: query(path, f"from main.{name} order by all") for (name,) in names}


def test_a_release_holds_the_bill_and_nothing_it_was_built_with(
    tiny_home: Settings, built: BuildResult
) -> None:
    assert built.path == tiny_home.home / "builds" / "r1" / "release.duckdb"
    assert built.days_computed == ("2026-10-01", "2026-10-02")
    assert built.days_carried == ()
    exact = Decimal("17.100000000000000003")
    assert built.totals == (Total("EUR", exact, exact),)
    assert query(
        built.path, "select charge_date, team, billed_cost from main.cost_ledger order by all"
    ) == [
        (date(2026, 10, 1), "search", Decimal("10.1")),
        (date(2026, 10, 1), "unallocated", Decimal(7)),
        (date(2026, 10, 2), "search", Decimal("0.000000000000000003")),
    ]
    assert query(built.path, "select usage_date, first_usage_date from landing.run") == [
        (SECOND, FIRST)
    ]
    assert query(built.path, "select count(*) from main.charges") == [(3,)]
    schemas = query(
        built.path, "select distinct schema_name from duckdb_views() where not internal"
    )
    assert sorted(schemas) == [("landing",), ("main",), ("staging",)]
    assert query(
        built.path, "select view_name from duckdb_views() where schema_name = 'staging'"
    ) == [("stg_charges",)]
    assert BuildResult.load(built.path.parent) == built
    assert built.fingerprint == plan(tiny_home, SECOND, transforms=TINY).fingerprint
    assert not list(built.path.parent.glob("*.wal"))


def test_a_carried_day_gives_what_a_full_rebuild_gives(
    settings: Settings, lake: Lake, tmp_path: Path
) -> None:
    def restate(into: Lake) -> None:
        into.deliver_charges(
            charge("c1", 1, "10.1"), charge("c2", 2, "-5", "acct-b"), fee("f1", "7")
        )

    build_tiny(settings)
    restate(lake)
    second = build_tiny(settings, "r2")
    assert (second.days_computed, second.days_carried) == (("2026-10-02",), ("2026-10-01",))
    elsewhere = settings.model_copy(update={"home": tmp_path / "elsewhere"})
    fresh = Lake(elsewhere.home, lake.sequence - 1)
    fresh.deliver_rules(rule("acct-a", "search"), rule("acct-b", "ads"))
    restate(fresh)
    rebuilt = build_tiny(elsewhere)
    assert rebuilt.days_carried == ()
    assert contents(second.path) == contents(rebuilt.path)
    assert second.totals == rebuilt.totals
    assert second.dbt_results == rebuilt.dbt_results


def test_nothing_new_runs_no_day(tiny_home: Settings, built: BuildResult) -> None:
    steps: list[str] = []
    again = build(
        tiny_home,
        SECOND,
        "r2",
        transforms=TINY,
        progress=lambda step, _done, _total: steps.append(step),
    )
    assert (again.days_computed, again.fingerprint) == ((), built.fingerprint)
    assert steps
    assert not [step for step in steps if step.startswith("day:")]
    assert contents(again.path) == contents(built.path)


def test_a_month_without_daily_usage_is_built(settings: Settings, home: Path) -> None:
    lake = Lake(home)
    lake.deliver_charges(fee("f1", "7"))
    built = build_tiny(settings)
    assert built.totals == (Total("EUR", Decimal(7), Decimal(7)),)


def test_a_failed_test_refuses_the_build_in_plain_words(settings: Settings, lake: Lake) -> None:
    lake.deliver_charges(charge("cursed\n\x1b[31m", 1, "66.6"))
    with pytest.raises(GateRefused) as caught:
        build_tiny(settings)
    text = str(caught.value)
    assert text.startswith("BUILD_FAILED ")
    assert "1 check failed. Nothing was published" in text
    assert (
        "assert_no_charge_is_cursed on day.day_cost_ledger: "
        "a cursed charge must never reach the ledger (1 row)"
    ) in text
    assert r"charge_key=cursed\n\x1b[31m, team=search, billed_cost=66.600000000000000000" in text
    assert '"passed": false' in (settings.home / "builds/r1/gate.json").read_text()
    assert not list((settings.home / "lake").glob("days/2026*"))


@pytest.mark.faults
def test_a_damaged_lake_file_stops_the_build(settings: Settings, lake: Lake) -> None:
    (damaged,) = (settings.home / "lake/focus_charges/2026-10-02").iterdir()
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    with pytest.raises(DeliveryRefused, match="LAKE_DAMAGED"):
        build_tiny(settings)


def test_the_oldest_supported_client_can_open_a_release(built: BuildResult) -> None:
    header = built.path.read_bytes()[:20]
    assert int.from_bytes(header[12:20], "little") == 67  # storage of DuckDB 1.4
