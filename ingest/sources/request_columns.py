"""The mapped columns of a request log, typed into `inference_requests`."""

from collections.abc import Mapping

import polars as pl

from ingest.decimals import parse_decimals
from ingest.schemas import INFERENCE_REQUESTS
from ingest.source import Batch
from ingest.sources.instants import InstantOptions
from ingest.sources.mapped_rows import CONTENT, IS_READABLE, NUMBER
from ingest.sources.requests import (
    Problem,
    problems,
    record_problems,
    request_batch,
    token_problems,
)

INSTANTS = ("started_at", "completed_at", "first_token_at")
FLAGS = tuple(name for name, kind in INFERENCE_REQUESTS.items() if kind == pl.Boolean)
MEANINGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
SECONDS = r"^[0-9]{1,9}(?:\.[0-9]+)?$"
NOT_MAPPED = (NUMBER, CONTENT, IS_READABLE, "object_key", "verdict")
LONGEST_FIELD = 200


def type_requests(
    rows: pl.DataFrame, instants: InstantOptions, constants: Mapping[str, str]
) -> Batch:
    """Type rows of text.

    Args:
        rows: what `mapped_rows.read_rows` gives, with `object_key`, `verdict` and `request_id`.
        instants: how the log writes times.
        constants: what every call has.
    """
    mapped = [name for name in rows.columns if name not in NOT_MAPPED]
    texts = rows.with_columns(
        *(pl.lit(value).alias(name) for name, value in constants.items()),
        record=pl.struct(pl.col(mapped).str.head(LONGEST_FIELD)).struct.json_encode(),
    )
    absent = [name for name in INFERENCE_REQUESTS if name not in texts.columns]
    texts = texts.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    typed = texts.with_columns(
        *(instants.parse(texts[name]).alias(name) for name in INSTANTS),
        *(_flag(name) for name in FLAGS),
        reported_cost=parse_decimals(texts["reported_cost"]),
        **{f"given_{name}": texts[name] for name in (*INSTANTS, *FLAGS, "reported_cost")},
    )
    found = [*record_problems(), *token_problems(), *_problems(), *problems()]
    if "duration_seconds" in typed.columns:
        typed = typed.with_columns(completed_at=_end())
        found.insert(0, _bad_duration())
    return request_batch(typed, found)


def _problems() -> list[Problem]:
    """Values that are there and cannot be read."""
    kinds = {
        **dict.fromkeys(INSTANTS, ("BAD_TIMESTAMP", "the time is not written as configured")),
        **dict.fromkeys(FLAGS, ("BAD_FLAG", "the value is neither true nor false")),
        "reported_cost": ("BAD_NUMBER", "the reported cost is no number"),
    }
    return [
        Problem(
            code,
            name,
            pl.col(f"given_{name}").is_not_null() & pl.col(name).is_null(),
            explanation,
        )
        for name, (code, explanation) in kinds.items()
    ]


def _flag(name: str) -> pl.Expr:
    text = pl.col(name).str.to_lowercase()
    return text.replace_strict(MEANINGS, default=None, return_dtype=pl.Boolean)


def _end() -> pl.Expr:
    text = pl.col("duration_seconds")
    seconds = pl.when(text.str.contains(SECONDS)).then(text).cast(pl.Float64)
    micros = (seconds * 1_000_000).round().cast(pl.Int64)
    return pl.col("started_at") + pl.duration(microseconds=micros)


def _bad_duration() -> Problem:
    is_bad = ~pl.col("duration_seconds").str.contains(SECONDS)
    return Problem("BAD_NUMBER", "duration_seconds", is_bad, "the duration is no number of seconds")
