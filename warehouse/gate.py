"""The gate: a build is either right as a whole, or nobody sees it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from apportion.errors import GateRefused
from apportion.settings import Settings, Warehouse
from ingest.durable import sha256_of, write_json
from warehouse.build_result import BuildResult
from warehouse.checks import CHECKS, Check, failures, refusal
from warehouse.child import environment
from warehouse.descriptions import comment
from warehouse.mount import literal
from warehouse.session import open_build
from warehouse.suites import PREVIOUS_RELEASE, SOURCES

LOG_TAIL = 2000
RESULT_COLUMNS = {
    "check_name": "The rule that was tested.",
    "suite": "Part of the pipeline that it belongs to.",
    "subject": "The table that it is about.",
    "kind": "Who tested it: dbt or great_expectations.",
    "status": "pass, warn or fail; a release has no failed check.",
    "failed_row_count": "Rows that broke the rule; empty where it counts none.",
    "message": "What was found.",
    "sample": "Up to five of those rows.",
}


@dataclass(frozen=True, slots=True)
class GateResult:
    """A build that may be published; `sha256` is that of its file, `warnings` did not stop it."""

    path: Path
    sha256: str
    check_count: int
    warnings: tuple[Check, ...]


def gate(settings: Settings, build: BuildResult, previous: Path | None) -> GateResult:
    """Test a build, write the results into it and into `gate.json` beside it.

    The table `main.data_quality_results` depends on the build alone. Comparisons with the previous
    release are warnings, and stand in `gate.json` only.

    Args:
        settings: memory limit and threads of the checks.
        build: the build, which nobody has open.
        previous: the published release's file, if there is one.

    Raises:
        GateRefused: `GATE_FAILED` with what failed and sample rows; `GATE_EMPTY` or
            `GATE_STOPPED` when the rules were not tested.
    """
    report = build.path.parent / "gate.json"
    report.unlink(missing_ok=True)
    outlook, limits = _outlook(previous), settings.warehouse
    _remember(build.path, previous, limits)
    tested = _expectations(build.path, limits)
    if not tested or not build.dbt_results:
        raise GateRefused(
            "GATE_EMPTY",
            f"{build.path}: {len(build.dbt_results)} dbt tests and {len(tested)} expectations ran; "
            f"neither may be none. Nothing is known about this build, so nothing was published; "
            f"{outlook}. Look for a selection that matches no test.",
        )
    checks = sorted((*build.dbt_results, *tested), key=lambda c: (c.suite, c.subject, c.check_name))
    _record(build.path, [c for c in checks if c.suite != PREVIOUS_RELEASE], limits)
    failed = failures(checks)
    warnings = tuple(check for check in checks if check.status == "warn")
    digest = sha256_of(build.path)
    write_json(
        report,
        {
            "passed": not failed,
            "sha256": digest,
            "check_count": len(checks),
            "failed": [check.as_json() for check in failed],
            "warnings": [check.as_json() for check in warnings],
        },
    )
    if failed:
        of_sources = [check for check in warnings if check.suite == SOURCES]
        raise refusal("GATE_FAILED", report, failed, outlook, of_sources)
    return GateResult(report, digest, len(checks), warnings)


def _outlook(previous: Path | None) -> str:
    """What readers see when this build is refused."""
    if previous is None:
        return "there is no earlier release"
    with duckdb.connect(previous, read_only=True) as connection:
        row = connection.execute("select max(usage_date) from landing.run").fetchone()
    return f"the release of {row[0] if row else 'an unknown day'} stays current"


def _remember(release: Path, previous: Path | None, limits: Warehouse) -> None:
    """Copy what the comparison needs from the previous release into schema `acceptance`."""
    origin, rows = ("previous.", "") if previous else ("", " where false")
    ledger = f"(select * from {origin}main.cost_ledger{rows})"  # noqa: S608
    with open_build(release, limits) as connection:
        if previous:
            connection.execute(f"attach {literal(previous)} as previous (read_only)")
        connection.execute(
            f"""
            create schema if not exists acceptance;
            create or replace table acceptance.previous_run as
                select usage_date from {origin}landing.run{rows};
            create or replace table acceptance.previous_teams as
                select team, sum(effective_cost) as effective_cost from {ledger} group by team;
            create or replace table acceptance.previous_totals as
                select
                    provider, billing_period, billing_currency,
                    sum(effective_cost) as effective_cost
                from {ledger}
                where charge_date <= (select max(usage_date) from acceptance.previous_run)
                group by all;
            """  # noqa: S608
        )


def _expectations(release: Path, limits: Warehouse) -> tuple[Check, ...]:
    """The suites' results, from a process that ends and lets go of the file."""
    results = release.parent / "expectations.json"
    results.unlink(missing_ok=True)
    child = subprocess.run(
        [sys.executable, "-m", "warehouse.expectations", str(release), str(results)],
        cwd=Path(__file__).parents[1],
        env=environment(
            release.parent,
            APPORTION_MEMORY_LIMIT=limits.memory_limit,
            APPORTION_THREADS=str(limits.threads),
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if child.returncode or not results.exists():
        raise GateRefused(
            "GATE_STOPPED",
            f"{release}: the expectations ended with status {child.returncode} and no results. "
            "Nothing is known about this build, so nothing was published. Their last words: "
            f"{' | '.join(child.stdout.split(chr(10)))[-LOG_TAIL:]}",
        )
    return CHECKS.validate_json(results.read_bytes())


def _record(release: Path, checks: Sequence[Check], limits: Warehouse) -> None:
    """Write the results into the release and take the comparison's tables out."""
    with open_build(release, limits) as connection:
        connection.execute("drop schema acceptance cascade")
        connection.execute(
            "create or replace table main.data_quality_results (check_name varchar, suite varchar, "
            "subject varchar, kind varchar, status varchar, failed_row_count bigint, "
            "message varchar, sample json)"
        )
        comment(connection, "table", "data_quality_results", "One row per check.", RESULT_COLUMNS)
        connection.executemany(
            "insert into main.data_quality_results values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(c.check_name, c.suite, c.subject, c.kind, c.status),
                    *(c.failed_row_count, c.message, json.dumps(c.sample)),
                )
                for c in checks
            ],
        )


def passed(build: Path) -> str:
    """The hash of a build that passed the gate.

    Raises:
        GateRefused: `GATE_MISSING`, there is no word that it did.
    """
    report = build.parent / "gate.json"
    document = json.loads(report.read_bytes()) if report.is_file() else {"passed": False}
    if not document["passed"]:
        raise GateRefused(
            "GATE_MISSING",
            f"{report}: this build has not passed the gate. Nothing was published. "
            "Run the gate first.",
        )
    digest: str = document["sha256"]
    return digest
