"""The gate: what is wrong is found, named and shown; nothing wrong gets through."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from apportion.errors import GateRefused
from apportion.settings import Settings
from warehouse.build_result import BuildResult
from warehouse.checks import Check
from warehouse.gate import gate

Copy = Callable[..., BuildResult]
BROKEN = """
    update main.reconciliation set difference = 0.000000000000000001;
    update main.statement_lines set amount = null where team = 'search';
    update main.statements set total_cost = total_cost + 1 where business_unit = 'search';
    update main.daily_cost_by_team set effective_cost = 0 where team = 'search';
    insert into main.daily_cost_by_team select * from main.daily_cost_by_team limit 1;
    alter table main.cost_ledger alter list_cost type double;
    drop table main.source_freshness;
    insert into landing.sources values
        ('silent', 'prometheus', 'expected'), ('later', 'litellm', 'optional');
"""


@pytest.fixture
def copy(built: BuildResult, tmp_path: Path) -> Copy:
    """Copy the release to a folder of its own, changed by some SQL."""

    def make(name: str, change: str = "select 1") -> BuildResult:
        path = tmp_path / name / "release.duckdb"
        path.parent.mkdir()
        shutil.copy(built.path, path)
        with duckdb.connect(path) as connection:
            connection.execute(change)
        return dataclasses.replace(built, path=path)

    return make


def results(path: Path) -> list[Any]:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute("from main.data_quality_results order by all").fetchall()


def test_a_good_build_passes_and_carries_its_results(settings: Settings, copy: Copy) -> None:
    build = copy("good")
    passed = gate(settings, build, None)
    assert passed.warnings == ()
    assert passed.sha256 == hashlib.sha256(build.path.read_bytes()).hexdigest()
    report = json.loads(passed.path.read_bytes())
    assert (report["passed"], report["sha256"]) == (True, passed.sha256)
    rows = results(build.path)
    assert {row[3] for row in rows} == {"dbt", "great_expectations"}
    assert {row[4] for row in rows} == {"pass"}
    assert {row[1] for row in rows} == {"day", "release", "sources", "report"}
    with duckdb.connect(build.path, read_only=True) as connection:
        assert (
            connection.execute(
                "select * from duckdb_schemas() where schema_name = 'acceptance'"
            ).fetchall()
            == []
        )


def test_every_fault_is_named_with_its_table_and_rows(settings: Settings, copy: Copy) -> None:
    build = copy("broken", BROKEN)
    with pytest.raises(GateRefused) as caught:
        gate(settings, build, None)
    report = json.loads((build.path.parent / "gate.json").read_bytes())
    assert report["passed"] is False
    warned = {c["check_name"]: c["sample"] for c in report["warnings"]}
    assert warned["every_optional_source_has_delivered"] == [
        {"source_name": "later", "kind": "litellm"}
    ]
    found = {(c["subject"], c["check_name"]): c["failed_row_count"] for c in report["failed"]}
    assert found == {
        ("main.reconciliation", "reconciliation_difference_is_zero"): 1,
        ("main.statement_lines", "amount_is_present"): 1,
        ("main.statement_lines", "statement_lines_add_up_to_statements"): 1,
        ("main.statements", "statements_add_up_to_the_ledger"): 1,
        ("main.daily_cost_by_team", "daily_cost_adds_up_to_the_ledger"): 2,
        ("main.daily_cost_by_team", "key_is_unique"): 2,
        ("main", "money_is_exact"): 1,
        ("main.source_freshness", "has_rows"): None,
        ("landing.sources", "every_source_has_delivered"): 1,
    }
    text = str(caught.value)
    assert text.startswith("GATE_FAILED ")
    assert "9 checks failed. Nothing was published; there is no earlier release." in text
    assert "difference=0.000000000000000001" in text
    assert "table_name=cost_ledger, column_name=list_cost, data_type=DOUBLE" in text
    assert "has_rows on main.source_freshness: could not be tested: " in text
    assert (
        "would not have stopped it, and may be why:\n  every_optional_source_has_delivered" in text
    )
    assert "source_name=later, kind=litellm" in text


def test_a_failed_dbt_test_fails_the_gate(settings: Settings, copy: Copy) -> None:
    build = copy("unbalanced")
    bad = Check("balances", "release", "main.cost_ledger", "dbt", "fail", 3, "it does not balance")
    with pytest.raises(GateRefused, match=r"balances on main.cost_ledger: .* \(3 rows\)"):
        gate(settings, dataclasses.replace(build, dbt_results=(bad,)), None)


def test_a_gate_without_checks_refuses(settings: Settings, copy: Copy) -> None:
    build = dataclasses.replace(copy("untested"), dbt_results=())
    with pytest.raises(GateRefused, match=r"GATE_EMPTY .* 0 dbt tests"):
        gate(settings, build, None)
    assert not (build.path.parent / "gate.json").exists()


@pytest.mark.faults
def test_expectations_that_cannot_run_refuse(settings: Settings, copy: Copy) -> None:
    build = copy("no-run", "delete from landing.run")
    with pytest.raises(GateRefused, match=r"GATE_STOPPED .*landing.run is empty"):
        gate(settings, build, None)


def test_what_changed_since_the_previous_release_is_a_warning(
    settings: Settings, copy: Copy
) -> None:
    previous = copy(
        "previous",
        "update main.cost_ledger set effective_cost = 2 * effective_cost;"
        "insert into main.cost_ledger by name select * replace ('gone' as team)"
        " from main.cost_ledger where team = 'unallocated'",
    )
    build, alone = copy("next"), copy("alone")
    passed = gate(settings, build, previous.path)
    warned = {warning.check_name: warning.sample for warning in passed.warnings}
    assert set(warned) == {"no_team_vanished", "earlier_costs_are_stable"}
    assert [row["team"] for row in warned["no_team_vanished"]] == ["gone"]
    gate(settings, alone, None)
    assert results(build.path) == results(alone.path)


def test_a_refusal_says_which_release_stays(settings: Settings, copy: Copy) -> None:
    previous, build = copy("stays"), copy("bad", "update main.reconciliation set difference = 1")
    with pytest.raises(GateRefused, match="the release of 2026-10-02 stays current"):
        gate(settings, build, previous.path)
