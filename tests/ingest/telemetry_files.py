"""Reads files of telemetry and request logs in tests the way the collector does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ingest import schemas
from ingest.source import Delivery, LandedDelivery, LandedObject, Source
from ingest.sources.mapped_store import MappedStore
from ingest.stores import ObjectInfo

FIXTURES = Path(__file__).parents[1] / "fixtures"
ABSENT = {"source_name", "object_sha256", "delivery_id"}


@dataclass(frozen=True)
class Read:
    """Everything that reading one delivery gave."""

    rows: pl.DataFrame
    partitions: pl.Series
    quarantined: pl.DataFrame

    @property
    def reasons(self) -> Counter[str]:
        return Counter(self.quarantined["reason_code"])


def read_files(source: Source, paths: Sequence[Path], period: str = "file") -> Read:
    """Read files as one delivery, and hold what comes to the lake schema."""
    infos = tuple(ObjectInfo(path.name, None, "") for path in paths)
    delivery = Delivery(source.name, period, "1", "", infos)
    with TemporaryDirectory() as folder:
        landed = tuple(_landed(source, path, Path(folder)) for path in paths)
        batches = list(source.read(LandedDelivery(delivery, landed)))
    (table,) = {batch.table for batch in batches}
    rows = [batch.rows.select(_columns(schemas.TABLES[table])) for batch in batches]
    bad = [b.quarantined for b in batches if b.quarantined is not None]
    for batch in batches:
        assert batch.rows.height == batch.partitions.len()
    return Read(
        pl.concat([_empty(schemas.TABLES[table]), *rows]),
        pl.concat([pl.Series(dtype=pl.String), *(batch.partitions for batch in batches)]),
        pl.concat(
            [_empty(schemas.QUARANTINE), *(b.select(_columns(schemas.QUARANTINE)) for b in bad)]
        ),
    )


def _landed(source: Source, path: Path, folder: Path) -> LandedObject:
    """The file as it lands: whole, or where the source leaves something out of it, without that."""
    if isinstance(source.store, MappedStore):
        whole, path = path, folder / path.name
        source.store.write(whole, path.name, path)
    return LandedObject(path.name, path, "0" * 64)


def _columns(schema: schemas.Columns | object) -> list[str]:
    return [name for name in schema if name not in ABSENT]  # type: ignore[attr-defined]


def _empty(schema: schemas.Columns) -> pl.DataFrame:
    return pl.DataFrame(schema={name: schema[name] for name in _columns(schema)})
