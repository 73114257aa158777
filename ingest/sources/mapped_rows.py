"""Files of any columns, read by a mapping: what the configuration calls a column, and where it is.

`.csv`, `.csv.gz` and `.parquet` files have columns by their header's names. In `.jsonl` and
`.ndjson` files, plain or gzipped, a column is a key of each line's object, or a path of keys and
numbers of list items (`usage.input_tokens`, `choices.0.finish_reason`); a key with dots in it comes
first. `.json` files are one such document, or a list of records. A path goes on inside a text that
is itself JSON, as in a column of a table.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from apportion.errors import DeliveryRefused
from ingest.readers import open_table
from ingest.sources import gzipped
from ingest.sources.requests import TOKENS, sum_of_counts
from ingest.text_blocks import UNTRUSTED

JSON_LINES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
JSON_DOCUMENTS = (".json", ".json.gz")
FRAME_ROWS = 50_000
NUMBER, IS_READABLE = "object_row", "is_readable"
MARKS = {NUMBER: pl.Int64, IS_READABLE: pl.Boolean}

INDEX = re.compile(r"-?[0-9]{1,9}")
"""The number of a list's item; -1 is the last."""

Columns = Mapping[str, str | Sequence[str]]
"""Where a column is, by its new name; several places where it is spread, or has had other names."""


def read_rows(
    path: Path, name: str, columns: Columns, null_values: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """The rows of a file as text, in frames that fit in memory.

    A frame has the columns that are asked for, under their new names, and what `raw_rows` marks.

    Args:
        path: the landed file.
        name: the object's address; its ending names the format.
        columns: where each column is, by its new name.
        null_values: texts that stand for no value.

    Raises:
        DeliveryRefused: the file is damaged, of another format, or lacks a column.
    """
    for frame in raw_rows(path, name, columns):
        yield named(frame, columns, null_values)


def places_of(columns: Columns) -> tuple[str, ...]:
    """Every place that a mapping looks at."""
    every = (_places(source) for source in columns.values())
    return tuple(dict.fromkeys(chain.from_iterable(every)))


def raw_rows(
    path: Path, name: str, columns: Columns, records: str | None = None
) -> Iterator[pl.DataFrame]:
    """What stands at each place of a mapping, row by row, as text.

    A frame has a column for each place; `object_row`, counting from 1; and `is_readable`, false for
    a line that is not a JSON object.

    Args:
        path: the file.
        name: the object's address; its ending names the format.
        columns: where each column is, by its new name.
        records: in JSON, the path of a list in each line whose items are the rows.

    Raises:
        DeliveryRefused: the file is damaged, of another format, or lacks a column.
    """
    ending = name.lower()
    if ending.endswith((*JSON_LINES, *JSON_DOCUMENTS)):
        return _json_rows(path, name, places_of(columns), records)
    return _table_rows(path, name, columns)


def named(frame: pl.DataFrame, columns: Columns, null_values: Sequence[str]) -> pl.DataFrame:
    """Rows of places with their columns under new names.

    A column of several places is the sum of what stands there if it counts something, else the
    first that is there.
    """
    nothing = list(null_values)

    def told(name: str, source: str | Sequence[str]) -> pl.Expr:
        texts = [pl.when(~pl.col(p).is_in(nothing)).then(pl.col(p)) for p in _places(source)]
        combined = sum_of_counts(texts) if name in TOKENS and len(texts) > 1 else pl.coalesce(texts)
        return combined.alias(name)

    return frame.select(*MARKS, *(told(name, source) for name, source in columns.items()))


def _places(source: str | Sequence[str]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source)


def _table_rows(path: Path, name: str, columns: Columns) -> Iterator[pl.DataFrame]:
    is_checked = name.lower().endswith(".gz")  # gzip itself tells a cut file from a whole one
    first = 1
    with open_table(path, name, needs_final_newline=not is_checked) as table:
        _check_all_are_there(table.columns, columns, name)
        places = places_of(columns)
        for frame in table.frames:
            yield frame.select(
                pl.int_range(first, pl.len() + first, dtype=pl.Int64).alias(NUMBER),
                pl.lit(value=True).alias(IS_READABLE),
                *(_of_table(frame, place) for place in places),
            )
            first += frame.height


def _check_all_are_there(header: Sequence[str], columns: Columns, name: str) -> None:
    """Refuse a table without a column: one of several names, or all parts of a count."""
    missing = set[str]()
    for column, source in columns.items():
        absent = [place for place in _places(source) if _column(header, place) is None]
        if absent and (column in TOKENS or len(absent) == len(_places(source))):
            missing |= set(absent)
    if missing:
        raise DeliveryRefused(
            "COLUMN_MISSING",
            f"{name}: has no column {', '.join(sorted(missing))}; it has {', '.join(header)}. "
            f"{UNTRUSTED} Correct `columns` in the configuration, or the export.",
        )


def _column(header: Sequence[str], place: str) -> str | None:
    """The column in which a place is: of its own name, or of the start of its path."""
    parts = place.split(".")
    starts = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((start for start in starts if start in header), None)


def _of_table(frame: pl.DataFrame, place: str) -> pl.Series:
    column = _column(frame.columns, place)
    if column is None:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True).alias(place)
    if column == place:
        return frame[column]
    path = tuple(place.removeprefix(f"{column}.").split("."))
    texts = [_text(_value(text, path)) for text in frame[column]]
    return pl.Series(place, texts, dtype=pl.String)


def _json_rows(
    path: Path, name: str, places: tuple[str, ...], records: str | None
) -> Iterator[pl.DataFrame]:
    content = path.read_bytes()
    paths = [tuple(place.split(".")) for place in places]
    listed = tuple(records.split(".")) if records else None
    if name.lower().endswith(JSON_DOCUMENTS):
        texts: Iterable[bytes] = [gzipped.read_whole(content, name)]
        yield from _frames(_found(texts, listed), places, paths)
        return
    with gzipped.opened(content, name) as stream:
        lines = gzipped.lines(stream, name, len(content))
        yield from _frames(_found(lines, listed), places, paths)


def _found(texts: Iterable[bytes], listed: tuple[str, ...] | None) -> Iterator[Any]:
    """Every record of the lines; `...` for a line that is empty."""
    for text in texts:
        yield from _records(text, listed) if text.strip() else (...,)


def _frames(
    found: Iterator[Any], places: tuple[str, ...], paths: Sequence[tuple[str, ...]]
) -> Iterator[pl.DataFrame]:
    schema = {**MARKS, **dict.fromkeys(places, pl.String)}
    numbered = enumerate(found, start=1)
    while chunk := list(islice(numbered, FRAME_ROWS)):
        rows = [
            (number, isinstance(record, dict), *(_text(_value(record, path)) for path in paths))
            for number, record in chunk
            if record is not ...
        ]
        yield pl.DataFrame(rows, schema=schema, orient="row")


def _records(text: bytes, listed: tuple[str, ...] | None) -> Iterator[Any]:
    """The records of a line: itself, its items where it is a list, or those of a list in it."""
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError:
        record = None
    items = _value(record, listed) if listed else record
    if isinstance(items, list) and (items or listed):
        yield from items
    else:
        yield record if listed is None else None


def _value(record: Any, path: tuple[str, ...]) -> Any:
    if isinstance(record, dict) and (whole := ".".join(path)) in record:
        return record[whole]
    for position, name in enumerate(path):
        if isinstance(record, str):
            return _value(_parsed(record), path[position:])
        if isinstance(record, list) and INDEX.fullmatch(name):
            record = record[int(name)] if -len(record) <= int(name) < len(record) else None
        else:
            record = record.get(name) if isinstance(record, dict) else None
    return record


def _parsed(text: str) -> Any:
    """The document that a text is; None if it is none."""
    try:
        found = orjson.loads(text) if text.lstrip().startswith(("{", "[")) else None
    except orjson.JSONDecodeError:
        return None
    return found


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
