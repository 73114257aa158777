"""The mapped columns of a request log, typed into `inference_requests`."""

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import BaseModel, Field

from ingest.decimals import parse_decimals
from ingest.schemas import INFERENCE_REQUESTS
from ingest.source import Batch
from ingest.sources.instants import InstantOptions
from ingest.sources.mapped_rows import IS_READABLE, NUMBER
from ingest.sources.requests import (
    Problem,
    problems,
    record_problems,
    request_batch,
    sum_of_counts,
    token_problems,
)

INSTANTS = ("started_at", "completed_at", "first_token_at")
FLAGS = tuple(name for name, kind in INFERENCE_REQUESTS.items() if kind == pl.Boolean)
MEANINGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
DURATION = r"^[0-9]{1,12}(?:\.[0-9]+)?$"
NOT_MAPPED = (NUMBER, IS_READABLE, "object_key", "verdict")
LONGEST_FIELD = 200
RELATIVE = {
    "duration_seconds": ("completed_at", 1_000_000),
    "duration_milliseconds": ("completed_at", 1_000),
    "first_token_seconds": ("first_token_at", 1_000_000),
    "first_token_milliseconds": ("first_token_at", 1_000),
}
"""Columns that count from the start: the instant that they tell, and microseconds of their unit."""

CACHED = ("cache_read_input_tokens", "cache_creation_input_tokens")


class MeaningOptions(BaseModel):
    """What a log means by its values."""

    constants: dict[str, str] = Field(
        default_factory=dict, description="Our column = the text that every call has there."
    )
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Our column = what the log's texts mean there, as in `status = { 200 = "
        '"success" }`; others stay as they are.',
    )
    cached_tokens: Literal["inside", "beside"] = Field(
        "inside",
        description="Whether the log's input tokens count what a prompt cache read and wrote, or "
        "that comes beside them.",
    )


def type_requests(rows: pl.DataFrame, instants: InstantOptions, meaning: MeaningOptions) -> Batch:
    """Type rows of text.

    Args:
        rows: what `mapped_rows.named` gives, with `object_key`, `verdict` and `request_id`.
        instants: how the log writes times.
        meaning: what the log means by its values.
    """
    mapped = [name for name in rows.columns if name not in NOT_MAPPED]
    texts = rows.with_columns(
        *(pl.lit(value).alias(name) for name, value in meaning.constants.items()),
        record=pl.struct(pl.col(mapped).str.head(LONGEST_FIELD)).struct.json_encode(),
    )
    absent = [name for name in INFERENCE_REQUESTS if name not in texts.columns]
    texts = texts.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    texts = texts.with_columns(_translated(name, told) for name, told in meaning.values.items())
    if meaning.cached_tokens == "beside":
        parts = [pl.col(name) for name in ("input_tokens", *CACHED)]
        texts = texts.with_columns(input_tokens=sum_of_counts(parts))
    texts = texts.with_columns(prompt_block_hashes=_words("prompt_block_hashes"))
    typed = texts.with_columns(
        *(instants.parse(texts[name]).alias(name) for name in INSTANTS),
        *(_flag(name) for name in FLAGS),
        reported_cost=parse_decimals(texts["reported_cost"]),
        **{f"given_{name}": texts[name] for name in (*INSTANTS, *FLAGS, "reported_cost")},
    )
    found = [*record_problems(), *token_problems(), *_problems(), *problems()]
    for name in (name for name in RELATIVE if name in typed.columns):
        typed = typed.with_columns(_after_start(name))
        found.insert(0, _bad_duration(name))
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


def _translated(name: str, told: Mapping[str, str]) -> pl.Expr:
    return pl.col(name).replace(dict(told))


def _words(name: str) -> pl.Expr:
    """A list of hashes, or words between spaces or commas, as words between single spaces."""
    words = pl.col(name).str.replace_all(r'[\[\]",\s]+', " ").str.strip_chars()
    return pl.when(words != "").then(words)


def _after_start(name: str) -> pl.Expr:
    instant, unit = RELATIVE[name]
    text = pl.col(name)
    count = pl.when(text.str.contains(DURATION)).then(text).cast(pl.Float64)
    micros = (count * unit).round().cast(pl.Int64)
    return (pl.col("started_at") + pl.duration(microseconds=micros)).alias(instant)


def _bad_duration(name: str) -> Problem:
    is_bad = ~pl.col(name).str.contains(DURATION)
    return Problem("BAD_NUMBER", name, is_bad, "the time is no number")
