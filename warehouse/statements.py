"""Chargeback statements: a folder per billing period and business unit, a CSV and a workbook in it.

    statements/2026-10/robotics/2026-10-robotics.csv     the lines, exact and payable
    statements/2026-10/robotics/2026-10-robotics.xlsx    summary, teams, models, lines, shared costs

A folder holds only what its business unit pays. All folders change together or not at all, and the
same release gives the same bytes.
"""

import csv
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import duckdb

from apportion.errors import GateRefused
from warehouse.cells import exact_text, text_cell
from warehouse.folders import replaced
from warehouse.rounding import exact_sum
from warehouse.statement_data import KEYS, Header, Statement, headers, read_statement
from warehouse.workbook import write_workbook

SLUG_LENGTH = 60
COLUMNS = (
    *("statement_id", "billing_period", "business_unit", *KEYS, "currency", "charged_measure"),
    "status",
    *("payable_amount", "amount", "billed_cost", "effective_cost"),
)


def write_statements(
    release: Path, destination: Path, closed: Mapping[str, Path] = MappingProxyType({})
) -> list[Path]:
    """Write the statements of every billing period and business unit of a release.

    Args:
        release: the DuckDB file of a published release.
        destination: the folder that they replace.
        closed: the issued statements of closed periods (`2026-10`), which are copied as they are.

    Returns:
        The files, in order of their paths.

    Raises:
        GateRefused: `STATEMENTS_INCOMPLETE`, the files would not say what the release says.
    """
    with duckdb.connect(release, read_only=True) as connection, replaced(destination) as folder:
        wanted = list(headers(connection))
        statements = [read_statement(connection, h) for h in wanted if h.period not in closed]
        for statement in statements:
            _verify(release, statement)
        _verify_whole(release, connection, [statement.header for statement in statements])
        _write(statements, {header.business_unit for header in wanted}, folder)
        for period, issued in closed.items():
            shutil.copytree(issued / period, folder / period)
    return sorted(path for path in destination.rglob("*") if path.is_file())


def write_closed(connection: duckdb.DuckDBPyConnection, period: date, destination: Path) -> None:
    """Write the statements of one period as they are issued: their status is `closed`.

    Args:
        connection: the release that the period is closed on.
        period: the first day of the month.
        destination: a folder that does not exist yet.

    Raises:
        GateRefused: `STATEMENTS_INCOMPLETE`, the files would not say what the release says.
    """
    wanted = list(headers(connection))
    statements = [
        read_statement(connection, header._replace(status="closed"))
        for header in wanted
        if header.billing_period == period
    ]
    for statement in statements:
        _verify(destination, statement)
    _write(statements, {header.business_unit for header in wanted}, destination)


def _write(statements: Iterable[Statement], units: set[str], folder: Path) -> None:
    slugs = folder_names(units)
    for statement in statements:
        header = statement.header
        slug = slugs[header.business_unit]
        path = folder / header.period / slug / f"{header.period}-{slug}"
        path.parent.mkdir(parents=True)
        write_lines(statement, path.with_name(f"{path.name}.csv"))
        write_workbook(statement, path.with_name(f"{path.name}.xlsx"))


def folder_names(business_units: Iterable[str]) -> dict[str, str]:
    """A folder name for every business unit: its letters and digits.

    Units that would share one, or have no such letter, get a part of their name's hash as well.
    """
    plain = {
        unit: re.sub(r"[^a-z0-9]+", "-", unit.lower()).strip("-")[:SLUG_LENGTH].strip("-")
        for unit in business_units
    }
    uses = Counter(plain.values())
    return {
        unit: slug
        if slug and uses[slug] == 1
        else f"{slug or 'unit'}-{hashlib.sha256(unit.encode()).hexdigest()[:10]}"
        for unit, slug in plain.items()
    }


def write_lines(statement: Statement, path: Path) -> None:
    """Write a statement's lines as CSV (RFC 4180, UTF-8, every field quoted)."""
    header = statement.header
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        for line in statement.lines:
            writer.writerow(
                (
                    text_cell(header.statement_id),
                    header.period,
                    text_cell(header.business_unit),
                    *(text_cell(key) for key in line.keys),
                    header.currency,
                    header.charged_measure,
                    header.status,
                    f"{line.payable:f}",
                    exact_text(line.amount),
                    exact_text(line.billed_cost),
                    exact_text(line.effective_cost),
                )
            )


def _verify(release: Path, statement: Statement) -> None:
    """The lines are all there, and say what the ledger and the statement's total say."""
    header, lines = statement.header, statement.lines
    total = exact_sum([line.amount for line in lines])
    if (
        len(lines) == header.line_count
        and total == header.total_cost
        and exact_sum([line.payable for line in lines]) == header.payable
        and statement.by_provider() == dict(statement.ledger)
    ):
        return
    ledger = exact_sum([amount for _, amount in statement.ledger])
    raise GateRefused(
        "STATEMENTS_INCOMPLETE",
        f"{release}, statement {text_cell(header.statement_id)}: {len(lines)} of "
        f"{header.line_count} lines with a sum of {total} for a total of {header.total_cost}; the "
        f"ledger has {ledger}. The files on disk stay as they were. Build the release again.",
    )


def _verify_whole(
    release: Path, connection: duckdb.DuckDBPyConnection, written: list[Header]
) -> None:
    """All statements together are the whole ledger: no unit is missing and none is twice there."""
    periods = sorted({header.billing_period for header in written})
    rows = connection.execute(
        "select amount from main.statement_lines where billing_period = any($1)", [periods]
    ).fetchall()
    expected = exact_sum([amount for (amount,) in rows])
    total = exact_sum([header.total_cost for header in written])
    if total != expected:
        raise GateRefused(
            "STATEMENTS_INCOMPLETE",
            f"{release}: the statements add up to {total}, their lines in the release to "
            f"{expected}. The files on disk stay as they were. Build the release again.",
        )
