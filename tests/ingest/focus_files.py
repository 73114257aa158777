"""Reads FOCUS files in tests the way the collector does, without a landing zone."""

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from ingest import schemas, totals
from ingest.source import ControlTotal, Delivery, LandedDelivery, LandedObject
from ingest.sources.focus import FocusSource
from ingest.stores import ObjectInfo

FIXTURES = Path(__file__).parents[1] / "fixtures" / "focus"
CHARGES = (FIXTURES / "charges_1_2.csv").read_bytes()
BILLED = Decimal("1043.7300056490400001")
EFFECTIVE = Decimal("1032.2300056490400001")


@dataclass(frozen=True)
class Read:
    """Everything that reading one delivery gave."""

    rows: pl.DataFrame
    partitions: pl.Series
    quarantined: pl.DataFrame
    totals: tuple[ControlTotal, ...]

    def total(self, field: str) -> Decimal:
        return sum((Decimal(getattr(total, field)) for total in self.totals), Decimal(0))

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return self.quarantined.select("reason_code", "column_name").rows()


def read_files(
    paths: Sequence[Path], *, period: str = "file", promised: int | None = None, **options: Any
) -> Read:
    """Read landed files as one delivery."""
    defaults = {"location": "/", "layout": "files", "files": ["any"]}
    source = FocusSource.from_options("example", defaults | options, Path("/"))
    infos = tuple(ObjectInfo(path.name, None, "") for path in paths)
    delivery = Delivery("example", period, "v1", "", infos, promised_rows=promised)
    landed = tuple(LandedObject(path.name, path, "0" * 64) for path in paths)
    batches = list(source.read(LandedDelivery(delivery, landed)))
    schema = schemas.TABLES["focus_charges"]
    assert {batch.table for batch in batches} <= {"focus_charges"}
    rows = pl.DataFrame(schema={name: schema[name] for name in schema if name != "source_name"})
    quarantined = pl.DataFrame(schema=schemas.QUARANTINE)
    return Read(
        pl.concat([rows, *(batch.rows.select(rows.columns) for batch in batches)]),
        pl.concat([pl.Series(dtype=pl.String), *(batch.partitions for batch in batches)]),
        pl.concat(
            [quarantined, *(b.quarantined for b in batches if b.quarantined is not None)],
            how="diagonal",
        ),
        totals.merge(total for batch in batches for total in batch.control_totals),
    )


def read_bytes(content: bytes, name: str = "charges.csv", **options: Any) -> Read:
    """Read one file, given as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_files([path], **options)


def table(content: bytes = CHARGES) -> list[dict[str, str]]:
    """A CSV file as rows."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def as_csv(rows: Sequence[dict[str, str]], columns: Sequence[str] | None = None) -> bytes:
    """Rows as a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def changed(row: int, **values: str) -> bytes:
    """The fixture with other values in one row (1-based)."""
    rows = table()
    rows[row - 1] |= values
    return as_csv(rows)
