"""Files of any columns, read by a mapping: what the configuration calls a column, and where it is.

`.csv`, `.csv.gz` and `.parquet` files have columns by their header's names. In `.jsonl` and
`.ndjson` files, plain or gzipped, a column is a key of each line's object, or a path of keys and
numbers of list items (`usage.input_tokens`, `choices.0.finish_reason`); a key with dots in it comes
first.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from apportion.errors import DeliveryRefused
from ingest.readers import open_table
from ingest.sources import gzipped
from ingest.text_blocks import UNTRUSTED

JSON_LINES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
FRAME_ROWS = 50_000
CONTENT, NUMBER, IS_READABLE = "content", "object_row", "is_readable"


def read_rows(
    path: Path,
    name: str,
    columns: Mapping[str, str],
    null_values: Sequence[str],
    records: str | None = None,
) -> Iterator[pl.DataFrame]:
    """The rows of a file as text, in frames that fit in memory.

    A frame has the columns that are asked for, under their new names; `object_row`, counting from
    1; `content`, the whole row as text, which is not to be kept; and `is_readable`, false for a
    line that is not a JSON object.

    Args:
        path: the landed file.
        name: the object's address; its ending names the format.
        columns: where each column is, by its new name.
        null_values: texts that stand for no value.
        records: in JSON lines, the path of a list in each line whose items are the rows.

    Raises:
        DeliveryRefused: the file is damaged, of another format, or lacks a column.
    """
    if name.lower().endswith(JSON_LINES):
        frames = _json_rows(path, name, columns, records)
    else:
        frames = _table_rows(path, name, columns)
    texts = pl.col(list(columns))
    for frame in frames:
        yield frame.with_columns(pl.when(~texts.is_in(list(null_values))).then(texts))


def _table_rows(path: Path, name: str, columns: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    is_checked = name.lower().endswith(".gz")  # gzip itself tells a cut file from a whole one
    first = 1
    with open_table(path, name, needs_final_newline=not is_checked) as table:
        missing = sorted(set(columns.values()) - set(table.columns))
        if missing:
            raise DeliveryRefused(
                "COLUMN_MISSING",
                f"{name}: has no column {', '.join(missing)}; it has {', '.join(table.columns)}. "
                f"{UNTRUSTED} Correct `columns` in the configuration, or the export.",
            )
        for frame in table.frames:
            yield frame.select(
                pl.int_range(first, pl.len() + first, dtype=pl.Int64).alias(NUMBER),
                pl.concat_str(pl.all().fill_null(""), separator="\x1f").alias(CONTENT),
                pl.lit(value=True).alias(IS_READABLE),
                *(pl.col(source).alias(target) for target, source in columns.items()),
            )
            first += frame.height


def _json_rows(
    path: Path, name: str, columns: Mapping[str, str], records: str | None
) -> Iterator[pl.DataFrame]:
    content = path.read_bytes()
    paths = [tuple(source.split(".")) for source in columns.values()]
    listed = tuple(records.split(".")) if records else None
    schema = {NUMBER: pl.Int64, CONTENT: pl.String, IS_READABLE: pl.Boolean}
    with gzipped.opened(content, name) as stream:
        lines = gzipped.lines(stream, name, len(content))
        found = enumerate(chain.from_iterable(_records(line, listed) for line in lines), start=1)
        while chunk := list(islice(found, FRAME_ROWS)):
            rows = [
                (number, text, isinstance(record, dict), *(_text(_value(record, p)) for p in paths))
                for number, (text, record) in chunk
                if text
            ]
            yield pl.DataFrame(
                rows, schema=schema | dict.fromkeys(columns, pl.String), orient="row"
            )


def _records(line: bytes, listed: tuple[str, ...] | None) -> Iterator[tuple[str, Any]]:
    """The records of a line with their text: the line itself, or the items of its list."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = None
    items = _value(record, listed) if listed else None
    if isinstance(items, list):
        yield from ((orjson.dumps(item).decode(), item) for item in items)
    else:
        is_row = listed is None
        yield line.strip().decode("utf-8", "replace"), record if is_row else None


def _value(record: Any, path: tuple[str, ...]) -> Any:
    if isinstance(record, dict) and (whole := ".".join(path)) in record:
        return record[whole]
    for name in path:
        if isinstance(record, list) and name.isdigit():
            record = record[int(name)] if int(name) < len(record) else None
        else:
            record = record.get(name) if isinstance(record, dict) else None
    return record


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
