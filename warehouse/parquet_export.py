"""The published tables as parquet files, for tools that do not open a DuckDB file."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from apportion.errors import ConfigError
from warehouse.folders import replaced
from warehouse.mount import literal
from warehouse.report_reading import reading

TABLES = """
    select table_name
    from information_schema.tables
    where table_catalog = 'release' and table_schema = 'main'
    order by table_name
"""


def export_parquet(release: Path, folder: Path, wanted: Sequence[str] = ()) -> dict[str, int]:
    """Write tables and views of a release as one parquet file each, money as DECIMAL.

    Args:
        release: the DuckDB file of a published release.
        folder: replaced as a whole when all is written.
        wanted: names of tables; all without any.

    Returns:
        The rows of each table.

    Raises:
        ConfigError: `NO_SUCH_TABLE`.
    """
    with reading(release) as connection:
        there = [name for (name,) in connection.execute(TABLES).fetchall()]
        unknown = sorted(set(wanted) - set(there))
        if unknown:
            raise ConfigError(
                "NO_SUCH_TABLE",
                f"The release has no table {', '.join(unknown)}. It has: {', '.join(there)}.",
            )
        with replaced(folder) as fresh:
            return {
                name: _copy(connection, name, fresh / f"{name}.parquet")
                for name in there
                if not wanted or name in wanted
            }


def _copy(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> int:
    row = connection.execute(
        f'copy (from "{name}") to {literal(path)} (format parquet, compression zstd)'
    ).fetchone()
    return int(row[0]) if row else 0
