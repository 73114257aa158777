"""Per-day results: exact, sorted, verified, and computed again where they are damaged."""

from pathlib import Path

import duckdb
import pytest

from apportion.errors import GateRefused
from warehouse.checks import Check
from warehouse.plan import EMPTY, Day
from warehouse.results import DayResult, ResultStore

DAYS = [Day(EMPTY, "f0", ()), Day("2026-10-01", "f1", ()), Day("2026-10-02", "f2", ())]
PASSED = Check("rule", "day", "day.costs", "dbt", "pass", 0, "")
ROWS = [
    ("2026-10-02", "b", "2"),
    ("2026-10-01", "c", "0.000000000000000001"),
    ("2026-10-01", "a", "1"),
]


def day_models(*rows: tuple[str, str, str]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema day")
    connection.execute(
        "create table day.costs (usage_date date, team varchar, cost decimal(38, 18))"
    )
    if rows:
        connection.executemany("insert into day.costs values (?, ?, ?)", rows)
    return connection


def write(home: Path, *rows: tuple[str, str, str]) -> dict[Day, DayResult]:
    with day_models(*rows) as connection:
        return ResultStore(home).write(connection, DAYS, [PASSED], home / "spill")


def test_results_come_back_exact_and_by_day(home: Path) -> None:
    written = write(home, *ROWS)
    store = ResultStore(home)
    found = [store.find(day) for day in DAYS]
    assert found == [written[day] for day in DAYS]
    with duckdb.connect() as connection:
        store.mount(connection, (result for result in found if result))
        rows = connection.execute(
            "select cast(columns(*) as varchar) from day.costs order by all"
        ).fetchall()
    assert rows == [
        ("2026-10-01", "a", "1.000000000000000000"),
        ("2026-10-01", "c", "0.000000000000000001"),
        ("2026-10-02", "b", "2.000000000000000000"),
    ]


def test_equal_rows_give_equal_files_in_any_order(home: Path, tmp_path: Path) -> None:
    assert write(home, *ROWS) == write(tmp_path / "other", *reversed(ROWS))


def test_a_model_without_rows_keeps_its_columns(home: Path) -> None:
    (empty, *_) = write(home).values()
    with duckdb.connect() as connection:
        ResultStore(home).mount(connection, [empty])
        types = connection.execute("describe day.costs").fetchall()
    assert [(name, dtype) for name, dtype, *_ in types] == [
        ("usage_date", "DATE"),
        ("team", "VARCHAR"),
        ("cost", "DECIMAL(38,18)"),
    ]


@pytest.mark.faults
def test_a_damaged_or_missing_file_is_computed_again(home: Path) -> None:
    written = write(home, *ROWS)
    damaged, missing = (home / "lake" / written[day].files[0].path for day in (DAYS[1], DAYS[2]))
    content = bytearray(damaged.read_bytes())
    content[20] ^= 1
    damaged.chmod(0o644)
    damaged.write_bytes(content)
    missing.unlink()
    store = ResultStore(home)
    assert store.find(DAYS[0]) is not None
    assert store.find(DAYS[1]) is None
    assert store.find(DAYS[2]) is None
    assert write(home, *ROWS) == written
    assert store.find(DAYS[1]) == written[DAYS[1]]


def test_rows_of_another_day_are_refused_and_nothing_counts(home: Path) -> None:
    with pytest.raises(GateRefused, match=r"DAY_FOREIGN day.costs: 1 rows .* 2026-10-03"):
        write(home, *ROWS, ("2026-10-03", "a", "1"))
    assert [ResultStore(home).find(day) for day in DAYS] == [None, None, None]


def test_a_type_that_parquet_would_round_is_refused(home: Path) -> None:
    with day_models() as connection:
        connection.execute("alter table day.costs add column quanta hugeint")
        with pytest.raises(TypeError, match=r"day.costs.quanta is HUGEINT"):
            ResultStore(home).write(connection, DAYS, [], home / "spill")
