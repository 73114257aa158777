"""Rows that cannot be trusted, with the reason, and with the amounts where those are readable."""

import json

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.schemas import FOCUS_CHARGES, QUARANTINE
from ingest.sources.focus.rows import Charges, billing_month
from ingest.text_blocks import UNTRUSTED

LONGEST_FIELD = 200
LONGEST_QUOTE = 40
TOLERATED_ROWS = 10
TOLERATED_SHARE = 100
"""A file is refused when more than one in so many of its rows is bad (and more than
`TOLERATED_ROWS` are)."""


def quarantined_rows(
    frame: pl.DataFrame, charges: Charges, object_key: str, numbers: pl.Series
) -> pl.DataFrame:
    """The bad rows of a frame, in the form of `schemas.QUARANTINE` (less what the collector adds).

    The first problem of a row is its reason. A row whose billing period is not readable counts in
    the month of its charge period.

    Args:
        frame: the delivered text, under the file's own column names.
        charges: the same rows, typed.
        object_key: the file.
        numbers: the row numbers in the file.
    """
    bad = charges.is_bad
    reasons = [_reason(charges, row) for row in bad.arg_true()]
    records = [_record(record) for record in frame.filter(bad).iter_rows(named=True)]
    rows = charges.typed.filter(bad).select(
        *(column for column in QUARANTINE if column in FOCUS_CHARGES),
        table_name=pl.lit("focus_charges"),
        object_key=pl.lit(object_key),
        object_row=numbers.filter(bad),
        reason_code=pl.Series([code for code, _, _ in reasons], dtype=pl.String),
        column_name=pl.Series([column for _, column, _ in reasons], dtype=pl.String),
        message=pl.Series([message for _, _, message in reasons], dtype=pl.String),
        record=pl.Series(records, dtype=pl.String),
        billing_period=billing_month(),
    )
    return rows.select(column for column in QUARANTINE if column in rows.columns)


def check_all_are_charges(quarantined: pl.DataFrame, name: str) -> None:
    """Refuse a file with a row that is no charge: a total line, a comment, a second header.

    Raises:
        DeliveryRefused: `NOT_A_CHARGE`, if a row has neither a billing nor a charge period.
    """
    others = quarantined.filter(pl.col("billing_period").is_null())
    if others.height:
        raise DeliveryRefused(
            "NOT_A_CHARGE",
            f"{name} row {others['object_row'][0]}: neither its billing period nor its charge "
            f"period is readable, so it is a total, a comment or a second header and no charge. "
            f"{UNTRUSTED} Export the charges alone.",
        )


def check_share(bad_count: int, row_count: int, first: pl.DataFrame, name: str) -> None:
    """Refuse a file of which too many rows are bad.

    Args:
        bad_count: its quarantined rows.
        row_count: all its rows.
        first: some of the quarantined rows, for the message.
        name: the object's address.

    Raises:
        DeliveryRefused: `MANY_BAD_ROWS`, if more than 10 rows and more than 1 % are bad.
    """
    if bad_count <= TOLERATED_ROWS or bad_count * TOLERATED_SHARE <= row_count:
        return
    columns = ("object_row", "reason_code", "column_name", "message")
    examples = "; ".join(
        f"row {row} {code} {column}: {message}"
        for row, code, column, message in first.select(columns).head(3).iter_rows()
    )
    raise DeliveryRefused(
        "MANY_BAD_ROWS",
        f"{name}: {bad_count} of {row_count} rows cannot be trusted ({examples}). So many are not "
        f"single mistakes. {UNTRUSTED} Ask the provider what changed.",
    )


def _reason(charges: Charges, row: int) -> tuple[str, str, str]:
    problem = next(problem for problem in charges.problems if problem.rows[row])
    value = charges.texts[problem.column][row] or ""
    quoted = json.dumps(value[:LONGEST_QUOTE], ensure_ascii=False)
    return problem.code, problem.column, problem.explanation.format(quoted)


def _record(record: dict[str, str | None]) -> str:
    values = {column: value[:LONGEST_FIELD] for column, value in record.items() if value}
    return json.dumps(values, ensure_ascii=False)
