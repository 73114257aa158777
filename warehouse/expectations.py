"""Runs the suites on a release with great-expectations, in a process of its own.

    python -m warehouse.expectations <release.duckdb> <results.json>

Every expectation is answered by DuckDB; no rows are pulled into Python but a few examples of what
broke a rule. great-expectations keeps its database engines open, which would keep the next step
from opening the file: hence the process.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import ro_dialect
from warehouse.checks import SAMPLE_ROWS, Check, Row
from warehouse.suites import Rule, Table, tables
from warehouse.violations import VIOLATIONS, Violation

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

FEW_VALUES = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLE_ROWS}
WITH_ROWS = {"result_format": "COMPLETE"}
NO_ROWS = {"unexpected_rows_query": "select * from {batch}"}


def run(release: Path) -> list[Check]:
    """Run every suite on a release, read only."""
    usage_date = _usage_date(release)
    source = _open(release)
    checks: list[Check] = []
    for table in tables(usage_date):
        checks += _check_table(source, table)
    checks += (_check_violation(source, violation) for violation in VIOLATIONS)
    return checks


def _usage_date(release: Path) -> date:
    with duckdb.connect(release, read_only=True) as connection:
        row = connection.execute("select usage_date from landing.run").fetchone()
    if row is None:
        raise ValueError(f"{release}: landing.run is empty")
    found: date = row[0]
    return found


def _open(release: Path) -> "SQLDatasource":
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    ro_dialect.register()
    limits = {
        "memory_limit": os.environ["APPORTION_MEMORY_LIMIT"],
        "threads": os.environ["APPORTION_THREADS"],
    }
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_sql(
        "release",
        connection_string=f"duckdb+ro:///{release}",
        kwargs={  # type: ignore[call-arg] # the stub leaves it out
            "connect_args": {"read_only": True, "config": limits}
        },
    )


def _validate(
    source: "SQLDatasource",
    name: str,
    query: str,
    rules: Iterable[Rule],
    result_format: dict[str, Any],
) -> dict[str, "ExpectationValidationResult"]:
    """The result of each rule, by its name."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    batch = source.add_query_asset(name, query=query).add_batch_definition_whole_table(name)
    expectations = [
        getattr(gxe, rule.expectation)(**rule.arguments, meta={"check_name": rule.check_name})
        for rule in rules
    ]
    suite = gx.ExpectationSuite(name=name, expectations=expectations)
    results = batch.get_batch().validate(suite, result_format=result_format).results
    return {
        result.expectation_config.meta["check_name"]: result  # type: ignore[union-attr]
        for result in results
    }


def _check_table(source: "SQLDatasource", table: Table) -> Iterator[Check]:
    results = _validate(source, table.subject, table.query, table.rules, FEW_VALUES)
    for rule in table.rules:
        result = results[rule.check_name]
        why = _exception(result) or f"not every row keeps the rule {rule.check_name}"
        yield Check(
            check_name=rule.check_name,
            suite=table.suite,
            subject=table.subject,
            kind="great_expectations",
            status="pass" if result.success else "fail",
            failed_row_count=result.result.get("unexpected_count"),
            message="" if result.success else why,
            sample=_values(rule.columns, result.result.get("partial_unexpected_list", [])),
        )


def _check_violation(source: "SQLDatasource", violation: Violation) -> Check:
    query = f"select cast(columns(*) as varchar) from ({violation.query})"  # noqa: S608
    rule = Rule(violation.check_name, "UnexpectedRowsExpectation", NO_ROWS)
    results = _validate(source, violation.check_name, query, [rule], WITH_ROWS)
    result = results[violation.check_name]
    exception = _exception(result)
    is_warning = violation.is_warning and not exception
    rows = result.result.get("details", {}).get("unexpected_rows") or []
    return Check(
        check_name=violation.check_name,
        suite=violation.suite,
        subject=violation.subject,
        kind="great_expectations",
        status="pass" if result.success else ("warn" if is_warning else "fail"),
        failed_row_count=None if exception else result.result["observed_value"],
        message="" if result.success else exception or violation.message,
        sample=tuple(dict(row) for row in rows[:SAMPLE_ROWS]),
    )


def _exception(result: "ExpectationValidationResult") -> str | None:
    """Why a rule could not be tested; a rule that was not tested has not passed."""
    information = result.exception_info or {}
    nested = information.values() if "raised_exception" not in information else [information]
    messages = [str(item["exception_message"]) for item in nested if item["raised_exception"]]
    return f"could not be tested: {' '.join(messages[0].split())}" if messages else None


def _values(columns: tuple[str, ...], values: Iterable[Any]) -> tuple[Row, ...]:
    """Examples of what broke a rule, as rows."""
    rows: list[Row] = []
    for value in list(values)[:SAMPLE_ROWS]:
        if isinstance(value, dict):
            rows.append({key: None if v is None else str(v) for key, v in value.items()})
        else:
            parts = value if isinstance(value, (tuple, list)) else [value]
            texts = (None if part is None else str(part) for part in parts)
            rows.append(dict(zip(columns, texts, strict=False)))
    return tuple(rows)


def main() -> None:
    """Write the results of all suites as JSON."""
    release, results = Path(sys.argv[1]), Path(sys.argv[2])
    results.write_text(json.dumps([check.as_json() for check in run(release)]), encoding="utf-8")


if __name__ == "__main__":
    main()
