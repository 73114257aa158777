"""What one business unit's statement of one billing period says, read from a release.

Rounding goes from the whole to its parts: the period's total, the units' totals, and within a unit
each table by itself, so that every table adds up to the statement and the statements to the period.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

import duckdb

from warehouse.rounding import exact_sum, minor_unit, round_parts
from warehouse.statement_queries import (
    ADJUSTMENTS,
    CLASS_KEYS,
    KEYS,
    LEDGER,
    LINES,
    SHARED,
    TEAM_KEYS,
)
from warehouse.statement_requests import Request, top_requests


class Header(NamedTuple):
    """One row of the mart `statements`, and its payable total."""

    statement_id: str
    billing_period: date
    business_unit: str
    currency: str
    charged_measure: str
    status: str
    total_cost: Decimal
    line_count: int
    payable: Decimal

    @property
    def period(self) -> str:
        """The billing period as `2026-10`."""
        return f"{self.billing_period:%Y-%m}"


class Sign(NamedTuple):
    """Who signed a statement, and when (UTC)."""

    by: str
    at: datetime


class Terms(NamedTuple):
    """Whose statements a release holds, and the last usage day that it knows."""

    organization: str
    usage_date: date


class Entry(NamedTuple):
    """A row of a statement's table: what it is for, payable and exact amounts in one currency."""

    keys: tuple[str, ...]
    payable: Decimal
    amount: Decimal
    billed_cost: Decimal
    effective_cost: Decimal
    line_count: int = 1


class Before(NamedTuple):
    """What the unit's statement of the month before charged: in total, by cost class and team.

    The amounts are payable, and those of that statement to the cent.
    """

    billing_period: date
    payable: Decimal
    classes: dict[tuple[str, ...], Decimal]
    teams: dict[tuple[str, ...], Decimal]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's tables. `ledger` holds what the cost ledger says, per provider."""

    header: Header
    terms: Terms
    before: Before | None
    lines: tuple[Entry, ...]
    classes: tuple[Entry, ...]
    teams: tuple[Entry, ...]
    models: tuple[Entry, ...]
    shared: tuple[Entry, ...]
    adjustments: tuple[Entry, ...]
    requests: tuple[Request, ...]
    ledger: tuple[tuple[str, Decimal], ...]
    reviewed: Sign | None = None
    issued: Sign | None = None

    def signed(self, reviewed: Sign | None, issued: Sign | None = None) -> "Statement":
        """The same statement with who signed it, and the status that this gives it."""
        status = "issued" if issued else "reviewed" if reviewed else self.header.status
        header = self.header._replace(status=status)
        return replace(self, header=header, reviewed=reviewed, issued=issued)

    def by_provider(self) -> dict[str, Decimal]:
        """The exact sum of the lines, per provider."""
        position = KEYS.index("provider")
        return {
            keys[0]: exact_sum([line.amount for line in lines])
            for keys, lines in _groups(self.lines, lambda line: (line.keys[position],))
        }


def headers(connection: duckdb.DuckDBPyConnection) -> Iterator[Header]:
    """The statements of a release, with totals rounded so that they add up to their period's."""
    rows = connection.execute(
        """
        select statement_id, billing_period, business_unit, currency, charged_measure, status,
            total_cost, line_count
        from main.statements
        order by billing_period, business_unit
        """
    ).fetchall()
    periods: dict[date, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        periods[row[1]].append(row)
    for members in periods.values():
        payable = round_parts([row[6] for row in members], minor_unit(members[0][3]))
        yield from (Header._make((*row, part)) for row, part in zip(members, payable, strict=True))


def read_statements(
    connection: duckdb.DuckDBPyConnection, wanted: Iterable[Header]
) -> list[Statement]:
    """Read statements, in the order given."""
    found: list[Statement] = []
    known = {(h.business_unit, h.billing_period): h for h in headers(connection)}
    for (period, measure), members in groupby(
        wanted, lambda header: (header.billing_period, header.charged_measure)
    ):
        requests = top_requests(connection, period, measure)
        month_before = (period - timedelta(days=1)).replace(day=1)
        found.extend(
            _read(
                connection,
                header,
                requests.get(header.business_unit, ()),
                known.get((header.business_unit, month_before)),
            )
            for header in members
        )
    return found


def _read(
    connection: duckdb.DuckDBPyConnection,
    header: Header,
    requests: tuple[Request, ...],
    earlier: Header | None,
) -> Statement:
    measured = _of(header) | {"measure": header.charged_measure}
    unit = minor_unit(header.currency)

    def table(query: str, keys: int = 6) -> tuple[Entry, ...]:
        return tuple(_rounded(_entries(connection.execute(query, measured).fetchall(), keys), unit))

    lines = _lines(connection, header)
    teams = _summed(lines, TEAM_KEYS, unit, header.payable)
    return Statement(
        header=header,
        terms=_terms(connection),
        before=_before(connection, earlier, header),
        lines=tuple(_within(lines, teams, unit)),
        classes=tuple(_summed(lines, CLASS_KEYS, unit, header.payable)),
        teams=tuple(teams),
        models=tuple(_summed(lines, ("model", "purpose"), unit, header.payable)),
        shared=table(SHARED),
        adjustments=table(ADJUSTMENTS),
        requests=requests,
        ledger=tuple(connection.execute(LEDGER, measured).fetchall()),
    )


def _of(header: Header) -> dict[str, Any]:
    return {"business_unit": header.business_unit, "billing_period": header.billing_period}


def _lines(connection: duckdb.DuckDBPyConnection, header: Header) -> list[Entry]:
    return _entries(connection.execute(LINES, _of(header)).fetchall(), len(KEYS))


def _terms(connection: duckdb.DuckDBPyConnection) -> Terms:
    (row,) = connection.execute("select organization_name, usage_date from main.runs").fetchall()
    return Terms(*row)


def _before(
    connection: duckdb.DuckDBPyConnection, earlier: Header | None, header: Header
) -> Before | None:
    """The month before, where it was charged by the same measure in the same currency."""
    if earlier is None or earlier[3:5] != header[3:5]:
        return None
    lines, unit = _lines(connection, earlier), minor_unit(earlier.currency)
    classes, teams = (
        {entry.keys: entry.payable for entry in _summed(lines, names, unit, earlier.payable)}
        for names in (CLASS_KEYS, TEAM_KEYS)
    )
    return Before(earlier.billing_period, earlier.payable, classes, teams)


def _entries(rows: Sequence[tuple[Any, ...]], key_count: int) -> list[Entry]:
    """Rows of a query as entries that are not rounded yet."""
    return [
        Entry(tuple(key or "" for key in row[:key_count]), Decimal(0), *row[key_count:])
        for row in rows
    ]


def _summed(
    lines: Sequence[Entry], names: Sequence[str], unit: Decimal, total: Decimal
) -> list[Entry]:
    """Add lines up by some of their keys; the largest amount first."""
    positions = [KEYS.index(name) for name in names]
    groups = _groups(lines, lambda line: tuple(line.keys[p] for p in positions))
    sums = [
        Entry(
            keys,
            Decimal(0),
            exact_sum([line.amount for line in members]),
            exact_sum([line.billed_cost for line in members]),
            exact_sum([line.effective_cost for line in members]),
            len(members),
        )
        for keys, members in groups
    ]
    return _rounded(sorted(sums, key=lambda e: (-e.amount, e.keys)), unit, total)


def _within(lines: Sequence[Entry], teams: Sequence[Entry], unit: Decimal) -> Iterator[Entry]:
    """Round each team's lines to the team's payable amount."""
    totals = {team.keys: team.payable for team in teams}
    for keys, members in _groups(lines, lambda line: line.keys[:2]):
        yield from _rounded(members, unit, totals[keys])


def _rounded(entries: Sequence[Entry], unit: Decimal, total: Decimal | None = None) -> list[Entry]:
    payable = round_parts([entry.amount for entry in entries], unit, total)
    return [entry._replace(payable=part) for entry, part in zip(entries, payable, strict=True)]


def _groups(
    lines: Sequence[Entry], key: Callable[[Entry], tuple[str, ...]]
) -> list[tuple[tuple[str, ...], list[Entry]]]:
    """Lines by key, sorted by key."""
    groups: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return sorted(groups.items())
