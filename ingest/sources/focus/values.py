"""Values of FOCUS columns that are not numbers: instants and JSON objects."""

import json
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import Any

import polars as pl

from ingest.schemas import TIMESTAMP

INSTANT = (
    r"^(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-5][0-9])(?:\.[0-9]{1,9})?)?"
    r"(?: ?(?:Z|UTC|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})?))?)?$"
)
MILLION = 1_000_000


def parse_instants(texts: pl.Series) -> pl.Series:
    """ISO 8601 text as `schemas.TIMESTAMP`; null where it is null or not an instant.

    Text without a zone is UTC, as FOCUS has it; a day alone is its midnight. Fractions of a second
    are kept to the microsecond. Only the year first: nothing is guessed about 01/02/2026.
    """
    unique = texts.drop_nulls().unique()
    parsed = pl.DataFrame({"text": unique}).select(_instant(pl.col("text"))).to_series()
    return texts.replace_strict(unique, parsed, default=None, return_dtype=TIMESTAMP)


def _instant(text: pl.Expr) -> pl.Expr:
    part = text.str.extract_groups(INSTANT).struct.field
    clock = pl.concat_str(
        part("day"),
        pl.lit(" "),
        part("minute").fill_null("00:00"),
        pl.lit(":"),
        part("second").fill_null("00"),
    )
    fraction = text.str.extract(r"\.([0-9]{1,6})").str.pad_end(6, "0").cast(pl.Int64)
    offset = part("hours").cast(pl.Int64) * 60 + part("minutes").cast(pl.Int64).fill_null(0)
    signed = pl.when(part("sign") == "-").then(-offset).otherwise(offset)
    return (
        clock.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
        + pl.duration(microseconds=fraction.fill_null(0))
        - pl.duration(minutes=signed.fill_null(0))
    )


def parse_documents(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """JSON objects as canonical text (sorted keys, numbers as written), and which texts are none.

    An array of `{"key": …, "value": …}` objects is a map by another name and becomes an object.
    JSON `null` is null.
    """
    unique = texts.drop_nulls().unique()
    pairs = [(text, *_document(text)) for text in unique]
    canonical = {text: value for text, value, _ in pairs}
    bad = [text for text, _, is_bad in pairs if is_bad]
    values = texts.replace_strict(
        pl.Series(canonical.keys(), dtype=pl.String),
        pl.Series(canonical.values(), dtype=pl.String),
        default=None,
        return_dtype=pl.String,
    )
    return values, texts.is_in(bad).fill_null(value=False)


def _document(text: str) -> tuple[str | None, bool]:
    """The canonical text of a JSON object, and whether the text is anything else."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_Number,
            parse_int=_Number,
            parse_constant=_no_number,
        )
        if isinstance(value, list):
            value = _object((entry["key"], entry["value"]) for entry in value)
        if not isinstance(value, dict):
            return None, value is not None
        canonical = _write(value)
        canonical.encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, True
    return canonical, False


class _Number(str):
    """A JSON number as it was written, so that no digit is lost."""

    __slots__ = ()


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members and members[key] != value:
            raise ValueError(key)
        members[key] = value
    return members


def _no_number(constant: str) -> None:
    raise ValueError(constant)


def _write(value: Any) -> str:
    match value:
        case _Number():
            return str(value)
        case str():
            return encode_basestring(value)
        case dict():
            members = (f"{encode_basestring(key)}:{_write(value[key])}" for key in sorted(value))
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(_write, value)) + "]"
        case _:
            return json.dumps(value)
