"""What one business unit's statement of one billing period says, read from a release.

Every query names the business unit and the period, so nothing of another unit can be in the result.
Rounding goes from the whole to its parts: the period's total, the units' totals, and within a unit
each table by itself, so that every table adds up to the statement and the statements to the period.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

import duckdb

from warehouse.rounding import exact_sum, minor_unit, round_parts
from warehouse.statement_requests import Request, top_requests

KEYS = (
    *("team", "cost_center", "cost_class", "model", "deployment", "purpose"),
    *("provider", "service_name", "adjusted_period"),
)
LINES = f"""
    select
        {", ".join(KEYS[:-1])}, strftime(adjusted_period, '%Y-%m') as adjusted_period,
        amount, billed_cost, effective_cost
    from main.statement_lines
    where business_unit = $business_unit and billing_period = $billing_period
    order by all
"""  # noqa: S608 - our own column names
SHARED = """
    select
        provider, service_name, cost_class, owner_rule, allocation_method, team,
        sum(case $measure when 'billed_cost' then reporting_billed_cost
            else reporting_effective_cost end) as amount,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from main.cost_ledger
    where
        business_unit = $business_unit and billing_period = $billing_period
        and starts_with(allocation_method, 'shared_')
    group by all
    order by all
"""
ADJUSTMENTS = """
    select
        strftime(adjusted_period, '%Y-%m'), team, provider, service_name, cost_class, reason,
        sum(case $measure when 'billed_cost' then billed_cost else effective_cost end) as amount,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from main.adjustments
    where business_unit = $business_unit and billing_period = $billing_period
    group by all
    order by all
"""
LEDGER = """
    select provider, sum(case $measure when 'billed_cost' then billed else effective end) as amount
    from (
        select provider, reporting_billed_cost as billed, reporting_effective_cost as effective
        from main.cost_ledger
        where business_unit = $business_unit and billing_period = $billing_period
        union all
        select provider, billed_cost, effective_cost
        from main.adjustments
        where business_unit = $business_unit and billing_period = $billing_period
    )
    group by all
    order by all
"""


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


class Entry(NamedTuple):
    """A row of a statement's table: what it is for, payable and exact amounts in one currency."""

    keys: tuple[str, ...]
    payable: Decimal
    amount: Decimal
    billed_cost: Decimal
    effective_cost: Decimal
    line_count: int = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's tables. `ledger` holds what the cost ledger says, per provider."""

    header: Header
    lines: tuple[Entry, ...]
    classes: tuple[Entry, ...]
    teams: tuple[Entry, ...]
    models: tuple[Entry, ...]
    shared: tuple[Entry, ...]
    adjustments: tuple[Entry, ...]
    requests: tuple[Request, ...]
    ledger: tuple[tuple[str, Decimal], ...]

    def signed(self, *, is_reviewed: bool) -> "Statement":
        """The same statement with the status that a review gives it."""
        status = "reviewed" if is_reviewed else self.header.status
        return replace(self, header=self.header._replace(status=status))

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
    for (period, measure), members in groupby(
        wanted, lambda header: (header.billing_period, header.charged_measure)
    ):
        requests = top_requests(connection, period, measure)
        found.extend(
            _read(connection, header, requests.get(header.business_unit, ())) for header in members
        )
    return found


def _read(
    connection: duckdb.DuckDBPyConnection, header: Header, requests: tuple[Request, ...]
) -> Statement:
    of = {"business_unit": header.business_unit, "billing_period": header.billing_period}
    measured = of | {"measure": header.charged_measure}
    unit = minor_unit(header.currency)

    def table(query: str, keys: int = 6) -> tuple[Entry, ...]:
        return tuple(_rounded(_entries(connection.execute(query, measured).fetchall(), keys), unit))

    lines = _entries(connection.execute(LINES, of).fetchall(), len(KEYS))
    teams = _summed(lines, ("team", "cost_center"), unit, header.payable)
    return Statement(
        header=header,
        lines=tuple(_within(lines, teams, unit)),
        classes=tuple(_summed(lines, ("cost_class",), unit, header.payable)),
        teams=tuple(teams),
        models=tuple(_summed(lines, ("model", "purpose"), unit, header.payable)),
        shared=table(SHARED),
        adjustments=table(ADJUSTMENTS),
        requests=requests,
        ledger=tuple(connection.execute(LEDGER, measured).fetchall()),
    )


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
