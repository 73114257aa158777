"""Publishing: a gated build becomes the next generation, or nothing changes.

    verify the file ─► link it under its final name ─► manifest ─► CURRENT ─► retire old ones

Readers see the old release until `CURRENT` is replaced and the new one from then on. A crash at any
point leaves one of the two, whole, and publishing the same build again finishes the work. A build
that was made on top of an older release than the current one is refused: it would undo another run.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from apportion.errors import Busy, GateRefused
from ingest.durable import make_folder, settle, sha256_of, sync_folder, write_json
from warehouse.releases import (
    FOLDER,
    Release,
    TableContent,
    current,
    list_releases,
    point_to,
    retire,
)


def publish(
    home: Path,
    build: Path,
    *,
    sha256: str,
    fingerprint: str,
    base_generation: int,
    usage_date: date,
    run_id: str,
    totals: dict[str, str],
    keep: int,
) -> Release:
    """Publish a build that passed the gate.

    Args:
        home: the home folder.
        build: the closed DuckDB file, on the same file system as `home`.
        sha256: the hash that the gate saw.
        fingerprint: what the build was made from.
        base_generation: the generation that was current when the build began; 0 for none.
        usage_date: the newest usage day of the build.
        run_id: the run that made it.
        totals: what the release attributes, per currency and measure, as exact decimal text.
        keep: how many releases stay for rollback.

    Returns:
        The new release, or the current one where it has the same fingerprint already.

    Raises:
        Busy: `LOST_LEASE`, another run published in the meantime.
        GateRefused: `BUILD_CHANGED`, the file is not the one that the gate saw.
    """
    make_folder(home / FOLDER)
    with _publishing(home):
        serving = current(home)
        if serving and serving.fingerprint == fingerprint:
            point_to(home, serving)
            return serving
        generation = serving.generation if serving else 0
        if generation != base_generation:
            raise Busy(
                "LOST_LEASE",
                f"{build}: generation {generation} is current, but this build is based on "
                f"{base_generation}. Nothing was published. Run again to build on the newest.",
            )
        tables = _check(build, sha256)
        published = list_releases(home)
        number = 1 + max((r.generation for r in published), default=0)
        release = Release(
            generation=number,
            file=f"{number:06d}.duckdb",
            sha256=sha256,
            size=build.stat().st_size,
            fingerprint=fingerprint,
            usage_date=usage_date,
            run_id=run_id,
            tables=tables,
            totals=totals,
        )
        _place(build, release.path(home))
        write_json(release.path(home).with_suffix(".json"), release.model_dump(mode="json"))
        point_to(home, release)
        retire(home, keep)
        return release


@contextmanager
def _publishing(home: Path) -> Iterator[None]:
    """Compare and swap of `CURRENT` happens in one process at a time."""
    with (home / FOLDER / ".publish.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _check(build: Path, sha256: str) -> dict[str, TableContent]:
    """Read the whole file once more: its bytes are the gate's, and every block can be read."""
    if build.with_name(build.name + ".wal").exists() or sha256_of(build) != sha256:
        raise GateRefused(
            "BUILD_CHANGED",
            f"{build}: the file is not the one that passed the gate. Nothing was published. "
            "Build again.",
        )
    return table_contents(build)


def table_contents(database: Path) -> dict[str, TableContent]:
    """Row count and content hash of every table of a closed DuckDB file's schema `main`."""
    with duckdb.connect(database, read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main' "
            "and table_type = 'BASE TABLE' order by table_name"
        ).fetchall()
        return {name: _content(connection, name) for (name,) in tables}


def _content(connection: duckdb.DuckDBPyConnection, table: str) -> TableContent:
    row = connection.execute(
        f'select count(*), coalesce(sum(cast(hash(t) as hugeint)), 0) from main."{table}" as t'  # noqa: S608
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has a row
    return TableContent(row_count=row[0], content_hash=f"{row[1]:x}")


def _place(build: Path, target: Path) -> None:
    """Give the build its final name; it keeps its own, so that publishing can be repeated."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.hardlink_to(build)
    settle(temporary, target)
    sync_folder(target.parent)
