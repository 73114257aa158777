"""What a release keeps of the relations that its building needed."""

from typing import Any

import duckdb

SCAFFOLDING = ("staging", "intermediate", "day")
PUBLIC = "main"


def prune(connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> None:
    """Drop every staging, intermediate and day relation that no public view reads.

    `landing` stays: its views are the lake files that the release was made from.

    Args:
        connection: the release, open for writing.
        manifest: dbt's manifest of the build.
    """
    kept = _behind_public_views(manifest)
    relations = connection.execute(
        """
        select schema_name, view_name, 'view' from duckdb_views() where not internal
        union all
        select schema_name, table_name, 'table' from duckdb_tables() where not internal
        order by all
        """
    ).fetchall()
    for schema, name, kind in relations:
        if schema in SCAFFOLDING and (schema, name) not in kept:
            connection.execute(f'drop {kind} "{schema}"."{name}"')
    for schema in set(SCAFFOLDING) - {schema for schema, _ in kept}:
        connection.execute(f'drop schema if exists "{schema}"')


def _behind_public_views(manifest: dict[str, Any]) -> set[tuple[str, str]]:
    """The relations that public views read, directly or through other views."""
    nodes = manifest["nodes"]
    reached: set[tuple[str, str]] = set()
    pending = [
        parent
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] == PUBLIC and _is_view(node)
        for parent in node["depends_on"]["nodes"]
    ]
    while pending:
        node = nodes.get(pending.pop())
        if node is None or (node["schema"], node["alias"]) in reached:
            continue  # a landing source, or seen before
        reached.add((node["schema"], node["alias"]))
        if _is_view(node):
            pending += node["depends_on"]["nodes"]
    return reached


def _is_view(node: dict[str, Any]) -> bool:
    return node["config"]["materialized"] in {"view", "ephemeral"}
