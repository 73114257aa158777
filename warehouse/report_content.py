"""What the report shows: every table with the query it comes from, rounded so that it adds up."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from textwrap import dedent
from typing import Any

import duckdb
import orjson

from warehouse import report_queries as queries
from warehouse.charts import Bar, Chart, stacked_days
from warehouse.page_text import SECONDS_PER_HOUR
from warehouse.report_reading import Row, fetch
from warehouse.rounding import exact_sum, minor_unit, round_parts, rounded

UNALLOCATED = "unallocated"
OTHERS = "other business units"
UNIT_COLORS = tuple(f"--series-{number}" for number in range(1, 8))
UNIT_PARTS = {
    "direct": ("direct use", "--busy"),
    "idle": ("idle GPUs", "--idle"),
    "overhead": ("shared costs", "--unheld"),
}
GPU_STATES = {
    "busy": ("busy", "--busy"),
    "idle_held": ("idle while held", "--idle"),
    "unheld": ("held by nobody", "--unheld"),
    "unknown": ("no telemetry", "--track"),
}
ADDING_UP = {
    "classes": ("cost",),
    "providers": ("cost",),
    "periods": ("cost", "billed_cost", "effective_cost"),
    "teams": ("cost",),
    "models": ("cost",),
    "gpu_models": ("cost", "idle_held_cost", "unheld_cost"),
    "outcomes": ("cost",),
}
"""The columns whose cells, as shown, add up to their rounded total."""
EACH = {
    "charges": ("cost",),
    "jobs": ("cost", "idle", "lost"),
    "users": ("cost", "idle"),
    "deployments": ("cost", "idle"),
    "levers": ("saving_low", "saving_expected", "saving_high"),
    "model_apis": ("billed_cost",),
    "opportunities": ("baseline_cost", "saving_low", "saving_expected", "saving_high"),
    "waterfall": ("baseline_cost", "saving_alone", "saving_incremental", "optimized_cost"),
    "gaps": ("cost",),
    "team_movers": ("before", "recent"),
    "model_movers": ("before", "recent"),
}
"""The columns without a total; every cell is rounded by itself."""
TEAM_PARTS = ("direct", "idle", "shared", "other")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the page and the query that made them."""

    sql: str
    rows: list[Row]

    def sum(self, column: str) -> Any:
        """The sum of a column with every digit; 0 of no rows."""
        return exact_sum([row[column] for row in self.rows])

    def largest(self, column: str) -> Any:
        """The largest value of a column; 0 of no rows."""
        return max((row[column] for row in self.rows), default=Decimal(0))


@dataclass(frozen=True, slots=True)
class Series:
    """A chart, what its colours mean, and the figures behind it, one row per day."""

    chart: Chart | None
    names: tuple[str, ...]
    colors: tuple[str, ...]
    days: list[tuple[Any, list[Decimal]]]


def read_content(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Everything that the templates show, by name.

    Args:
        connection: a release, opened by `report_reading.reading`.
    """
    (run,) = fetch(connection, queries.RUN)
    spend = queries.SPEND[run["statement_measure"]]
    connection.execute(spend)
    unit = minor_unit(run["reporting_currency"])
    tables = {
        name: Table(dedent(sql).strip(), fetch(connection, sql))
        for name, sql in queries.TABLES.items()
    }
    for name, columns in ADDING_UP.items():
        for column in columns:
            _settle(tables[name].rows, column, unit)
    for name, columns in EACH.items():
        for row in tables[name].rows:
            row.update({column: rounded(row[column], unit) for column in columns})
    _split_teams(tables["teams"].rows, unit)
    _balance(tables["reconciliation"].rows)
    for row in tables["team_movers"].rows + tables["model_movers"].rows:
        row["change"] = row["recent"] - row["before"]
    for row in tables["restated"].rows:
        cent = minor_unit(row["currency"])
        row.update({name: rounded(row[name], cent) for name in ("billed_cost", "effective_cost")})
    for row in tables["opportunities"].rows:
        row["assumptions"] = orjson.loads(row["assumptions"] or "{}")
    (totals,) = tables["totals"].rows
    for column in ("cost", "billed_cost", "effective_cost", "unallocated", "idle"):
        totals[column] = rounded(totals[column], unit)
    return {
        "run": run,
        "unit": unit,
        "spend_sql": spend,
        "tables": tables,
        "totals": totals,
        "spend_chart": _spend_series(tables["daily"].rows, unit),
        "gpu_chart": _gpu_series(tables["gpu_days"].rows),
        "unit_chart": _unit_series(tables["unit_days"].rows),
    }


def _settle(rows: Sequence[Row], column: str, unit: Decimal) -> None:
    """Round a column by largest remainder."""
    for row, part in zip(rows, round_parts([row[column] for row in rows], unit), strict=True):
        row[column] = part


def _split_teams(teams: Sequence[Row], unit: Decimal) -> None:
    """Round a team's kinds of cost so that they add up to the team's cost as shown."""
    for team in teams:
        parts = round_parts([team[name] for name in TEAM_PARTS], unit, team["cost"])
        team.update(zip(TEAM_PARTS, parts, strict=True))


def _balance(rows: Sequence[Row]) -> None:
    """Round what was delivered, and both parts of it so that they add up to it as shown."""
    for row in rows:
        unit = minor_unit(row["billing_currency"])
        parts = ("attributed", "unallocated")
        row.update(zip(parts, round_parts([row[part] for part in parts], unit), strict=True))
        for column in ("delivered", "quarantined"):
            row[column] = rounded(row[column], unit)


def _spend_series(rows: Sequence[Row], unit: Decimal) -> Series:
    """Cost per day and business unit: the largest units by name, the rest together."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["business_unit"]] = exact_sum(
            [sums.get(row["business_unit"], Decimal(0)), row["cost"]]
        )
    ranked = sorted(sums.keys() - {UNALLOCATED}, key=lambda name: (-sums[name], name))
    named = ranked if len(ranked) <= len(UNIT_COLORS) else ranked[: len(UNIT_COLORS) - 1]
    colors = dict(zip(named, UNIT_COLORS, strict=False))
    if len(named) < len(ranked):
        colors[OTHERS] = UNIT_COLORS[-1]
    if UNALLOCATED in sums:
        colors[UNALLOCATED] = "--unheld"
    days: dict[Any, dict[str, Decimal]] = {}
    for row in rows:
        day = days.setdefault(row["charge_date"], dict.fromkeys(colors, Decimal(0)))
        name = row["business_unit"] if row["business_unit"] in colors else OTHERS
        day[name] = exact_sum([day[name], row["cost"]])
    return _series(
        colors,
        [(day, round_parts([*costs.values()], unit)) for day, costs in days.items()],
        name="spend",
        title="Cost per day and business unit",
        description="A stacked bar per day. The figures follow in the table below the chart.",
    )


def _gpu_series(rows: Sequence[Row]) -> Series:
    """GPU-hours per day: busy, idle while held, held by nobody."""
    return _series(
        dict(GPU_STATES.values()),
        [
            (row["usage_date"], [row[state] / SECONDS_PER_HOUR for state in GPU_STATES])
            for row in rows
        ],
        name="gpus",
        title="GPU-hours per day",
        description=(
            "A stacked bar per day: busy, idle while held, held by nobody, no telemetry. "
            "The figures follow in the table below the chart."
        ),
    )


def _unit_series(rows: Sequence[Row]) -> Series:
    """What a million tokens cost per day: direct use, idle GPUs, shared costs."""
    return _series(
        dict(UNIT_PARTS.values()),
        [(row["usage_date"], [row[part] for part in UNIT_PARTS]) for row in rows],
        name="units",
        title="Cost of a million tokens per day",
        description=(
            "A stacked bar per day: direct use, idle GPUs, shared costs. "
            "The figures follow in the table below the chart."
        ),
    )


def _series(colors: dict[str, str], days: list[tuple[Any, list[Decimal]]], **words: str) -> Series:
    bars = [
        Bar(day, place, value)
        for day, values in days
        for place, value in enumerate(values)
        if value
    ]
    chart = stacked_days(bars, [*colors.values()], **words) if bars else None
    return Series(chart, tuple(colors), tuple(colors.values()), days)
