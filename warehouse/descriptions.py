"""What tables and columns mean, kept in the file itself: every client shows it beside them."""

from collections.abc import Mapping
from typing import Any

import duckdb

from warehouse.prune import PUBLIC

VIEWS = f"select view_name from duckdb_views() where schema_name = '{PUBLIC}'"  # noqa: S608


def describe(connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> None:
    """Comment on every public table and view, and on their columns, with the models' descriptions.

    Args:
        connection: the release, open for writing.
        manifest: dbt's manifest of the build.
    """
    views = {name for (name,) in connection.execute(VIEWS).fetchall()}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == PUBLIC:
            kind = "view" if node["alias"] in views else "table"
            columns = {c["name"]: c["description"] for c in node["columns"].values()}
            comment(connection, kind, node["alias"], node["description"], columns)


def comment(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    name: str,
    description: str,
    columns: Mapping[str, str],
) -> None:
    """Comment on one public table or view and its columns."""
    connection.execute(f'comment on {kind} {PUBLIC}."{name}" is {_text(description)}')
    for column, meaning in columns.items():
        connection.execute(f'comment on column {PUBLIC}."{name}"."{column}" is {_text(meaning)}')


def _text(description: str) -> str:
    return "'" + " ".join(description.split()).replace("'", "''") + "'"
