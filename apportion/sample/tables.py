"""The tables that describe the company: one CSV file each, one dataclass per row."""

import csv
import io
import json
from importlib import resources
from typing import Any, TypeVar

from pydantic import TypeAdapter

Row = TypeVar("Row")


def read(name: str, row: type[Row]) -> tuple[Row, ...]:
    """Read a table; an empty cell takes the default of its column.

    Raises:
        pydantic.ValidationError: a cell does not fit the type of its column.
    """
    text = resources.files(__package__).joinpath("data", f"{name}.csv").read_text("utf-8")
    rows = [
        {column: _cell(value) for column, value in record.items() if value}
        for record in csv.DictReader(io.StringIO(text))
    ]
    found: tuple[Row, ...] = TypeAdapter(tuple[row, ...]).validate_python(rows)  # type: ignore[valid-type]
    return found


def _cell(text: str) -> Any:
    """Lists and objects are written as JSON."""
    return json.loads(text) if text[0] in "[{" else text
