"""What is kept of a logged model call, and how it reads: one allow-list for both ends.

    record ──(places of the allow-list)──► landed line ──(first place, sums of the rule)──► columns

A landed line has the places of a record as keys, with the values as the log wrote them, so that
tokens are counted again whenever a rule changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from ingest.decimals import parse_decimals
from ingest.schemas import INFERENCE_REQUESTS
from ingest.sources.call_logs.redacting import HASHES, PROBLEM
from ingest.sources.requests import (
    TOKENS,
    Problem,
    problems,
    record_problems,
    sum_of_counts,
    token_problems,
)
from ingest.usage import Path, Places, Rule, UsageError, first_of, path_name

NOT_SCALAR = "(not a single value)"
LONGEST_RECORD = 2_000
RAW = "raw:"
TAGS = "request_tags"


@dataclass(frozen=True)
class CallFormat:
    """Where a log's fields stand.

    `fields` says where a column (or a name of the log's own) stands in a record, `rule` where its
    counts stand.
    """

    fields: Mapping[str, Places]
    rule: Rule

    @cached_property
    def places(self) -> tuple[Path, ...]:
        """All places that are kept."""
        counts = (
            path for terms in self.rule.counts.values() for places in terms for path in places
        )
        fields = (path for places in self.fields.values() for path in places)
        return tuple(dict.fromkeys((*fields, *counts, *self.rule.tier)))

    @cached_property
    def _names(self) -> tuple[frozenset[str], tuple[tuple[Path, str], ...]]:
        """Places that are keys of the record itself, and the others with their names."""
        keys = frozenset(p[0] for p in self.places if len(p) == 1 and isinstance(p[0], str))
        deep = tuple((p, path_name(p)) for p in self.places if len(p) > 1)
        return keys, deep

    def keep(self, record: Mapping[str, Any]) -> dict[str, str | None]:
        """The kept places of a record that hold something, as text."""
        keys, deep = self._names
        found = {name: text_of(record[name]) for name in record.keys() & keys}
        found |= {name: _text_at(record, path) for path, name in deep}
        return {name: found[name] for name in sorted(found) if found[name] is not None}

    def read(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Landed lines with the columns of `inference_requests` as text.

        Of the own names of `fields` each is a column too; `is_readable` and `record` are what
        `requests.request_batch` needs.
        """
        names = [*map(path_name, self.places), *HASHES, TAGS, PROBLEM]
        raw = lines["line"].str.json_decode(pl.Struct(dict.fromkeys(names, pl.String)))
        unnested = raw.struct.unnest().rename(lambda name: RAW + name)
        frame = pl.concat([lines, unnested], how="horizontal")
        told = {name: _first(places) for name, places in self.fields.items()}
        told |= {
            name: sum_of_counts([_first(places) for places in terms])
            for name, terms in self.rule.counts.items()
            if name in TOKENS
        }
        told |= {name: pl.col(RAW + name) for name in (*HASHES, TAGS)}
        if self.rule.tier:
            told["service_tier"] = _first(self.rule.tier)
        for name in INFERENCE_REQUESTS:
            told.setdefault(name, pl.lit(None, pl.String))
        return frame.with_columns(
            **told,
            is_readable=pl.col(RAW + PROBLEM).is_null(),
            record=pl.col("line").str.head(LONGEST_RECORD),
        ).drop(unnested.columns)


def typed(calls: pl.DataFrame) -> pl.DataFrame:
    """The columns that every log writes alike, typed; times are the log's own business."""
    return calls.with_columns(
        given_cost=pl.col("reported_cost"),
        reported_cost=parse_decimals(calls["reported_cost"]),
        is_streamed=_is_true("is_streamed"),
        is_gateway_cache_hit=_is_true("is_gateway_cache_hit"),
    )


def call_problems() -> list[Problem]:
    """What makes a call untrustworthy, in any log."""
    cost = pl.col("reported_cost").is_null() & pl.col("given_cost").is_not_null()
    return [
        *record_problems(),
        *token_problems(),
        Problem("BAD_NUMBER", "reported_cost", cost, "the reported cost is no number"),
        *problems(),
    ]


def text_of(value: Any) -> str | None:
    """A single value as text; null and empty text are nothing."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else NOT_SCALAR


def _text_at(record: Mapping[str, Any], path: Path) -> str | None:
    try:
        return text_of(first_of(record, (path,)))
    except UsageError:  # counts of several members that are no counts
        return NOT_SCALAR


def _first(places: Places) -> pl.Expr:
    return pl.coalesce(pl.col(RAW + path_name(path)) for path in places)


def _is_true(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().fill_null("") == "true"
