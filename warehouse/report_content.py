"""What the report shows: every table with the query it comes from, rounded so that it adds up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from textwrap import dedent
from typing import Any

import duckdb
import orjson

from warehouse import report_queries as queries
from warehouse.report_charts import (
    burn_downs,
    energy_series,
    gpu_series,
    outlook_series,
    spend_series,
    unit_series,
)
from warehouse.report_reading import Row, fetch
from warehouse.rounding import exact_sum, minor_unit, round_parts, rounded

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
    "waterfall": ("baseline_cost", "saving_alone", "optimized_cost"),
    "outlook_days": ("known", "expected", "low", "high"),
    "forecasts": ("week", "whole"),
    "budgets": ("budget_amount", "spent_cost", "forecast_cost", "forecast_low", "forecast_high"),
    "burn_down": ("remaining",),
    "anomalies": ("cost", "expected_cost", "cost_difference", "driver_change"),
    "gaps": ("cost",),
    "carbon_savings": ("saving_expected",),
    "total_costs": (
        *("invoiced_cost", "energy_cost", "hosting_cost", "depreciation_cost"),
        *("staff_cost", "tooling_cost", "total_cost"),
    ),
    "conversions": ("reporting_cost",),
    "breakeven": ("owned_cost_per_month", "cloud_cost_per_month"),
    "team_movers": ("before", "recent"),
    "model_movers": ("before", "recent"),
}
"""The columns without a total; every cell is rounded by itself."""
IN_OWN_CURRENCY = {
    "restated": ("currency", ("billed_cost", "effective_cost")),
    "conversions": ("billing_currency", ("cost",)),
    "expiries": ("billing_currency", ("contract_commitment_cost",)),
    "commitments": (
        "billing_currency",
        (
            *("commitment_per_hour_cost", "commitment_low_per_hour_cost"),
            *("commitment_high_per_hour_cost", "careful_per_hour_cost", "saving", "saving_low"),
            *("saving_high", "halved_saving", "net_present_saving", "saving_backtest_actual"),
            "saving_backtest_hindsight",
        ),
    ),
}
"""The columns that are rounded to the cent of their row's currency, and where that stands."""
TOTALS = ("cost", "billed_cost", "effective_cost", "unallocated", "idle", "recent", "before")
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
    _round_tables(tables, unit, run["reporting_currency"])
    _split_teams(tables["teams"].rows, unit)
    _balance(tables["reconciliation"].rows)
    for row in tables["team_movers"].rows + tables["model_movers"].rows:
        row["change"] = row["recent"] - row["before"]
    for row in tables["waterfall"].rows:
        row["saving_incremental"] = row["baseline_cost"] - row["optimized_cost"]
    for row in tables["opportunities"].rows:
        row["assumptions"] = orjson.loads(row["assumptions"] or "{}")
    (totals,) = tables["totals"].rows
    for column in TOTALS:
        totals[column] = rounded(totals[column], unit)
    return {
        "run": run,
        "unit": unit,
        "week_ago": run["usage_date"] - timedelta(days=6),
        "spend_sql": spend,
        "tables": tables,
        "totals": totals,
        "spend_chart": spend_series(tables["daily"].rows, unit),
        "outlook_chart": outlook_series(tables["outlook_days"].rows),
        "burn_charts": burn_downs(tables["burn_down"].rows),
        "gpu_chart": gpu_series(tables["gpu_days"].rows),
        "energy_chart": energy_series(tables["energy_days"].rows),
        "unit_chart": unit_series(tables["unit_days"].rows),
    }


def _round_tables(tables: Mapping[str, Table], unit: Decimal, reporting_currency: str) -> None:
    """Round all amounts, so that columns with a total add up to it as shown."""
    for name, columns in ADDING_UP.items():
        for column in columns:
            _settle(tables[name].rows, column, unit)
    for name, columns in EACH.items():
        for row in tables[name].rows:
            _round(row, columns, unit)
    for name, (currency, columns) in IN_OWN_CURRENCY.items():
        for row in tables[name].rows:
            _round(row, columns, minor_unit(row[currency] or reporting_currency))


def _round(row: Row, columns: Sequence[str], unit: Decimal) -> None:
    """Round what is known of some columns of a row."""
    row.update({name: rounded(row[name], unit) for name in columns if row[name] is not None})


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
