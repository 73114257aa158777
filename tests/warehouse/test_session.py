from pathlib import Path

import duckdb
import pytest

from apportion.settings import Warehouse
from warehouse.session import create_database, open_build

LIMITS = Warehouse(memory_limit="100MB", threads=1, keep_releases=2, storage_version="v1.4.0")


def test_the_oldest_supported_client_can_open_what_is_built(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    with create_database(path, LIMITS) as connection:
        connection.execute("create table t as select 1::decimal(38, 18) as amount")
    with open_build(path, LIMITS) as connection:
        connection.execute("insert into t values (2)")
    with duckdb.connect(path, read_only=True) as connection:
        ((tags,),) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'build'"
        ).fetchall()
    assert tags["storage_version"] == "v1.4.0+"


def test_every_session_of_a_build_has_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    create_database(path, LIMITS).close()
    for is_read_only in (False, True):
        with open_build(path, LIMITS, read_only=is_read_only) as connection:
            assert connection.execute(
                "select current_setting('TimeZone'), current_setting('threads'), "
                "current_setting('memory_limit'), current_setting('temp_directory'), "
                "current_setting('autoinstall_known_extensions'), "
                "current_setting('autoload_known_extensions')"
            ).fetchall() == [("UTC", 1, "95.3 MiB", str(tmp_path / "build.spill"), False, False)]


def test_a_build_never_continues_another_ones_file(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    create_database(path, LIMITS).close()
    with pytest.raises(FileExistsError):
        create_database(path, LIMITS)
