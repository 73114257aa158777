"""What a release must satisfy before anybody sees it.

Three suites: `sources` (what was delivered), `report` (what readers will see) and
`previous_release` (what changed since). Rules about rows of one model and between models live
beside the models, in dbt; these are about the release as a whole. Nothing here runs anything:
`warehouse.expectations` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

SOURCES, REPORT, PREVIOUS_RELEASE = "sources", "report", "previous_release"


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation, by its name in great-expectations; `check_name` says what it means."""

    check_name: str
    expectation: str
    arguments: Mapping[str, Any]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that must meet every rule."""

    suite: str
    subject: str
    query: str
    rules: tuple[Rule, ...]


NOT_EMPTY = Rule("has_rows", "ExpectTableRowCountToBeBetween", {"min_value": 1})


def not_null(*columns: str) -> tuple[Rule, ...]:
    """Every value of these columns is present."""
    return tuple(
        Rule(f"{name}_is_present", "ExpectColumnValuesToNotBeNull", {"column": name}, (name,))
        for name in columns
    )


def not_negative(*columns: str) -> tuple[Rule, ...]:
    """No value of these columns is below zero."""
    return tuple(
        Rule(
            f"{name}_is_not_negative",
            "ExpectColumnValuesToBeBetween",
            {"column": name, "min_value": 0},
            (name,),
        )
        for name in columns
    )


def unique(*columns: str) -> Rule:
    """No two rows agree in all of these columns."""
    if len(columns) == 1:
        kind, arguments = "ExpectColumnValuesToBeUnique", {"column": columns[0]}
        return Rule(f"{columns[0]}_is_unique", kind, arguments, columns)
    listed = {"column_list": list(columns)}
    return Rule("key_is_unique", "ExpectCompoundColumnsToBeUnique", listed, columns)


def in_order(earlier: str, later: str) -> Rule:
    """An instant is not before another one of its row, where both are known."""
    return Rule(
        f"{later}_is_not_before_{earlier}",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {
            "column_A": later,
            "column_B": earlier,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        (later, earlier),
    )


CHARGE_CATEGORY_IS_KNOWN = Rule(
    "charge_category_is_known",
    "ExpectColumnValuesToBeInSet",
    {
        "column": "charge_category",
        "value_set": ["Usage", "Purchase", "Tax", "Credit", "Adjustment"],
    },
    ("charge_category",),
)
CURRENCY_IS_A_CODE = Rule(
    "billing_currency_is_a_code_of_three_letters",
    "ExpectColumnValueLengthsToEqual",
    {"column": "billing_currency", "value": 3},
    ("billing_currency",),
)


def tables(usage_date: date) -> tuple[Table, ...]:
    """Delivered rows of the newest usage day (its month, for charges), and the published tables.

    Older days were checked when they were the newest; so the cost of the gate does not grow with
    history.
    """
    month, tomorrow = usage_date.replace(day=1), usage_date + timedelta(days=1)
    return (
        Table(
            SOURCES,
            "landing.focus_charges",
            _since("focus_charges", "charge_period_start", month),
            (
                *not_null("charge_key", "billing_account_id", "billing_currency"),
                *not_null("billing_period_start", "charge_period_start", "charge_period_end"),
                *not_null("billed_cost", "effective_cost"),
                unique("source_name", "charge_key"),
                in_order("charge_period_start", "charge_period_end"),
                in_order("billing_period_start", "billing_period_end"),
                CHARGE_CATEGORY_IS_KNOWN,
                CURRENCY_IS_A_CODE,
            ),
        ),
        Table(
            SOURCES,
            "landing.inference_requests",
            _since("inference_requests", "started_at", usage_date, tomorrow),
            (
                *not_null("request_id", "started_at"),
                *not_negative("input_tokens", "cache_read_input_tokens", "output_tokens"),
                in_order("started_at", "completed_at"),
            ),
        ),
        Table(
            SOURCES,
            "landing.prometheus_samples",
            _since("prometheus_samples", "sample_at", usage_date, tomorrow),
            not_null("metric", "labels", "sample_at"),
        ),
        Table(
            SOURCES,
            "landing.slurm_jobs",
            _since("slurm_jobs", "completed_at", usage_date),
            (
                *not_null("job_id", "cluster"),
                *not_negative("gpu_count", "elapsed_seconds"),
                in_order("started_at", "completed_at"),
            ),
        ),
        _report("cost_ledger", NOT_EMPTY, *not_null("team", "cost_class", "billed_cost")),
        _report(
            "daily_cost_by_team",
            NOT_EMPTY,
            unique(
                *("charge_date", "business_unit", "cost_center", "team", "cost_class"),
                *("billing_currency", "reporting_currency"),
            ),
        ),
        _report(
            "reconciliation",
            NOT_EMPTY,
            unique(
                *("provider", "billing_account_id", "billing_period", "billing_currency"),
                "measure",
            ),
        ),
        _report("statements", NOT_EMPTY, unique("statement_id")),
        _report("statement_lines", NOT_EMPTY, *not_null("statement_id", "team", "amount")),
        _report("source_freshness", NOT_EMPTY),
    )


def _report(name: str, *rules: Rule) -> Table:
    return Table(REPORT, f"main.{name}", f"select * from main.{name}", rules)  # noqa: S608


def _since(table: str, column: str, first: date, end: date | None = None) -> str:
    """Rows of a landing table from a day on; constants, so that other days' files are skipped."""
    until = f" and {column} < timestamp '{end}'" if end else ""
    return f"select * from landing.{table} where {column} >= timestamp '{first}'{until}"  # noqa: S608
