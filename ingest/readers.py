"""Strict reading of delivered files: every value as the text that the provider wrote.

Nothing is sniffed: the format follows from the object's name, columns are bound by the names in
the header, and no type is inferred. `with open_table(path, name) as table` gives the columns at
once and the rows in frames that fit in memory. Row numbers are 1-based and count data rows.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from apportion.errors import DeliveryRefused
from ingest.text_blocks import UNTRUSTED, Limits, encoding_refused, read_blocks

PARQUET_BATCH = 1 << 16
LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class TextTable:
    """An opened file.

    `float_columns` are those that a parquet file stores as binary floats; their text is the
    shortest decimal that reads back as the same float.
    """

    columns: tuple[str, ...]
    frames: Iterator[pl.DataFrame]
    float_columns: frozenset[str] = frozenset()


@contextmanager
def open_table(
    path: Path, name: str, limits: Limits = LIMITS, *, needs_final_newline: bool = True
) -> Iterator[TextTable]:
    """Open a landed `.csv`, `.csv.gz` or `.parquet` file; all its columns are text.

    Args:
        path: the landed file.
        name: the object's address; its ending names the format, and it is named in messages.
        limits: how much the file may hold.
        needs_final_newline: refuse a CSV file that stops in the middle of a line.

    Raises:
        DeliveryRefused: on opening or while rows are read, if the file is damaged, cut, ragged, too
            large, in another format or encoding, or has an unusable header.
    """
    ending = name.lower()
    if ending.endswith(".parquet"):
        with _open_parquet(path, name, limits) as table:
            yield table
    elif ending.endswith((".csv", ".csv.gz")):
        blocks = read_blocks(path, name, limits, needs_final_newline=needs_final_newline)
        try:
            yield _open_csv(blocks, name, limits)
        finally:
            blocks.close()  # type: ignore[attr-defined]  # a generator
    else:
        raise DeliveryRefused(
            "UNKNOWN_FORMAT",
            f"{name}: the name ends in none of .csv, .csv.gz, .parquet. {UNTRUSTED} Have the "
            "provider deliver one of these.",
        )


def _open_csv(blocks: Iterator[bytes], name: str, limits: Limits) -> TextTable:
    first = next(blocks)
    header, _, rest = first.partition(b"\n")
    columns = _header(header, name)
    return TextTable(columns, _CsvRows(name, columns).frames(chain([rest], blocks), limits))


def _header(line: bytes, name: str) -> tuple[str, ...]:
    try:
        text = line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        raise encoding_refused(name, "has a header that is not UTF-8 text") from None
    try:
        columns = next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise DeliveryRefused(
            "INPUT_CSV",
            f"{name}: the header cannot be told from the rows ({error}). {UNTRUSTED} End lines "
            "with a line feed, and write quotes inside a quoted field twice.",
        ) from None
    return _checked_names(columns, name)


def _checked_names(columns: Sequence[str], name: str) -> tuple[str, ...]:
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if not columns or not all(columns) or twice:
        problem = f"names {twice[0]!r} twice" if twice else "has a column without a name"
        raise DeliveryRefused(
            "INPUT_HEADER",
            f"{name}: the header {problem}, so a value cannot be told from its column. "
            f"{UNTRUSTED} Deliver the file with distinct column names.",
        )
    return tuple(columns)


@dataclass(slots=True)
class _CsvRows:
    """Parses blocks of records, and knows how many rows and lines went before."""

    name: str
    columns: tuple[str, ...]
    row_count: int = 0
    line_count: int = 1

    def frames(self, blocks: Iterable[bytes], limits: Limits) -> Iterator[pl.DataFrame]:
        for block in blocks:
            if block and not block.isspace():
                frame = self._parse(block)
                self.row_count += frame.height
                _check_row_count(self.row_count, self.name, limits)
                yield frame
            self.line_count += block.count(b"\n")

    def _parse(self, block: bytes) -> pl.DataFrame:
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(block),
                arrow_csv.ReadOptions(column_names=list(self.columns), block_size=len(block)),
                arrow_csv.ParseOptions(newlines_in_values=True),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(self.columns, pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._explained(block, error) from None
        return _frame(table)

    def _explained(self, block: bytes, error: pa.ArrowInvalid) -> DeliveryRefused:
        """Find the row that could not be parsed, by reading the block again, slowly."""
        try:
            text = block.decode("utf-8")
        except UnicodeDecodeError as problem:
            line = self.line_count + 1 + block.count(b"\n", 0, problem.start)
            return encoding_refused(self.name, f"has a byte in line {line} that is not UTF-8")
        rows = csv.reader(io.StringIO(text, newline=""))
        row_number = self.row_count
        for row in rows:
            row_number += bool(row)
            if row and len(row) != len(self.columns):
                return DeliveryRefused(
                    "INPUT_RAGGED",
                    f"{self.name} row {row_number} (line {self.line_count + rows.line_num}): "
                    f"{len(row)} fields where the header has {len(self.columns)}. {UNTRUSTED} Ask "
                    "the provider to deliver the file again.",
                )
        return DeliveryRefused("INPUT_CSV", f"{self.name}: {error}. {UNTRUSTED} Deliver it again.")


@contextmanager
def _open_parquet(path: Path, name: str, limits: Limits) -> Iterator[TextTable]:
    with parquet_explained(path, name):
        file = pq.ParquetFile(path, page_checksum_verification=True)
    with file:
        _check_row_count(file.metadata.num_rows, name, limits)
        schema = file.schema_arrow
        columns = _checked_names(schema.names, name)
        floats = frozenset(field.name for field in schema if pa.types.is_floating(field.type))
        yield TextTable(columns, _parquet_frames(file, path, name), floats)


def _parquet_frames(file: pq.ParquetFile, path: Path, name: str) -> Iterator[pl.DataFrame]:
    with parquet_explained(path, name):
        for batch in file.iter_batches(batch_size=PARQUET_BATCH):
            texts = {
                field.name: _as_text(batch.column(index))
                for index, field in enumerate(batch.schema)
            }
            yield _frame(pa.table(texts))


def _as_text(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_timestamp(kind):
        zone = "UTC" if kind.tz else None
        return values.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.string())
    if pa.types.is_nested(kind):
        return _as_json(values)
    return values.cast(pa.string())


def _as_json(values: pa.Array) -> pa.Array:
    column = pl.DataFrame({"": pl.Series(pl.from_arrow(values))})
    texts = column.select(
        pl.when(pl.col("").is_not_null()).then(
            pl.struct("").struct.json_encode().str.strip_prefix('{"":').str.head(-1)
        )
    )
    return texts.to_series().to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())


@contextmanager
def parquet_explained(path: Path, name: str) -> Iterator[None]:
    """Turn the errors of a parquet file into the refusal of its delivery."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        with path.open("rb") as file:
            start = file.read(60).lstrip()
        code = "NOT_A_DATA_FILE" if start[:1] in (b"<", b"{") else "INPUT_PARQUET"
        reason = repr(start.decode("utf-8", "replace")) if code == "NOT_A_DATA_FILE" else error
        raise DeliveryRefused(
            code,
            f"{name}: not a readable parquet file ({reason}). {UNTRUSTED} Ask the provider to "
            "deliver the file again.",
        ) from error


def _check_row_count(row_count: int, name: str, limits: Limits) -> None:
    if row_count > limits.row_count:
        raise DeliveryRefused(
            "ROW_LIMIT",
            f"{name}: more than {limits.row_count} rows in one file. {UNTRUSTED} Ask the provider "
            "to split the export into smaller files.",
        )


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(type(frame).__name__)
    return frame
