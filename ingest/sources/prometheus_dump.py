"""The source kind `prometheus_dump`: files of samples, exported from a server or scraped.

    location/manifest.json    {"deliveries": [{"period": "2026-10-03", "version": "1", "files": [
                                {"key": "2026-10-03/DCGM_FI_DEV_POWER_USAGE.parquet"}, ...]}, ...]}

A parquet file has the columns `metric`, `labels` (JSON text), `sample_at` (UTC) and `value`. A
scrape is the text that an exporter serves, with a name in `.prom`, `.metrics`, `.om`,
`.openmetrics` or `.txt`, plain or gzipped. `files` can name single files instead of a manifest.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import AwareDatetime, Field

from apportion.errors import DeliveryRefused
from ingest.readers import PARQUET_BATCH, parquet_explained
from ingest.source import Batch, LandedDelivery, LandedObject
from ingest.sources.file_source import FileOptions, FileSource
from ingest.sources.samples import COLUMNS, sample_batch
from ingest.sources.scrape_text import ENDINGS, read_scrape
from ingest.text_blocks import UNTRUSTED

IS_OF_KIND = {
    "metric": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    "labels": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    "sample_at": pa.types.is_timestamp,
    "value": lambda kind: pa.types.is_floating(kind) or pa.types.is_integer(kind),
}


class PrometheusDumpOptions(FileOptions):
    """Where files of samples are."""

    scrape_time: AwareDatetime | None = Field(
        None, description="When scrapes were taken whose samples carry no time."
    )


class PrometheusDumpSource(FileSource[PrometheusDumpOptions]):
    """Files of samples below one location."""

    options_model = PrometheusDumpOptions

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The samples of a delivery, file by file.

        Raises:
            DeliveryRefused: a file is damaged, of another format, or lacks a column.
            ConfigError: samples carry no time, and `scrape_time` is not set.
        """
        for item in landed.objects:
            for frame in self._frames(item):
                yield sample_batch(frame, item.key, landed.delivery.period)

    def _frames(self, item: LandedObject) -> Iterator[pl.DataFrame]:
        name, ending = self.store.uri(item.key), item.key.lower()
        if ending.endswith(".parquet"):
            return _read_parquet(item.path, name)
        if ending.endswith(ENDINGS):
            return read_scrape(item.path, name, _naive(self._options.scrape_time))
        raise DeliveryRefused(
            "UNKNOWN_FORMAT",
            f"{name}: the name ends in neither .parquet nor {', '.join(ENDINGS)}. {UNTRUSTED} "
            "Deliver one of these.",
        )


def _naive(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC).replace(tzinfo=None) if instant else None


def _read_parquet(path: Path, name: str) -> Iterator[pl.DataFrame]:
    first = 1
    with parquet_explained(path, name), pq.ParquetFile(path) as file:
        _check_columns(file.schema_arrow, name)
        for batch in file.iter_batches(batch_size=PARQUET_BATCH, columns=list(IS_OF_KIND)):
            frame = pl.DataFrame(pl.from_arrow(batch)).with_row_index("object_row", first)
            first += frame.height
            yield frame.select(_typed(frame.schema))


def _check_columns(schema: pa.Schema, name: str) -> None:
    wrong = [
        column
        for column, is_kind in IS_OF_KIND.items()
        if column not in schema.names or not is_kind(schema.field(column).type)
    ]
    if wrong:
        raise DeliveryRefused(
            "COLUMN_MISSING",
            f"{name}: {', '.join(wrong)} missing or of another type than text (metric, labels), "
            f"timestamp (sample_at) or number (value). {UNTRUSTED} Export these four columns.",
        )


def _typed(schema: pl.Schema) -> list[pl.Expr]:
    at = pl.col("sample_at")
    if getattr(schema["sample_at"], "time_zone", None):
        at = at.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    columns = {name: pl.col(name) for name in COLUMNS} | {"sample_at": at}
    return [columns[name].cast(kind) for name, kind in COLUMNS.items()]
