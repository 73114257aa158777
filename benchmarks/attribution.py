"""Attribution of a day's requests against the floor of reading and writing the same columns.

    python -m benchmarks.attribution [--requests 1_000_000 --requests 10_000_000] [--threads 2]

The floor is one DuckDB `COPY` of the columns that attribution reads, from parquet to parquet. The
attribution is the compiled SQL of every model of the request stages, one after the other, proof
of the sum included; dbt's own start is left out, since it does not grow. Ratios compare two things
done in the same minute on the same machine; the seconds beside them mean nothing elsewhere.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
import duckdb

from apportion.settings import Organization, Schedule, Settings, SourceSettings, Warehouse
from benchmarks.world import DAY, World, create
from ingest.schemas import TABLES
from warehouse.build import default_transforms
from warehouse.checks import failures
from warehouse.dbt_run import dbt_build
from warehouse.mount import literal, mount, mount_run
from warehouse.plan import make_plan
from warehouse.session import create_database

READ_COLUMNS = (
    "request_id",
    "started_at",
    "completed_at",
    "first_token_at",
    "gen_ai_provider_name",
    "gen_ai_request_model",
    "gen_ai_response_model",
    "deployment_id",
    "gateway_team",
    "api_key_alias",
    "status",
    "service_tier",
    "is_gateway_cache_hit",
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens",
    "input_audio_tokens",
    "cache_read_audio_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "output_audio_tokens",
    "search_requests",
)
BUILD_MEMORY = "4GB"
"""Of the whole build, its tests included: finding a repeated id among 100 M takes more than the
attribution itself, which keeps to its own limit."""

ATTRIBUTION_OF_REQUESTS = (
    *("int_5_", "day_request_"),
    *("assert_request_rates_add_up", "assert_residency_adds_up"),
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds of one size, and what the ledger says."""

    requests: int
    floor_seconds: float
    attribution_seconds: float
    peak_megabytes: int
    difference: Decimal

    @property
    def ratio(self) -> float:
        """Attribution over floor."""
        return self.attribution_seconds / self.floor_seconds


def measure(folder: Path, requests: int, threads: int, memory_limit: str) -> Measurement:
    """Attribute one generated day and measure it.

    Args:
        folder: scratch space; a hundred bytes a request and twice that for the floor's copy.
        requests: how many requests the day has.
        threads: DuckDB threads, the same for the floor.
        memory_limit: DuckDB's memory limit, the same for the floor.
    """
    world = create(folder / "world", requests, threads)
    limits = Warehouse(memory_limit=memory_limit, threads=threads)
    floor = _floor(world, limits, folder)
    attribution = _attribute(world, limits, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Measurement(requests, floor, attribution, peak, _difference(folder / "days.duckdb"))


def _floor(world: World, limits: Warehouse, folder: Path) -> float:
    """The median of three copies."""
    source = ", ".join(literal(path) for path in world.files["inference_requests"])
    target = folder / "floor.parquet"
    with duckdb.connect() as connection:
        _limit(connection, limits)
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            connection.execute(
                f"copy (select {', '.join(READ_COLUMNS)} from read_parquet([{source}])) "
                f"to '{target}' (compression zstd)"
            )
            seconds.append(time.perf_counter() - start)
    target.unlink()
    return sorted(seconds)[1]


def mounted(world: World, limits: Warehouse, folder: Path) -> Path:
    """A database over the world's files, as a build of days finds it."""
    settings = Settings(
        organization=Organization(name="Benchmark"),
        schedule=Schedule(first_usage_date=date.fromisoformat(DAY)),
        sources=(SourceSettings(name="cloud", kind="focus"),),
        home=folder / "home",
    )
    plan = make_plan(settings, date.fromisoformat(DAY), default_transforms())
    database = folder / "days.duckdb"
    with create_database(database, limits) as connection:
        connection.execute("create schema landing")
        for table, columns in TABLES.items():
            mount(connection, f"landing.{table}", columns, world.files.get(table, []))
        mount_run(connection, settings, plan, has_dates=False)
    return database


def _attribute(world: World, limits: Warehouse, folder: Path) -> float:
    """Build the day models with dbt, then time the SQL of the request stages alone."""
    database = mounted(world, limits, folder)
    run = dbt_build(
        default_transforms(),
        database,
        tag="day",
        folder=folder / "dbt",
        parsed=folder / "parsed.msgpack",
        settings=limits.model_copy(update={"memory_limit": BUILD_MEMORY}),
        progress=lambda *_: None,
    )
    failed = failures(run.checks)
    assert not failed, failed
    outcomes = json.loads((folder / "dbt" / "target" / "run_results.json").read_bytes())["results"]
    queries = [
        outcome["compiled_code"]
        for outcome in outcomes
        if outcome["unique_id"].split(".")[2].startswith(ATTRIBUTION_OF_REQUESTS)
        and run.manifest["nodes"][outcome["unique_id"]]["config"]["materialized"] != "view"
    ]
    with duckdb.connect(database) as connection:
        _limit(connection, limits)
        start = time.perf_counter()
        for number, query in enumerate(queries):
            connection.execute(f"create table main.timed_{number} as {query}")
        return time.perf_counter() - start


def _limit(connection: duckdb.DuckDBPyConnection, limits: Warehouse) -> None:
    connection.execute(f"set threads = {limits.threads}")
    connection.execute(f"set memory_limit = '{limits.memory_limit}'")
    connection.execute("set preserve_insertion_order = false")


def _difference(database: Path) -> Decimal:
    """Effective cost on the bill minus effective cost in the ledger."""
    with duckdb.connect(database, read_only=True) as connection:
        row = connection.execute(
            "select (select sum(effective_cost) from landing.focus_charges) "
            "- (select sum(effective_cost) from day.day_cost_ledger)"
        ).fetchone()
    assert row is not None
    return Decimal(row[0])


@click.command(help=__doc__)
@click.option("--requests", type=int, multiple=True, default=(1_000_000, 10_000_000))
@click.option("--threads", type=int, default=2, show_default=True)
@click.option("--memory-limit", default="1GB", show_default=True)
@click.option("--worker", is_flag=True, hidden=True)
def main(requests: Sequence[int], threads: int, memory_limit: str, worker: bool) -> None:  # noqa: FBT001
    """Print a row per size."""
    if not worker:
        print("requests     attribution/floor   floor s   attribution s   peak MB   difference")
        for count in requests:
            # A process each, so that one size's peak memory is not another's.
            arguments = ["--requests", str(count), "--threads", str(threads)]
            arguments += ["--memory-limit", memory_limit, "--worker"]
            subprocess.run([sys.executable, "-m", "benchmarks.attribution", *arguments], check=True)
        return
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))
    try:
        result = measure(folder, requests[0], threads, memory_limit)
    finally:
        shutil.rmtree(folder)
    print(
        f"{result.requests:>11,}   {result.ratio:>17.2f}   {result.floor_seconds:>7.2f}   "
        f"{result.attribution_seconds:>13.2f}   {result.peak_megabytes:>7,}   {result.difference}"
    )


if __name__ == "__main__":
    main()
