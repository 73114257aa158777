"""Files of a BigQuery table as flat text: `service.description`, with repeated fields as JSON.

`.parquet` files hold records as they are in BigQuery, `.jsonl` and `.ndjson` files (plain or
gzipped) one record per line, CSV files flattened records. Nothing is summed or joined here: a
record stays one row, however many credits and labels it has. Floats, as Google's own table has them
for money, become the shortest decimal that stands for the float.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow.parquet as pq

from apportion.errors import DeliveryRefused
from ingest.readers import open_table, parquet_explained
from ingest.sources import gzipped
from ingest.sources.mapped_rows import JSON_LINES
from ingest.text_blocks import UNTRUSTED

FRAME_ROWS = 50_000


def flat_rows(path: Path, name: str) -> Iterator[pl.DataFrame]:
    """The rows of a file, in frames that fit in memory; all columns are text.

    Args:
        path: the landed file.
        name: its address; the ending names the format.

    Raises:
        DeliveryRefused: the file is damaged or of another format.
    """
    ending = name.lower()
    if ending.endswith(JSON_LINES):
        yield from _json_rows(path, name)
    elif ending.endswith(".parquet"):
        with parquet_explained(path, name), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=FRAME_ROWS):
                yield flat(pl.DataFrame(pl.from_arrow(batch)))
    else:
        with open_table(path, name) as table:
            yield from table.frames


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested columns under dotted names, repeated ones as JSON text, all of them text."""
    while nested := [name for name, kind in frame.schema.items() if isinstance(kind, pl.Struct)]:
        for name in nested:
            fields = frame[name].struct.fields
            parts = (pl.col(name).struct.field(field).alias(f"{name}.{field}") for field in fields)
            frame = frame.with_columns(parts).drop(name)
    return frame.select(_text(name, kind) for name, kind in frame.schema.items())


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.List):
        wrapped = pl.struct(pl.col(name).alias("_")).struct.json_encode()
        text = wrapped.str.strip_prefix('{"_":').str.head(-1)
        return pl.when(pl.col(name).is_not_null()).then(text).alias(name)
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.replace_time_zone(None).dt.to_string("%Y-%m-%d %H:%M:%S%.6f")
    return pl.col(name).cast(pl.String)


def _json_rows(path: Path, name: str) -> Iterator[pl.DataFrame]:
    content = path.read_bytes()
    with gzipped.opened(content, name) as stream:
        lines = enumerate(gzipped.lines(stream, name, len(content)), start=1)
        while chunk := list(islice(lines, FRAME_ROWS)):
            rows = [_record(number, line, name) for number, line in chunk if line.strip()]
            columns = dict.fromkeys(key for row in rows for key in row)
            yield pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))


def _record(number: int, line: bytes, name: str) -> dict[str, str | None]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        record = error
    if not isinstance(record, dict):
        raise DeliveryRefused(
            "BAD_JSON_LINE",
            f"{name} line {number}: not a JSON object. {UNTRUSTED} Export the file again.",
        )
    return dict(_members("", record))


def _members(prefix: str, record: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and key != "credits":
            yield from _members(f"{name}.", value)
        elif value is None or isinstance(value, str):
            yield name, value
        else:
            yield name, orjson.dumps(value).decode()
