"""Rows of telemetry and request logs that cannot be trusted, in the form of `schemas.QUARANTINE`.

These rows carry no amounts; those of a bill are quarantined by `ingest.sources.focus.quarantine`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
import polars as pl

from ingest.schemas import QUARANTINE

LONGEST_FIELD = 200
LONGEST_RECORD = 2_000
COLUMNS = {
    name: QUARANTINE[name]
    for name in ("table_name", "object_key", "object_row", "reason_code", "column_name")
} | {name: QUARANTINE[name] for name in ("message", "record")}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row, why it cannot be trusted, and which column shows it (empty if it is the whole row)."""

    number: int
    code: str
    column: str
    message: str
    record: dict[str, object]


def quarantined_rows(table: str, object_key: str, rows: Iterable[BadRow]) -> pl.DataFrame:
    """The bad rows of one object, less what the collector adds."""
    values = [
        (table, object_key, row.number, row.code, row.column, row.message, _text(row.record))
        for row in rows
    ]
    return complete(pl.DataFrame(values, schema=COLUMNS, orient="row"))


def complete(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that only the rows of a bill fill."""
    missing = (
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in QUARANTINE.items()
        if name not in rows.columns and name not in ("source_name", "delivery_id")
    )
    return rows.with_columns(missing)


def _text(record: dict[str, object]) -> str:
    """The record as JSON text, its texts cut short."""
    short = {
        name: value[:LONGEST_FIELD] if isinstance(value, str) else value
        for name, value in record.items()
        if value is not None
    }
    return orjson.dumps(short, default=str).decode()[:LONGEST_RECORD]
