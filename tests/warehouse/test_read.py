from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import polars as pl
import pytest

from apportion.errors import ConfigError
from tests.warehouse.publishing import (
    damage,
    make_build,
    number_in,
    publish_build,
    publish_next,
    seal,
)
from warehouse.mount import literal
from warehouse.read import connect
from warehouse.releases import ReleaseTampered


@pytest.fixture
def lake_file(home: Path) -> Path:
    """A file of the lake, in a release that has a view on it and one on a file beside the lake."""
    build = make_build(home, 1)
    inside = home / "lake" / "O'Neill charges" / "a.parquet"
    outside = home / "landing" / "b.parquet"
    with duckdb.connect(build) as connection:
        for name, path in (("inside", inside), ("outside", outside)):
            path.parent.mkdir(parents=True)
            connection.execute(f"copy (select 1 as n) to {literal(path)}")
            path.chmod(0o444)
            connection.execute(f"create view {name} as from read_parquet([{literal(path)}])")
    seal(build)
    publish_build(home, 1, base=0)
    return inside


@pytest.fixture
def connection(home: Path, lake_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(home) as opened:
        yield opened


def test_a_reader_keeps_its_release_and_the_next_one_sees_the_new(home: Path) -> None:
    publish_next(home, 1)
    with connect(home) as before:
        publish_next(home, 2)
        with connect(home) as after:
            assert (number_in(before), number_in(after)) == (1, 2)


def test_a_reader_outlives_its_release(home: Path) -> None:
    publish_next(home, 1)
    with connect(home) as connection:
        for number in (2, 3, 4):
            publish_next(home, number, keep=2)
        assert not (home / "releases" / "000001.duckdb").exists()
        assert number_in(connection) == 1


def test_views_read_the_lake_and_nothing_else(
    connection: duckdb.DuckDBPyConnection, lake_file: Path
) -> None:
    assert connection.execute("select n from inside").fetchall() == [(1,)]
    with pytest.raises(duckdb.PermissionException):
        connection.execute("select n from outside")
    beside = lake_file.with_name("of another release.parquet")
    lake_file.rename(beside)
    with pytest.raises(duckdb.PermissionException):
        connection.execute(f"from read_parquet([{literal(beside)}])")


def state_of(home: Path) -> list[tuple[Path, int]]:
    return sorted((path, path.stat().st_mtime_ns) for path in home.rglob("*"))


@pytest.mark.parametrize(
    "statement",
    [
        "from read_text('/etc/passwd')",
        "from read_csv('{lake}/../../landing/b.parquet')",
        "from glob('/*')",
        "copy (select 2 as n) to '{lake}/a.parquet'",
        "copy (select 2 as n) to '{lake}/new.parquet'",
        "copy first to '{home}/releases/000001.duckdb'",
        "attach '{home}/other.duckdb' as other",
        "export database '{home}/all'",
        "install httpfs",
        "load httpfs",
        "insert into first values (2)",
        "create table third as select 1",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set allowed_directories = ['/']",
        "set memory_limit = '100GB'",
        "from local_frame",
    ],
)
def test_a_reader_can_reach_and_change_nothing(
    connection: duckdb.DuckDBPyConnection, home: Path, lake_file: Path, statement: str
) -> None:
    local_frame = pl.DataFrame({"n": [1]})
    assert local_frame.height == 1
    before = state_of(home)
    lake = str(lake_file.parent).replace("'", "''")
    with pytest.raises(duckdb.Error):
        connection.execute(statement.format(home=home, lake=lake))
    assert state_of(home) == before


def test_every_connection_of_a_process_has_the_same_rules(
    connection: duckdb.DuckDBPyConnection, home: Path
) -> None:
    with ThreadPoolExecutor(8) as pool:
        others = list(pool.map(lambda _: connect(home, memory_limit="100GB"), range(8)))
    for one in (connection, *others):
        assert one.execute(
            "select current_setting('TimeZone'), current_setting('threads'), "
            "current_setting('memory_limit'), current_setting('lock_configuration')"
        ).fetchall() == [("UTC", 2, "953.6 MiB", True)]
        with pytest.raises(duckdb.PermissionException):
            one.execute("from read_text('/etc/passwd')")
    for other in others:
        other.close()


def test_large_queries_spill_outside_the_home_and_leave_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    publish_next(home, 1)
    before = set(home.rglob("*"))
    with connect(home, memory_limit="60MB", threads=1) as connection:
        rows = connection.execute(
            "select sha256(range::varchar) as text from range(600_000) order by text"
        )
        assert rows.fetchone() is not None
        assert list(scratch.rglob("*.tmp"))
    assert list(scratch.iterdir()) == []
    assert set(home.rglob("*")) == before


def test_a_damaged_release_is_named(home: Path) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    damage(home / "releases" / "000002.duckdb", 4100)
    with pytest.raises(ReleaseTampered, match=r"generation 2\. Generation 1 .* is whole"):
        connect(home)


def test_nothing_published_is_said_in_words(home: Path) -> None:
    with pytest.raises(ConfigError, match="NOTHING_PUBLISHED"):
        connect(home)
    refused = home / "builds" / "2026-10-02-1" / "gate.json"
    refused.parent.mkdir(parents=True)
    refused.write_text('{"passed": false}')
    with pytest.raises(ConfigError, match=r"NOTHING_PUBLISHED .*2026-10-02-1/gate\.json says why"):
        connect(home)
