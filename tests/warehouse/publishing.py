"""Small builds to publish, and reading them back."""

from datetime import date
from pathlib import Path

import duckdb

from ingest.durable import sha256_of
from warehouse.publish import publish
from warehouse.releases import LINK, POINTER, Release, current, list_releases

ROWS = 50


def make_build(home: Path, number: int) -> Path:
    """A closed build whose every row and total says which build it is, and the gate's hash."""
    folder = home / "builds" / f"build-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "release.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute("create schema landing")
        connection.execute(f"create table landing.run as select {number} as n")
        connection.execute(
            "create table cost_ledger as select 'USD' as billing_currency, n as billed_cost, "
            f"n as effective_cost from (select {number}::decimal(38, 18) as n)"
        )
        for table in ("first", "second"):
            connection.execute(f"create table {table} as select {number} as n from range({ROWS})")
    seal(path)
    return path


def seal(build: Path) -> None:
    """Let the gate have seen a build as it is now."""
    (build.parent / "sha256").write_text(sha256_of(build))


def publish_build(home: Path, number: int, base: int, keep: int = 5) -> Release:
    """Publish a build as the pipeline does after the gate."""
    build = home / "builds" / f"build-{number}" / "release.duckdb"
    amount = f"{number}.{'0' * 18}"
    return publish(
        home,
        build,
        sha256=(build.parent / "sha256").read_text(),
        fingerprint=f"fingerprint-{number}",
        base_generation=base,
        usage_date=date(2026, 10, 1),
        run_id=f"run-{number}",
        totals={"billed_cost USD": amount, "effective_cost USD": amount},
        keep=keep,
    )


def publish_next(home: Path, number: int, keep: int = 5) -> Release:
    """Build on the current release and publish."""
    make_build(home, number)
    serving = current(home)
    return publish_build(home, number, serving.generation if serving else 0, keep)


def read_number(path: Path) -> int:
    """The one number that a whole release holds; fails for a torn or mixed one."""
    with duckdb.connect(path, read_only=True) as connection:
        return number_in(connection)


def number_in(connection: duckdb.DuckDBPyConnection) -> int:
    """The one number of an open release."""
    rows = connection.execute(
        "select n, count(*) from (from first union all from second union all from landing.run) "
        "group by n"
    ).fetchall()
    ((number, count),) = rows
    assert count == 2 * ROWS + 1
    return int(number)


def damage(path: Path, offset: int, bit: int = 0) -> None:
    """Flip one bit of a file, on a copy of its own: published files may share their blocks."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << bit
    path.unlink()
    path.write_bytes(content)


def files_of(home: Path) -> set[str]:
    """Every file that publishing keeps, by name."""
    kept = {path.name for path in (home / "releases").iterdir() if path.name[0] != "."}
    return kept | {path.name for path in home.iterdir() if not path.is_dir()}


def expected_files(home: Path) -> set[str]:
    """The files that the listed releases need, and no other."""
    releases = {release.file for release in list_releases(home)}
    manifests = {name.replace(".duckdb", ".json") for name in releases}
    return {POINTER, LINK} | releases | manifests
