"""dbt in a process of its own, and its results as checks.

dbt keeps DuckDB's write lock for as long as its process lives, and renders variables as templates;
so it runs as a child, gets no secret and no variable that carries data, and reads everything from
the database that was mounted for it.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from apportion.errors import GateRefused
from apportion.settings import Warehouse
from warehouse.checks import SAMPLE_ROWS, Check, Row
from warehouse.child import environment
from warehouse.parsed_project import keep, take

Progress = Callable[[str, int, int], None]
"""Called with what is running, how many steps are done and how many there are."""

START = "import gc; gc.set_threshold(100_000); from dbt.cli.main import cli; cli()"
"""dbt holds the whole project in memory for as long as it lives. Looking for garbage in it after
every 700 objects, as Python does, takes a twentieth of a small build and finds next to none."""
DBT = (sys.executable, "-P", "-c", START)
STATUS: dict[str, Literal["pass", "fail", "warn"]] = {
    "pass": "pass",
    "warn": "warn",
    "fail": "fail",
    "error": "fail",
    "runtime error": "fail",
}
LOG_TAIL = 2000
PARSED = "partial_parse.msgpack"
"""What dbt calls the project as it parsed it."""


@dataclass(frozen=True, slots=True)
class DbtRun:
    """What one `dbt build` did: a check per test, and per model that could not be built."""

    checks: tuple[Check, ...]
    manifest: dict[str, Any]


def dbt_build(
    project: Path,
    database: Path,
    *,
    tag: str,
    folder: Path,
    parsed: Path,
    settings: Warehouse,
    progress: Progress,
) -> DbtRun:
    """Build and test the models of a tag; failed tests carry sample rows.

    Unit tests of the project are left out: they read no data and belong to development.

    Args:
        project: the dbt project, with its profiles.yml.
        database: the DuckDB file to build in, with `landing` mounted.
        tag: which models to build.
        folder: where dbt's artifacts and logs go.
        parsed: where the parsed project is kept between runs (`warehouse.parsed_project`).
        settings: memory limit and threads of the build.
        progress: told of every step.

    Raises:
        GateRefused: dbt stopped before it had results.
    """
    shutil.rmtree(folder, ignore_errors=True)
    target = folder / "target"
    target.mkdir(parents=True, exist_ok=True)
    take(parsed, target / PARSED)
    # A relative path to the database, so that a project parsed by an earlier run still fits.
    child = subprocess.Popen(
        _command(project, tag, folder),
        cwd=database.parent,
        env=dbt_environment(folder, database.name, settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with child:
        said = list(_follow(child, tag, progress))
    results = target / "run_results.json"
    if not results.exists():
        last_words = " ".join(" ".join(said).split())[-LOG_TAIL:]
        raise GateRefused(
            "DBT_STOPPED",
            f"{project}: dbt ended with status {child.returncode} before it built anything. "
            f"Nothing was published. The log is in {folder / 'logs'}. Its last words: {last_words}",
        )
    keep(parsed, target / PARSED)
    manifest = json.loads((target / "manifest.json").read_bytes())
    outcomes = json.loads(results.read_bytes())["results"]
    return DbtRun(tuple(_checks(outcomes, manifest, tag, database)), manifest)


def dbt_environment(folder: Path, database: str, settings: Warehouse) -> dict[str, str]:
    """What profiles.yml reads, and nothing of ours that is secret."""
    return environment(
        folder,
        APPORTION_BUILD=database,
        APPORTION_MEMORY_LIMIT=settings.memory_limit,
        APPORTION_THREADS=str(settings.threads),
        APPORTION_SPILL=f"{Path(database).stem}.spill",
    )


def _command(project: Path, tag: str, folder: Path) -> list[str]:
    return [
        *(
            *DBT,
            "--log-format",
            "json",
            "--log-level-file",
            "info",
            "build",
            "--select",
            f"tag:{tag}",
        ),
        *("--exclude-resource-type", "unit_test", "--project-dir", str(project)),
        *("--profiles-dir", str(project), "--target-path", str(folder / "target")),
        *("--log-path", str(folder / "logs")),
    ]


def _follow(child: subprocess.Popen[str], tag: str, progress: Progress) -> Iterator[str]:
    """Report each started step; yield what dbt says beyond that."""
    assert child.stdout is not None  # noqa: S101 (a pipe was asked for)
    for line in child.stdout:
        try:
            event = json.loads(line)
            name, data = event["info"]["name"], event["data"]
        except (ValueError, KeyError, TypeError):
            yield line.strip()
            continue
        if name == "LogStartLine":
            progress(f"{tag}: {data['description']}", data["index"], data["total"])
        elif event["info"]["level"] == "error":
            yield event["info"]["msg"]


def _checks(
    outcomes: list[dict[str, Any]], manifest: dict[str, Any], suite: str, database: Path
) -> Iterator[Check]:
    with duckdb.connect(database, read_only=True) as connection:
        for outcome in outcomes:
            node = manifest["nodes"][outcome["unique_id"]]
            status = STATUS.get(outcome["status"])
            if status is None or (node["resource_type"] != "test" and status == "pass"):
                continue
            is_broken = outcome["status"] in {"fail", "warn"} and node["resource_type"] == "test"
            yield Check(
                check_name=node["name"],
                suite=suite,
                subject=_subject(node, manifest),
                kind="dbt",
                status=status,
                failed_row_count=outcome["failures"],
                message=_message(node, outcome, status),
                sample=_sample(connection, outcome["compiled_code"]) if is_broken else (),
            )


def _subject(node: dict[str, Any], manifest: dict[str, Any]) -> str:
    """The relation that a test is about; the model itself when the model failed."""
    if node["resource_type"] != "test":
        return f"{node['schema']}.{node['alias']}"
    about = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), None)
    parent = (manifest["nodes"] | manifest["sources"]).get(about)
    return f"{parent['schema']}.{parent['name']}" if parent else node["name"]


def _message(node: dict[str, Any], outcome: dict[str, Any], status: str) -> str:
    if status == "pass":
        return ""
    if outcome["status"] in {"fail", "warn"}:
        return node["description"] or "rows were found that must not exist"
    return " ".join((outcome["message"] or "it could not be built").split())


def _sample(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Row, ...]:
    cursor = connection.execute(
        f"select cast(columns(*) as varchar) from ({query}) limit {SAMPLE_ROWS}"  # noqa: S608
    )
    names = [column[0] for column in cursor.description]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
