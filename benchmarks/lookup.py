"""The cost of one request, found by its id among all of a day's.

    python -m benchmarks.lookup [--requests 10_000_000] [--threads 2]

Nothing is stored per request: `request_cost(id)` finds the row in the lake, whose files of a day
have a range of ids each and are sorted by id, and multiplies it by the rates of its pool or of the
instants at which it was in flight. Beside it stands the time that DuckDB takes to find the bare row
among all files. The sum of what is looked up is held against the same requests' costs in a scan of
`request_costs`, to the last decimal.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import click
import duckdb

from apportion.settings import Warehouse
from benchmarks.attribution import BUILD_MEMORY, mounted
from benchmarks.world import create
from warehouse.build import default_transforms
from warehouse.child import environment
from warehouse.dbt_run import DBT
from warehouse.session import open_build

LOOKUPS = 40
SELECTED = ("tag:day", "request_costs", "request_owners", "request_deployments")
RATES = ("request_methods", "request_rates", "request_residency", "request_residency_rates")
IDS = "select request_id from landing.inference_requests using sample {count} (reservoir, 7)"


def build(folder: Path, requests: int, threads: int) -> Path:
    """A warehouse of one day with the view `request_costs`; its tests are left to other runs."""
    limits = Warehouse(memory_limit=BUILD_MEMORY, threads=threads)
    world = create(folder / "world", requests, threads)
    database = mounted(world, limits, folder)
    with open_build(database, limits) as connection:
        connection.execute("create table landing.lake_files (table_name varchar, path varchar)")
        for file in world.files["inference_requests"]:
            row = ["inference_requests", str(file)]
            connection.execute("insert into landing.lake_files values (?, ?)", row)
    project = str(default_transforms())
    chosen = [option for model in (*SELECTED, *RATES) for option in ("--select", model)]
    subprocess.run(
        [
            *(*DBT, "--quiet", "run", *chosen, "--project-dir", project, "--profiles-dir", project),
            *("--target-path", str(folder / "target"), "--log-path", str(folder)),
        ],
        cwd=folder,
        env=environment(
            folder,
            APPORTION_BUILD=database.name,
            APPORTION_MEMORY_LIMIT=BUILD_MEMORY,
            APPORTION_THREADS=str(threads),
        ),
        check=True,
    )
    return database


def milliseconds(connection: duckdb.DuckDBPyConnection, query: str, ids: list[str]) -> list[float]:
    """What each of the lookups took."""
    taken = []
    for request_id in ids:
        start = time.perf_counter()
        rows = connection.execute(query, [request_id]).fetchall()
        taken.append((time.perf_counter() - start) * 1000)
        assert len(rows) == 1, rows
    return taken


def is_exact(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> bool:
    """Whether looking up gives what a scan gives."""
    one = "select effective_cost from request_cost(?)"
    single = [connection.execute(one, [i]).fetchall()[0][0] for i in ids]
    listed = connection.execute(
        "select sum(effective_cost) from request_costs where list_contains($ids, request_id)",
        {"ids": ids},
    ).fetchall()
    return bool(sum(single) == listed[0][0])


@click.command(help=__doc__)
@click.option("--requests", default=10_000_000, show_default=True)
@click.option("--threads", default=2, show_default=True)
def main(requests: int, threads: int) -> None:
    """Print what one lookup takes."""
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))
    try:
        with duckdb.connect(build(folder, requests, threads), read_only=True) as connection:
            connection.execute(f"set threads = {threads}")
            count = IDS.format(count=LOOKUPS)
            ids = [row[0] for row in connection.execute(count).fetchall()]
            row = "select * from landing.inference_requests where request_id = ?"
            bare = milliseconds(connection, row, ids)
            cost = milliseconds(connection, "from request_cost(?)", ids)
            exact = is_exact(connection, ids)
    finally:
        shutil.rmtree(folder)
    print("requests     bare row ms   cost ms   slowest ms   exact")
    print(
        f"{requests:>11,}   {statistics.median(bare):>9.1f}   {statistics.median(cost):>7.1f}   "
        f"{max(cost):>10.1f}   {exact}"
    )


if __name__ == "__main__":
    main()
