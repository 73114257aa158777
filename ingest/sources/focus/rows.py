"""Delivered text becomes typed charges; rows that cannot be trusted are told apart, with a reason.

Rules of up-conversion to FOCUS 1.4: `service_provider_name` is the delivered one, else
`provider_name` (FOCUS 1.3 split the latter; for a charge that a provider sells under its own name
they are the same). Everything else that a version lacks stays null: `host_provider_name` cannot be
told from older versions, and no amount is ever derived from another.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl

from ingest.decimals import parse_decimals
from ingest.schemas import FOCUS_CHARGES
from ingest.sources.focus.columns import (
    DOCUMENTS,
    INSTANTS,
    MANDATORY,
    NUMBERS,
    Layout,
    as_text_columns,
)
from ingest.sources.focus.values import parse_documents, parse_instants

CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
CURRENCY = r"^[A-Z]{3}$"


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows (a mask) that fail a check of one column."""

    code: str
    column: str
    rows: pl.Series
    explanation: str


@dataclass(frozen=True, slots=True)
class Charges:
    """A frame of a file: the delivered text and the typed charges, row by row, and what is wrong.

    `texts` has the lake's FOCUS columns, `typed` those of `schemas.FOCUS_CHARGES` but the charge
    key; values that could not be read are null. `problems` are in order of importance.
    """

    texts: pl.DataFrame
    typed: pl.DataFrame
    problems: tuple[Problem, ...]

    @property
    def is_bad(self) -> pl.Series:
        """Which rows fail any check."""
        bad = pl.repeat(value=False, n=self.typed.height, dtype=pl.Boolean, eager=True)
        for problem in self.problems:
            bad |= problem.rows
        return bad


def billing_month() -> pl.Expr:
    """The first day of a charge's billing period; of its charge period if that is not readable."""
    start = pl.coalesce("billing_period_start", "charge_period_start")
    return start.dt.month_start().cast(pl.Date)


def type_charges(frame: pl.DataFrame, layout: Layout, null_values: Sequence[str]) -> Charges:
    """Type a frame of delivered text.

    Args:
        frame: rows as text, under the file's own column names.
        layout: what those columns mean.
        null_values: texts that stand for null.
    """
    is_null = pl.all().is_in(list(null_values))
    frame = frame.select(pl.when(~is_null).then(pl.all()))
    provider = pl.coalesce("service_provider_name", "provider_name")
    texts = as_text_columns(frame, layout).with_columns(service_provider_name=provider)
    documents = {column: parse_documents(texts[column]) for column in DOCUMENTS}
    typed = texts.with_columns(
        *(_typed(texts[column], column) for column in (*NUMBERS, *INSTANTS)),
        *(values.alias(column) for column, (values, _) in documents.items()),
        focus_version=pl.lit(layout.version),
        x_columns=x_columns(frame, layout.others),
    ).select([column for column in FOCUS_CHARGES if column != "charge_key"])
    malformed = {column: rows for column, (_, rows) in documents.items()}
    problems = (problem for problem in _problems(texts, typed, malformed) if problem.rows.any())
    return Charges(texts, typed, tuple(problems))


def _typed(texts: pl.Series, column: str) -> pl.Series:
    if texts.null_count() == texts.len():
        return pl.repeat(None, texts.len(), dtype=FOCUS_CHARGES[column], eager=True).alias(column)
    return parse_decimals(texts) if column in NUMBERS else parse_instants(texts).alias(column)


def _problems(
    texts: pl.DataFrame, typed: pl.DataFrame, malformed: dict[str, pl.Series]
) -> Iterator[Problem]:
    return chain(_missing(texts), _unreadable(texts, typed, malformed), _implausible(typed))


def _missing(texts: pl.DataFrame) -> Iterator[Problem]:
    for column in (*MANDATORY, "service_provider_name"):
        yield Problem("MISSING_VALUE", column, texts[column].is_null(), "there is no value")


def _unreadable(
    texts: pl.DataFrame, typed: pl.DataFrame, malformed: dict[str, pl.Series]
) -> Iterator[Problem]:
    for code, columns, explanation in (
        ("BAD_NUMBER", NUMBERS, "{} is not a decimal number that can be stored"),
        ("BAD_TIMESTAMP", INSTANTS, "{} is not an ISO 8601 date and time"),
    ):
        for column in columns:
            unread = texts[column].is_not_null() & typed[column].is_null()
            yield Problem(code, column, unread, explanation)
    for column, rows in malformed.items():
        yield Problem("BAD_JSON", column, rows, "{} is not a JSON object with distinct keys")


def _implausible(typed: pl.DataFrame) -> Iterator[Problem]:
    checks = {
        ("BAD_CURRENCY", "billing_currency", "{} is not an ISO 4217 currency code"): ~pl.col(
            "billing_currency"
        ).str.contains(CURRENCY),
        ("BAD_CATEGORY", "charge_category", f"{{}} is none of {', '.join(CATEGORIES)}"): ~pl.col(
            "charge_category"
        ).is_in(CATEGORIES),
        ("BAD_PERIOD", "charge_period_end", "{} is before the charge period's start"): pl.col(
            "charge_period_end"
        )
        < pl.col("charge_period_start"),
        ("BAD_PERIOD", "billing_period_end", "{} is not after the billing period's start"): pl.col(
            "billing_period_end"
        )
        <= pl.col("billing_period_start"),
    }
    for (code, column, explanation), failed in checks.items():
        rows = typed.select(failed.fill_null(value=False)).to_series()
        yield Problem(code, column, rows, explanation)


def x_columns(frame: pl.DataFrame, others: Sequence[str]) -> pl.Series:
    """The columns that FOCUS does not define, as a JSON object per row; null values left out."""
    if not others:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    names = "|".join(pl.escape_regex(json.dumps(name, ensure_ascii=False)) for name in others)
    encoded = pl.struct(others).struct.json_encode()
    filled = encoded.str.replace_all(f"(?:{names}):null,?", "").str.replace(r",\}$", "}")
    return frame.select(pl.when(filled != "{}").then(filled)).to_series()
