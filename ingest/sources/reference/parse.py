"""One reference table, read strictly; every problem is named by file, line and column."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from ingest import schemas
from ingest.registry import suggestion
from ingest.sources.reference import rules

ALWAYS = date(1970, 1, 1)
"""An empty `valid_from`: the row has always been in force."""

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}")
NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{1,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?")


class TableError(Exception):
    """A table cannot be used; the message starts at the file name."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: where it stands and what it says."""

    line: int
    number: int
    values: dict[str, Any]

    def overlaps(self, later: "Row") -> bool:
        """Whether it is still in force when a row that starts no earlier begins."""
        end = self.values["valid_to"]
        return end is None or bool(later.values["valid_from"] < end)


def parse(table: str, content: bytes) -> tuple[list[Row], list[str]]:
    """The rows of a table and every problem found in it; a row with a problem is left out.

    Raises:
        TableError: the file is not CSV text, or has not the table's columns.
    """
    name = f"{table}.csv"
    lines = _lines(name, content)
    _, header = next(lines, (1, []))
    _check_header(name, header, table)
    rows, problems = [], []
    for number, (line, cells) in enumerate(lines, start=1):
        if len(cells) != len(header):
            problems.append(f"{name}:{line} has {len(cells)} cells, the header {len(header)}.")
            continue
        values, wrong = _typed(table, dict(zip(header, (c.strip() for c in cells), strict=True)))
        problems += [f"{name}:{line} column {column}: {text}" for column, text in wrong]
        if not wrong:
            rows.append(Row(line, number, values))
    return rows, problems


def _lines(name: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TableError(f"{name}:{line} is not UTF-8 text; save the file as CSV UTF-8.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise TableError(f"{name}:{reader.line_num} is not valid CSV: {error}.") from None


def _check_header(name: str, header: list[str], table: str) -> None:
    """Columns that may be empty may be left out, so that a table can gain one."""
    wanted = list(schemas.REFERENCE[table])
    unknown = [column for column in header if column not in wanted]
    absent = [column for column in wanted if column not in header]
    missing = [column for column in absent if column not in rules.OPTIONAL[table]]
    repeated = sorted({column for column in header if header.count(column) > 1})
    problems = [f'has an unknown column "{c}"{suggestion(c, absent or wanted)}' for c in unknown]
    problems += [f'has no column "{column}"' for column in missing]
    problems += [f'has the column "{column}" twice' for column in repeated]
    if problems:
        raise TableError(f"{name}:1 {'; '.join(problems)}. Its columns are: {', '.join(wanted)}.")


def _typed(table: str, cells: dict[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    values: dict[str, Any] = {}
    problems = []
    for column, dtype in schemas.REFERENCE[table].items():
        try:
            values[column] = _value(table, column, dtype, cells.get(column, ""))
        except ValueError as error:
            problems.append((column, f"{error}."))
    start, end = values.get("valid_from"), values.get("valid_to")
    if not problems and end is not None and end <= start:
        problems.append(("valid_to", f"{end} is not after valid_from ({start})."))
    return values, problems


def _value(table: str, column: str, dtype: pl.DataType | type[pl.DataType], text: str) -> Any:
    if not text:
        return _empty(table, column)
    if dtype == pl.Date:
        return _date(text)
    if dtype == pl.Int64:
        return _within(_whole_number(text), column, text)
    if isinstance(dtype, pl.Decimal):
        return _within(_decimal(text, dtype), column, text)
    return _choice(table, column, text)


def _empty(table: str, column: str) -> Any:
    if column == "valid_from":
        return ALWAYS
    if column in rules.OPTIONAL[table] or column == "valid_to":
        return rules.DEFAULTS.get((table, column))
    raise ValueError("is empty")


def _date(text: str) -> date:
    if ISO_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f'"{text}" is not a date of the form YYYY-MM-DD')


def _whole_number(text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text):
        raise ValueError(f'"{text}" is not a whole number')
    return int(text)


def _decimal(text: str, dtype: pl.Decimal) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise ValueError(f'"{text}" is not a decimal number')
    number = Decimal(text)
    _, digits, exponent = number.normalize().as_tuple()
    places = max(0, -int(exponent))
    if places > dtype.scale:
        raise ValueError(f'"{text}" has more than {dtype.scale} decimal places')
    if len(digits) + int(exponent) > dtype.precision - dtype.scale:
        raise ValueError(f'"{text}" is too large')
    return number


def _within(number: Any, column: str, text: str) -> Any:
    if column in rules.POSITIVE and number <= 0:
        raise ValueError(f'"{text}" is not greater than 0')
    if column in rules.BELOW_ONE and number >= 1:
        raise ValueError(f'"{text}" is not less than 1')
    if number < rules.MINIMUM.get(column, number):
        raise ValueError(f'"{text}" is less than {rules.MINIMUM[column]}')
    if number > rules.MAXIMUM.get(column, number):
        raise ValueError(f'"{text}" is more than {rules.MAXIMUM[column]}')
    return number


def _choice(table: str, column: str, text: str) -> str:
    choices = rules.CHOICES.get((table, column))
    if choices and text not in choices:
        raise ValueError(
            f'"{text}" is not known{suggestion(text, choices)}; one of {", ".join(choices)}'
        )
    return text
