"""How the report reads a release."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from warehouse.cells import clean_text
from warehouse.mount import literal

Row = dict[str, Any]


@contextmanager
def reading(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a release read-only under the name that its views know it by."""
    config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    with duckdb.connect(config=dict(config)) as connection:
        connection.execute(f"attach {literal(release)} as release (read_only)")
        connection.execute("use release")
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def fetch(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query; text from outside comes without invisible characters."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [
        {
            name: clean_text(value) if isinstance(value, str) else value
            for name, value in zip(names, values, strict=True)
        }
        for values in cursor.fetchall()
    ]
