"""Small builds to publish, and a publish that can be killed at any step."""

import hashlib
import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from warehouse import publish as publishing
from warehouse.releases import Release

ROWS = 50
CALLS = ("replace", "rename", "fsync", "link", "symlink", "open", "unlink", "chmod")
"""The system calls through which a publish changes the disk, as Python names them."""


def make_build(home: Path, number: int) -> Path:
    """A closed build whose every row says which build it is from."""
    folder = home / "builds" / f"build-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "release.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute("create schema landing")
        connection.execute(
            f"create table landing.run as select date '2026-10-01' + {number} as usage_date"
        )
        for table in ("first", "second"):
            connection.execute(f"create table {table} as select {number} as n from range({ROWS})")
    return path


def publish_build(home: Path, build: Path, number: int, base: int, keep: int = 5) -> Release:
    """Publish a build as the pipeline does after the gate."""
    return publishing.publish(
        home,
        build,
        sha256=hashlib.sha256(build.read_bytes()).hexdigest(),
        fingerprint=f"fingerprint-{number}",
        base_generation=base,
        usage_date=date(2026, 10, 1),
        run_id=f"run-{number}",
        totals={"billed_cost USD": str(number)},
        keep=keep,
    )


def read_number(path: Path) -> int:
    """The one number that a whole release holds; fails for a torn or mixed one."""
    with duckdb.connect(path, read_only=True) as connection:
        rows = connection.execute(
            "select n, count(*) from (from first union all from second) group by n"
        ).fetchall()
    ((number, count),) = rows
    assert count == 2 * ROWS
    return int(number)


def arm(kill_at: int, mode: str, counted: Callable[[int], None]) -> None:
    """Make the `kill_at`-th call that changes the disk the last one of this process.

    Args:
        kill_at: which call, from 1; 0 only counts.
        mode: `before` dies instead of the call, `after` right behind it, `torn` after writing half
            of what the process has open for writing.
        counted: told of every call.
    """
    state = {"calls": 0}

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            state["calls"] += 1
            counted(state["calls"])
            if state["calls"] != kill_at:
                return original(*args, **kwargs)
            if mode == "error":
                raise OSError(28, "No space left on device")
            if mode == "after":
                original(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        return call

    for name in CALLS:
        setattr(os, name, wrap(getattr(os, name)))


def main() -> None:
    """Publish one build in this process: home, build number, base generation, kill point, mode."""
    home, number, base, kill_at, mode = sys.argv[1:]
    last = 0

    def counted(calls: int) -> None:
        nonlocal last
        last = calls

    build = Path(home) / "builds" / f"build-{number}" / "release.duckdb"
    arm(int(kill_at), mode, counted)
    publish_build(Path(home), build, int(number), int(base))
    print(last)  # noqa: T201 - the answer of this child process


if __name__ == "__main__":
    main()
