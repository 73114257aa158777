"""DuckDB sessions of the warehouse: the same limits and rules wherever a file is written."""

from pathlib import Path

import duckdb

from apportion.settings import Warehouse


def create_database(path: Path, warehouse: Warehouse) -> duckdb.DuckDBPyConnection:
    """Create a DuckDB file that the oldest supported client can open, for writing.

    Raises:
        FileExistsError: there is such a file; a build never continues another one's.
    """
    if path.exists():
        raise FileExistsError(path)
    return _connect(path, warehouse, storage_compatibility_version=warehouse.storage_version)


def open_build(
    path: Path, warehouse: Warehouse, *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a file of a build; never one that is published."""
    return _connect(path, warehouse, read_only=read_only)


def _connect(
    path: Path, warehouse: Warehouse, *, read_only: bool = False, **more: str
) -> duckdb.DuckDBPyConnection:
    """Open a file with the limits of a build; nothing is ever loaded from the network."""
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": warehouse.memory_limit,
        "threads": warehouse.threads,
        "temp_directory": str(path.with_suffix(".spill")),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(path, read_only=read_only, config=limits | more)
    connection.execute("set TimeZone = 'UTC'")
    return connection
