"""Mounting: schema `landing` holds one view per lake table over exactly the files that count.

Models read `source('landing', …)` and nothing else. No file is found by a pattern, and no text from
outside gets into SQL: file names are hashes in folders of ours, rows are bound.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from apportion.errors import ConfigError
from apportion.settings import Settings
from ingest.ledger import DeliveryVersion, LakeFile
from ingest.schemas import QUARANTINE, TABLES
from ingest.source import ControlTotal
from ingest.totals import merge
from warehouse.closings import ENTRIES, ENTRY

if TYPE_CHECKING:
    from warehouse.plan import Plan

SQL_TYPES: Mapping[type[pl.DataType], str] = {
    pl.String: "varchar",
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp",
}
CONTROL_TYPES = {
    "billing_period": "date",
    "row_count": "bigint",
    "quarantined_row_count": "bigint",
}
GLOB_CHARACTERS = set("*?[]{}")


def sql_type(dtype: pl.DataType | type[pl.DataType]) -> str:
    """The DuckDB type of a lake column.

    Raises:
        KeyError: the lake has no columns of this type.
    """
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    return SQL_TYPES[dtype if isinstance(dtype, type) else type(dtype)]


def mount(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, pl.DataType | type[pl.DataType]],
    paths: Iterable[Path],
) -> None:
    """Create a view over exactly these parquet files, in this order; typed and empty for none."""
    listed = ", ".join(literal(path) for path in paths)
    if listed:
        names = ", ".join(f'"{name}"' for name in columns)
        body = f"select {names} from {parquet(listed)}"  # noqa: S608
    else:
        names = ", ".join(f'cast(null as {sql_type(t)}) as "{n}"' for n, t in columns.items())
        body = f"select {names} where false"
    connection.execute(f"create view {relation} as {body}")


def parquet(listed: str) -> str:
    """The table function over a list of quoted files, which takes nothing from their paths."""
    return f"read_parquet([{listed}], hive_partitioning = false)"


def literal(path: Path) -> str:
    """A file's path as an SQL string that stands for this file alone.

    Raises:
        ConfigError: `HOME_UNUSABLE`, a path that DuckDB would take for a pattern.
    """
    text = str(path)
    if GLOB_CHARACTERS & set(text):
        raise ConfigError(
            "HOME_UNUSABLE",
            f"{path}: the path has one of * ? [ ] {{ }}, which DuckDB would read as a pattern for "
            "several files. Keep the home folder under a path without them (--home).",
        )
    return "'" + text.replace("'", "''") + "'"


def mount_lake(connection: duckdb.DuckDBPyConnection, files: Sequence[LakeFile]) -> None:
    """Create schema `landing` with a view per lake table."""
    connection.execute("create schema landing")
    for table, columns in TABLES.items():
        paths = [file.path for file in files if file.table == table]
        mount(connection, f"landing.{table}", columns, paths)


def mount_run(
    connection: duckdb.DuckDBPyConnection, settings: Settings, plan: "Plan", *, has_dates: bool
) -> None:
    """Create `landing.run`, one row of parameters.

    A build of days leaves the dates empty: the result of a day may not depend on when it is asked
    for.
    """
    organization = settings.organization
    connection.execute(
        """
        create table landing.run as select
            cast($1 as date) as usage_date,
            cast($2 as date) as first_usage_date,
            cast($3 as varchar) as organization_name,
            cast($4 as varchar) as reporting_currency,
            cast($5 as varchar) as statement_measure,
            cast($6 as varchar) as reporting_time_zone,
            cast($7 as varchar) as settings_version,
            cast($8 as varchar) as code_version
        """,
        [
            plan.usage_date if has_dates else None,
            plan.first_usage_date if has_dates else None,
            organization.name,
            organization.reporting_currency,
            organization.statement_measure,
            organization.reporting_time_zone,
            plan.settings_version,
            plan.code_version,
        ],
    )


def mount_ledger(connection: duckdb.DuckDBPyConnection, settings: Settings, plan: "Plan") -> None:
    """Create the tables that say what was delivered, and the view of what could not be trusted."""
    quarantined = [d.quarantined.path for d in plan.deliveries if d.quarantined]
    mount(connection, "landing.quarantined_rows", QUARANTINE, quarantined)
    _table(
        connection,
        "sources (source_name varchar, kind varchar, presence varchar)",
        [(source.name, source.kind, source.presence) for source in settings.sources],
    )
    _table(
        connection,
        "deliveries (source_name varchar, kind varchar, period varchar, version varchar, "
        "delivery_id varchar, object_count bigint, row_count bigint)",
        [
            (d.source_name, d.kind, d.period, d.version, d.delivery_id, d.object_count, d.row_count)
            for d in plan.deliveries
        ],
    )
    _table(
        connection,
        "refused_deliveries (source_name varchar, kind varchar, period varchar, version varchar, "
        "delivery_id varchar, code varchar, message varchar)",
        [
            (r.source_name, r.kind, r.period, r.version, r.delivery_id, r.code, r.message)
            for r in plan.refusals
        ],
    )
    _table(
        connection,
        "lake_files (table_name varchar, source_name varchar, partition varchar, path varchar, "
        "sha256 varchar, row_count bigint)",
        [
            (f.table, f.source_name, f.partition, str(f.path), f.sha256, f.row_count)
            for f in plan.files
        ],
    )
    _control_totals(connection, plan)
    _table(
        connection,
        "delivery_versions (source_name varchar, kind varchar, period varchar, version varchar, "
        "delivery_id varchar, ordinal bigint, is_current boolean, approved_by varchar, "
        "approval_reason varchar, provider varchar, billing_account_id varchar, "
        "billing_period date, billing_currency varchar, row_count bigint, billed_cost varchar, "
        "effective_cost varchar)",
        [row for version in plan.versions for row in _version_rows(version, plan)],
    )
    mount(
        connection,
        "landing.closed_entries",
        ENTRY,
        [closing.folder(settings.home) / ENTRIES for closing in plan.closings],
    )
    _table(
        connection,
        "closings (billing_period date, charged_measure varchar, closed_by varchar, "
        "closed_at timestamp)",
        [
            (c.billing_period, c.charged_measure, c.closed_by, c.closed_at.replace(tzinfo=None))
            for c in plan.closings
        ],
    )


def _control_totals(connection: duckdb.DuckDBPyConnection, plan: "Plan") -> None:
    """Amounts stay the exact text that the ledger holds."""
    columns = ", ".join(
        f"{field.name} {CONTROL_TYPES.get(field.name, 'varchar')}" for field in fields(ControlTotal)
    )
    _table(
        connection,
        f"control_totals (source_name varchar, delivery_id varchar, {columns})",
        [
            (delivery.source_name, delivery.delivery_id, *astuple(total))
            for delivery in plan.deliveries
            for total in delivery.control_totals
            if plan.covers(total.partition)
        ],
    )


def _version_rows(version: DeliveryVersion, plan: "Plan") -> Iterator[tuple[object, ...]]:
    """A row per billing account, month and currency of a delivery; one for a delivery of none."""
    counted, approval = version.counted, version.approval
    head = (
        *(counted.source_name, counted.kind, counted.period, counted.version),
        *(counted.delivery_id, version.ordinal, version.is_current),
        *((approval.approved_by, approval.reason) if approval else (None, None)),
    )
    covered = (t for t in counted.control_totals if plan.covers(t.partition))
    totals = merge(replace(total, partition="") for total in covered)
    for t in totals:
        account = (t.service_provider_name, t.billing_account_id, t.billing_period)
        amounts = (t.billing_currency, t.row_count, t.billed_cost, t.effective_cost)
        yield (*head, *account, *amounts)
    if not counted.control_totals:
        yield (*head, None, None, None, None, counted.row_count, None, None)


def _table(
    connection: duckdb.DuckDBPyConnection, definition: str, rows: Sequence[tuple[object, ...]]
) -> None:
    connection.execute(f"create table landing.{definition}")
    if rows:
        frame = pl.DataFrame(rows, orient="row", infer_schema_length=None)
        connection.from_arrow(frame.to_arrow()).insert_into(
            "landing." + definition.split(" ", 1)[0]
        )
