"""The register: every statement there is, its status, who reviewed and issued it, and when.

A statement goes from `draft` to `reviewed` (somebody looked at exactly this content) to `issued`
(its period is closed; the files never change) to `adjusted` (a later statement charges a difference
to it; the issued files still never change).
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.cells import exact_text, text_cell
from warehouse.reviews import Review
from warehouse.statement_data import Header

ADJUSTED = """
    select adjusted_period, business_unit, sum(amount)
    from main.statement_lines
    where adjusted_period is not null
    group by all
"""


class Issue(NamedTuple):
    """A closed period: where its issued statements are kept, who issued them, after which review.

    `reviews` are by statement identifier.
    """

    period: str
    folder: Path
    issued_by: str
    issued_at: datetime
    reviews: Mapping[str, Review]


class Registered(NamedTuple):
    """One statement's row of the register; times are UTC, amounts in `currency`."""

    statement_id: str
    billing_period: str
    business_unit: str
    status: str
    currency: str
    payable_amount: Decimal
    amount: Decimal
    reviewed_by: str
    reviewed_at: str
    issued_by: str
    issued_at: str
    adjusted_by_amount: Decimal | None


def register(
    connection: duckdb.DuckDBPyConnection,
    wanted: Iterable[Header],
    by_id: Mapping[str, Review | None],
    issued: Mapping[str, Issue],
) -> list[Registered]:
    """The register of a release.

    Args:
        connection: the release.
        wanted: all its statements.
        by_id: reviews that hold, by statement identifier.
        issued: closed periods, by month.
    """
    adjusted = {
        (period, unit): amount for period, unit, amount in connection.execute(ADJUSTED).fetchall()
    }
    return [
        _entry(
            header,
            by_id.get(header.statement_id),
            issued.get(header.period),
            adjusted.get((header.billing_period, header.business_unit)),
        )
        for header in wanted
    ]


def write_register(
    connection: duckdb.DuckDBPyConnection,
    wanted: Iterable[Header],
    by_id: Mapping[str, Review | None],
    issued: Mapping[str, Issue],
    path: Path,
) -> None:
    """Write the register as CSV (RFC 4180, UTF-8, every field quoted)."""
    entries = register(connection, wanted, by_id, issued)
    if not entries:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(Registered._fields)
        writer.writerows(map(_cells, entries))


def _entry(
    header: Header, review: Review | None, issue: Issue | None, adjusted: Decimal | None
) -> Registered:
    held = issue.reviews.get(header.statement_id) if issue else review
    status = "adjusted" if adjusted is not None else "issued"
    return Registered(
        statement_id=header.statement_id,
        billing_period=header.period,
        business_unit=header.business_unit,
        status=status if issue else "reviewed" if held else "draft",
        currency=header.currency,
        payable_amount=header.payable,
        amount=header.total_cost,
        reviewed_by=held.reviewed_by if held else "",
        reviewed_at=_time(held.reviewed_at) if held else "",
        issued_by=issue.issued_by if issue else "",
        issued_at=_time(issue.issued_at) if issue else "",
        adjusted_by_amount=adjusted,
    )


def _cells(entry: Registered) -> list[str]:
    return [
        text_cell(value)
        if isinstance(value, str)
        else ""
        if value is None
        else _amount(name, value)
        for name, value in zip(entry._fields, entry, strict=True)
    ]


def _amount(name: str, value: Decimal) -> str:
    return f"{value:f}" if name == "payable_amount" else exact_text(value)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
