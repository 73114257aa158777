"""Labels and tags of a row as one JSON object.

Labels of the resource come before organisation tags, and these before labels of the project; an
empty value does not hide another one. Labels that Google sets itself (`system_labels`) are kept
beside the FOCUS columns, not here.
"""

import ast
import json
from typing import Any

import polars as pl

SOURCES = ("project_labels", "tags", "labels")
"""Later ones count more."""


def merged(rows: pl.DataFrame) -> pl.Series:
    """The labels of every row, as JSON text; unreadable text as it is.

    Args:
        rows: the columns of `SOURCES`, as JSON text.
    """
    unique = rows.select(SOURCES).unique()
    texts = [_merge(row) for row in unique.iter_rows()]
    known = unique.with_columns(pl.Series("merged", texts, dtype=pl.String))
    joined = rows.select(SOURCES).join(
        known, on=list(SOURCES), how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["merged"]


def _merge(texts: tuple[str | None, ...]) -> str | None:
    members: dict[str, str] = {}
    for text in texts:
        pairs = _pairs(text)
        if pairs is None:
            return text
        for key, value in pairs:
            if value or key not in members:
                members[key] = value
    return json.dumps(members, ensure_ascii=False) if members else None


def _pairs(text: str | None) -> list[tuple[str, str]] | None:
    """Key and value of each member; None if the text is neither an array of pairs nor an object."""
    if not text:
        return []
    try:
        value = json.loads(text)
    except ValueError:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if isinstance(value, dict):
        return [(str(key), _plain(member)) for key, member in value.items()]
    if not isinstance(value, list):
        return None
    try:
        return [(str(_field(one, "key")), _plain(_field(one, "value"))) for one in value]
    except (KeyError, AttributeError, TypeError):
        return None


def _field(member: dict[str, Any], name: str) -> Any:
    """A field of a pair; Google's FOCUS table writes `Key` and `Value`."""
    return member[name] if name in member else member[name.capitalize()]


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
