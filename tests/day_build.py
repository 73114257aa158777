"""The dbt project over a few rows that a test makes by hand, as one warehouse file."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from apportion.settings import Organization, Schedule, Settings, SourceSettings
from ingest.ledger import LakeFile
from ingest.schemas import TABLES
from warehouse.build import default_transforms
from warehouse.dbt_run import DBT, PARSED, dbt_environment
from warehouse.mount import mount_lake, mount_ledger, mount_run
from warehouse.parsed_project import keep, parsed_project, take
from warehouse.plan import code_version, make_plan
from warehouse.session import create_database

PROJECT = default_transforms()
ALWAYS = date(1970, 1, 1)
DELIVERED = "assert_reconciliation_is_zero"
"""The test that compares with what providers delivered: rows made by hand have no delivery."""
DATABASE = "built.duckdb"
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def build(folder: Path, rows: Rows, *selected: str) -> duckdb.DuckDBPyConnection:
    """Build models, with the tests of what is built, over rows of lake tables.

    Args:
        folder: an empty folder.
        rows: by lake table; a column that a row does not name is empty.
        selected: models in dbt's words; all where none is named.

    Returns:
        The warehouse, to read.
    """
    settings = Settings(
        organization=Organization(name="Example AG"),
        schedule=Schedule(first_usage_date=date(2026, 10, 1)),
        sources=(SourceSettings(name="bill", kind="focus"),),
        home=folder,
    )
    plan = make_plan(settings, date(2026, 10, 31), PROJECT)
    files = [_file(folder, table, table_rows) for table, table_rows in rows.items()]
    with create_database(folder / DATABASE, settings.warehouse) as connection:
        mount_lake(connection, files)
        mount_run(connection, settings, plan, has_dates=True)
        mount_ledger(connection, settings, replace(plan, files=tuple(files)))
    child = run_dbt(folder, settings, *WITHOUT_UNIT_TESTS, *_chosen(selected))
    assert child.returncode == 0, failures(folder / "target") or child.stdout + child.stderr
    return duckdb.connect(folder / DATABASE, read_only=True)


def run_dbt(folder: Path, settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    """`dbt build` of the project in a folder's `DATABASE`, parsed once for all."""
    target = folder / "target"
    target.mkdir()
    parsed = parsed_project(PROJECT, code_version(PROJECT), settings.warehouse)
    take(parsed, target / PARSED)
    child = subprocess.run(
        [
            *(*DBT, "--quiet", "--log-level-file", "none", "build"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(target), "--log-path", str(folder), *options),
        ],
        cwd=folder,
        env=dbt_environment(folder, DATABASE, settings.warehouse),
        capture_output=True,
        text=True,
        check=False,
    )
    keep(parsed, target / PARSED)
    return child


def _chosen(selected: Sequence[str]) -> list[str]:
    """Options for the models that are meant, and for those tests that need no others."""
    if not selected:
        return ["--exclude", DELIVERED]
    return ["--select", *selected, "--exclude", DELIVERED, "--indirect-selection", "buildable"]


def failures(target: Path) -> list[tuple[str, str]]:
    """What dbt could not build or found to be wrong."""
    path = target / "run_results.json"
    results = json.loads(path.read_bytes())["results"] if path.exists() else []
    return [
        (result["unique_id"], result["message"])
        for result in results
        if result["status"] in {"error", "fail"}
    ]


def _file(folder: Path, table: str, rows: Sequence[Mapping[str, Any]]) -> LakeFile:
    """The rows as a lake file; a reference row is always in force unless it says since when."""
    schema = TABLES[table]
    defaults = {"valid_from": ALWAYS} if "valid_from" in schema else {}
    complete = [{**dict.fromkeys(schema), **defaults, **row} for row in rows]
    path = folder / f"{table}.parquet"
    pl.DataFrame(complete, schema=pl.Schema(schema)).write_parquet(path)
    return LakeFile(table, "test", "2026-10-01", path, "", len(rows), "")
