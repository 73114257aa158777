"""What a release says in a few lines: the end of a run, `apportion status`, `reconcile`, `top`."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from warehouse.read import connect

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Table:
    """A small table for a person or a program: a title, column names, rows."""

    title: str
    columns: tuple[str, ...]
    rows: Rows

    def as_json(self) -> list[dict[str, Any]]:
        """One object a row; amounts as exact decimal text."""
        return [
            {column: _plain(value) for column, value in zip(self.columns, row, strict=True)}
            for row in self.rows
        ]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value if value is None or isinstance(value, bool | int | str) else str(value)


QUERIES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "calibrations": (
        "Token weights that the GPUs' activity suggests",
        (
            *("model", "GPU", "input", "cached", "output", "request", "hours", "R²", "error"),
            *("default", "condition", "usable"),
        ),
        """
        select
            model, gpu_model, input_token_weight, cache_read_token_weight,
            output_token_weight, request_weight, hour_count, round(r_squared, 3),
            round(out_of_sample_error, 3), round(default_error, 3),
            round(condition_number, 1), case when is_usable then 'yes' else 'no' end
        from token_weight_calibrations
        order by model, gpu_model
        """,
    ),
    "spent": (
        "Spent",
        ("provider", "currency", "billed cost", "effective cost"),
        """
        select provider, billing_currency, sum(billed_cost), sum(effective_cost)
        from cost_ledger
        group by provider, billing_currency
        order by sum(reporting_effective_cost) desc, provider
        """,
    ),
    "total": (
        "In all",
        (
            "currency",
            "billed cost",
            "effective cost",
            "attributed",
            "unallocated",
            "largest single saving",
        ),
        """
        select
            reporting_currency, sum(reporting_billed_cost), sum(reporting_effective_cost),
            coalesce(sum(reporting_effective_cost) filter (where team <> 'unallocated'), 0),
            coalesce(sum(reporting_effective_cost) filter (where team = 'unallocated'), 0),
            coalesce(any_value(saving.expected), 0)
        from cost_ledger
        left join (
            select currency, max(saving_expected) as expected
            from optimization_opportunities
            group by currency
        ) as saving on saving.currency = reporting_currency
        group by reporting_currency
        """,
    ),
    "periods": (
        "Billing periods",
        ("billing period", "status", "currency", "charged"),
        """
        select strftime(billing_period, '%Y-%m'), status, currency, sum(total_cost)
        from statements
        group by billing_period, status, currency
        order by billing_period, currency
        """,
    ),
    "classes": (
        "By cost class",
        ("cost class", "currency", "effective cost"),
        """
        select cost_class, reporting_currency, sum(reporting_effective_cost)
        from cost_ledger
        group by cost_class, reporting_currency
        order by sum(reporting_effective_cost) desc, cost_class
        """,
    ),
    "teams": (
        "Attributed to teams",
        ("team", "business unit", "currency", "effective cost"),
        """
        select team, business_unit, reporting_currency, sum(reporting_effective_cost)
        from cost_ledger
        group by team, business_unit, reporting_currency
        order by sum(reporting_effective_cost) desc, team
        """,
    ),
    "models": (
        "By model",
        ("model", "currency", "effective cost"),
        """
        select model, reporting_currency, sum(reporting_effective_cost)
        from cost_ledger
        group by model, reporting_currency
        order by sum(reporting_effective_cost) desc, model
        """,
    ),
    "savings": (
        "Could be saved",
        ("lever", "scope", "team", "currency", "low", "expected", "high", "confidence"),
        """
        select
            lever, scope, team, currency, saving_low, saving_expected, saving_high, confidence
        from optimization_opportunities
        where saving_expected > 0
        order by saving_expected desc, lever, scope, team
        """,
    ),
    "opportunities": (
        "Opportunities",
        (
            *("lever", "scope", "team", "decision", "low", "expected", "high"),
            *("per day", "confidence", "assessment"),
        ),
        """
        select
            lever, scope, team, status, saving_low, saving_expected, saving_high,
            cast(round(saving_expected / (valid_to - valid_from + 1), 6) as decimal(38, 6)),
            confidence, assessment
        from optimization_opportunities
        order by saving_expected desc nulls last, lever, scope, team
        """,
    ),
    "realized": (
        "Promised and realised",
        ("lever", "scope", "team", "decision", "since", "days", "promised", "realised"),
        """
        select
            lever, scope, team, status, decided_on, days_since, saving_promised, saving_realized
        from savings_realized
        order by decided_on, lever, scope, team
        """,
    ),
    "reconciliation": (
        "Reconciliation",
        (
            *("provider", "billing account", "period", "currency", "measure"),
            *("delivered", "attributed", "unallocated", "quarantined", "difference"),
        ),
        """
        select
            provider, billing_account_id, billing_period, billing_currency, measure,
            delivered, attributed, unallocated, quarantined, difference
        from reconciliation
        order by provider, billing_account_id, billing_period, billing_currency, measure
        """,
    ),
    "unallocated": (
        "Without a team, and whose it probably is",
        ("what", "currency", "effective cost", "suggested team", "of 1000", "alike in"),
        """
        select
            right(subject, 50), reporting_currency, reporting_effective_cost,
            suggested_team, support_permille, evidence_field
        from unallocated_costs
        order by cost_rank
        """,
    ),
    "suggestions": (
        "Rules that would give it to them, for owner_rules.csv",
        ("rule", "because"),
        """
        select suggested_rule, evidence
        from unallocated_costs
        where suggested_rule is not null
        order by cost_rank
        """,
    ),
    "conflicts": (
        "Rules that name different teams for the same",
        ("severity", "what", "decided", "for", "against", "for", "subject-days", "effective cost"),
        """
        select
            severity, subject_type, deciding_rule, deciding_team, other_rule, other_team,
            sum(subject_count), sum(reporting_effective_cost)
        from owner_rule_conflicts
        group by all
        order by severity, sum(reporting_effective_cost) desc, deciding_rule, other_rule
        """,
    ),
    "idle_rules": (
        "Rules that decided nothing",
        ("rule", "status", "looks at", "key", "value", "team"),
        """
        select rule_id, rule_status, match_field, match_key, match_value, team
        from owner_rule_usage
        where rule_status in ('unused', 'overridden')
        order by rule_status, rule_id
        """,
    ),
    "findings": (
        "Where bill, telemetry and job records do not know of each other",
        ("finding", "subjects", "GPU hours", "currency", "effective cost"),
        """
        select
            finding, count(distinct subject), cast(sum(quantity_seconds) as bigint) // 3600,
            reporting_currency, sum(reporting_effective_cost)
        from attribution_findings
        group by finding, reporting_currency
        order by sum(reporting_effective_cost) desc, finding
        """,
    ),
    "quarantine": (
        "In quarantine: not counted until it is mended",
        ("source", "object", "reason", "column", "rows", "first row", "for example"),
        """
        select
            source_name, object_key, reason_code, column_name, count(*), min(object_row),
            arg_min(message, object_row)
        from quarantine
        group by source_name, object_key, reason_code, column_name
        order by source_name, object_key, reason_code, column_name
        """,
    ),
    "freshness": (
        "Sources",
        ("source", "first usage day", "last usage day", "rows"),
        """
        select source_name, first_usage_date, last_usage_date, row_count
        from source_freshness
        order by source_name
        """,
    ),
}


def tables(home: Path, names: Sequence[str], limit: int | None = None) -> list[Table]:
    """Ask the current release for some of the small tables.

    Args:
        home: the home folder.
        names: keys of `QUERIES`.
        limit: at most this many rows each; all by default.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
    """
    with connect(home) as connection:
        return [_table(connection, name, limit) for name in names]


def _table(connection: duckdb.DuckDBPyConnection, name: str, limit: int | None) -> Table:
    title, columns, query = QUERIES[name]
    rows = connection.execute(query).fetchall()
    return Table(title, columns, rows if limit is None else rows[:limit])


def unreconciled(table: Table) -> Rows:
    """The rows of a reconciliation whose difference is not zero."""
    return [row for row in table.rows if row[-1] != Decimal(0)]
