"""dbt in its own process: results as checks, nothing of ours in its environment."""

import shutil
from pathlib import Path

import duckdb
import pytest

from apportion.errors import GateRefused
from apportion.settings import Warehouse
from tests.warehouse.conftest import TINY
from warehouse.dbt_run import DbtRun, dbt_build
from warehouse.session import create_database

ENVIRONMENT = 'select \'{{ env_var("VENDOR_KEY", "unseen") }}\' as seen'
TESTS = """
models:
  - name: numbers
    columns:
      - name: number
        data_tests:
          - not_null
          - unique: {config: {severity: warn}}
          - accepted_values:
              description: only one is allowed
              arguments: {values: [1], quote: false}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one table and its tests."""
    folder = tmp_path / "project"
    (folder / "models/day").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(TINY / name, folder / name)
    shutil.copytree(TINY / "macros", folder / "macros")
    (folder / "models/day/numbers.sql").write_text(
        "select unnest([1, 2, 2]) as number, '<b>' as note"
    )
    (folder / "models/day/numbers.yml").write_text(TESTS)
    return folder


def run(project: Path, home: Path, name: str = "r1") -> DbtRun:
    limits = Warehouse(memory_limit="300MB", threads=1)
    database = home / name / "days.duckdb"
    database.parent.mkdir(parents=True)
    create_database(database, limits).close()
    return dbt_build(
        project,
        database,
        tag="day",
        folder=home / "runs" / name,
        parsed=home / "cache" / "parsed.msgpack",
        settings=limits,
        progress=lambda *_: None,
    )


def test_every_test_becomes_a_check_and_failures_show_rows(project: Path, home: Path) -> None:
    checks = {check.check_name: check for check in run(project, home).checks}
    assert {name: (c.status, c.failed_row_count) for name, c in checks.items()} == {
        "not_null_numbers_number": ("pass", 0),
        "unique_numbers_number": ("warn", 1),
        "accepted_values_numbers_number__False__1": ("fail", 1),
    }
    failed = checks["accepted_values_numbers_number__False__1"]
    assert (failed.subject, failed.message) == ("day.numbers", "only one is allowed")
    assert failed.sample == ({"value_field": "2", "n_records": "2"},)


def test_a_model_that_cannot_be_built_is_a_failure(project: Path, home: Path) -> None:
    (project / "models/day/numbers.sql").write_text("select no_such_column from range(3)")
    (check,) = run(project, home).checks
    assert (check.check_name, check.subject, check.status) == ("numbers", "day.numbers", "fail")
    assert "no_such_column" in check.message


def test_a_project_that_cannot_be_read_is_refused_with_the_reason(
    project: Path, home: Path
) -> None:
    (project / "models/day/numbers.sql").write_text("select * from {{ ref('nothing') }}")
    with pytest.raises(GateRefused, match=r"DBT_STOPPED .*a node named 'nothing'"):
        run(project, home)


def test_dbt_sees_no_secret(project: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", "canary-7d1f")
    (project / "models/day/seen.sql").write_text(ENVIRONMENT)
    run(project, home)
    with duckdb.connect(home / "r1" / "days.duckdb", read_only=True) as connection:
        assert connection.execute("select seen from day.seen").fetchall() == [("unseen",)]
    written = [path for path in home.rglob("*") if path.is_file()]
    assert not [path for path in written if b"canary-7d1f" in path.read_bytes()]


def test_the_parsed_project_is_used_again_until_it_changes(project: Path, home: Path) -> None:
    run(project, home, "r1")
    run(project, home, "r2")
    (project / "models/day/more.sql").write_text("select 1 as one")
    changed = run(project, home, "r3")
    logs = [(home / "runs" / name / "logs/dbt.log").read_text() for name in ("r1", "r2", "r3")]
    assert ["Unable to do partial parsing" in log for log in logs] == [True, False, False]
    assert "model.tiny.more" in changed.manifest["nodes"]
