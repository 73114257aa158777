"""Publishing: a gated build becomes the next generation, or nothing changes.

    verify the file ─► link it under its final name ─► manifest ─► CURRENT ─► retire old ones

Readers see the old release until `CURRENT` is replaced and the new one from then on. A crash at any
point leaves one of the two, whole, and publishing the same build again finishes the work. A build
that was made on top of an older release than the current one is refused: it would undo another run.
"""

import os
from datetime import date
from pathlib import Path

import duckdb

from apportion.errors import Busy, GateRefused
from ingest.durable import settle, sha256_of, sync_folder, write_json
from warehouse.build_result import amounts, ledger_totals
from warehouse.recover import retire, sweep
from warehouse.releases import (
    FOLDER,
    Release,
    TableContent,
    current,
    file_name,
    link,
    point_to,
    read_pointer,
    swapping,
)

PUBLIC = "main"


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
        build: the closed DuckDB file, on the same file system as `home`. It moves to `releases/`,
            so that no later step can write to what is published.
        sha256: the hash that the gate saw.
        fingerprint: what the build was made from.
        base_generation: the generation that was current when the build began; 0 for none.
        usage_date: the newest usage day of the build.
        run_id: the run that made it.
        totals: what the ledger of the build attributes, per measure and currency, as exact text.
        keep: how many releases stay for rollback.

    Returns:
        The new release, or the current one where it has the same fingerprint already.

    Raises:
        Busy: `LOST_LEASE`, another run published in the meantime.
        GateRefused: `BUILD_CHANGED`, the file is not the one that the gate saw.
    """
    with swapping(home):
        sweep(home)
        serving = current(home)
        if serving and serving.fingerprint == fingerprint:
            release = serving
            _point_again(home, release)
        else:
            _refuse_late(build, serving, base_generation)
            tables = _check(build, sha256, totals)
            generation = _next_generation(home)
            release = Release(
                generation=generation,
                file=file_name(generation),
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
        _take_away(build, release.path(home))
        retire(home, keep)
        return release


def _point_again(home: Path, release: Release) -> None:
    """Finish what an interrupted publish of the same build left undone; mostly nothing."""
    pointer = read_pointer(home)
    if pointer and pointer.generation == release.generation:
        link(home, release)
    else:
        point_to(home, release)


def _take_away(build: Path, published: Path) -> None:
    """Leave no second name by which a build's later steps could write to a published file."""
    if build.exists() and build.samefile(published):
        build.unlink()


def _refuse_late(build: Path, serving: Release | None, base_generation: int) -> None:
    """Compare and swap: what the build is based on is still what readers see."""
    generation = serving.generation if serving else 0
    if generation != base_generation:
        raise Busy(
            "LOST_LEASE",
            f"{build}: generation {generation} is current, but this build is based on "
            f"{base_generation}. Nothing was published. Run again to build on the newest.",
        )


def _next_generation(home: Path) -> int:
    """A number above every one that was ever current, those of damaged releases included."""
    pointer = read_pointer(home)
    numbers = [int(path.stem) for path in (home / FOLDER).glob("[0-9]*.json")]
    return 1 + max([*numbers, pointer.newest if pointer else 0])


def _check(build: Path, sha256: str, totals: dict[str, str]) -> dict[str, TableContent]:
    """Read the whole file once more: the gate's bytes, no log beside it, the build's totals."""
    is_closed = not build.with_name(build.name + ".wal").exists()
    if is_closed and build.is_file() and sha256_of(build) == sha256:
        try:
            with duckdb.connect(build, read_only=True) as connection:
                contents = _contents(connection)
                if amounts(ledger_totals(connection)) == totals:
                    return contents
        except duckdb.Error as error:
            raise _changed(build, f"DuckDB cannot read it whole: {error}") from error
    raise _changed(build, "it is not the one that was built and passed the gate")


def _changed(build: Path, what: str) -> GateRefused:
    return GateRefused(
        "BUILD_CHANGED", f"{build}: {what}. Nothing was published. Build again; look at the disk."
    )


def table_contents(database: Path) -> dict[str, TableContent]:
    """Row count and content hash of every table of a closed DuckDB file's schema `main`."""
    with duckdb.connect(database, read_only=True) as connection:
        return _contents(connection)


def _contents(connection: duckdb.DuckDBPyConnection) -> dict[str, TableContent]:
    """The public tables; the others are read as well, because DuckDB checks a block on reading."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() order by all"
    ).fetchall()
    contents = {table: _content(connection, *table) for table in tables}
    return {name: content for (schema, name), content in contents.items() if schema == PUBLIC}


def _content(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> TableContent:
    content = "count(*), coalesce(sum(cast(hash(t) as hugeint)), 0)"
    row = connection.execute(f'select {content} from "{schema}"."{table}" as t').fetchone()  # noqa: S608
    assert row is not None  # noqa: S101 - an aggregate has a row
    return TableContent(row_count=row[0], content_hash=f"{row[1]:x}")


def _place(build: Path, target: Path) -> None:
    """Give the build its final name beside its own, which goes when readers see the release."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.hardlink_to(build)
    settle(temporary, target)
    sync_folder(target.parent)
