"""Chargeback statements: a folder per billing period and business unit.

    statements/register.csv                              every statement: status, who, when, amounts
    statements/2026-10/journal-2026-10.csv               what the general ledger books
    statements/2026-10/robotics/2026-10-robotics.html    to read and to print
    statements/2026-10/robotics/2026-10-robotics.csv     the lines, exact and payable
    statements/2026-10/robotics/2026-10-robotics.xlsx    a sheet per level

A unit's folder holds only what it pays. All folders change together or not at all, and the same
release and reviews give the same bytes.
"""

import csv
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path

import duckdb

from apportion.errors import GateRefused
from apportion.settings import Journal
from warehouse.cells import exact_text, text_cell
from warehouse.folders import replaced
from warehouse.journal import write_journal
from warehouse.register import Issue, write_register
from warehouse.reviews import Review, reviewed
from warehouse.rounding import exact_sum
from warehouse.statement_data import Header, Sign, Statement, headers, read_statements
from warehouse.statement_page import write_page
from warehouse.statement_queries import KEYS
from warehouse.workbook import write_workbook

REGISTER, SLUG_LENGTH = "register.csv", 60
COLUMNS = (
    *("statement_id", "billing_period", "business_unit", *KEYS, "currency", "charged_measure"),
    "status",
    *("payable_amount", "amount", "billed_cost", "effective_cost"),
)


@dataclass(frozen=True, slots=True)
class Office:
    """What statements need beside the release: closed periods, reviews, accounts to book to."""

    issues: tuple[Issue, ...] = ()
    reviews: Mapping[str, Review] = field(default_factory=dict)
    journal: Journal | None = None


NO_OFFICE = Office()


def write_statements(release: Path, destination: Path, office: Office = NO_OFFICE) -> list[Path]:
    """Write the statements of every billing period and business unit of a release.

    Args:
        release: the DuckDB file of a published release.
        destination: the folder that they replace.
        office: reviews that make a draft a reviewed statement, issued statements of closed periods,
            which are copied as they are, and the accounts of the journal.

    Returns:
        The files, in order of their paths.

    Raises:
        GateRefused: `STATEMENTS_INCOMPLETE`, the files would not say what the release says.
    """
    issued = {issue.period: issue for issue in office.issues}
    with duckdb.connect(release, read_only=True) as connection, replaced(destination) as folder:
        wanted = list(headers(connection))
        statements = read_statements(connection, [h for h in wanted if h.period not in issued])
        _verify_each(release, statements)
        _verify_whole(release, connection, [statement.header for statement in statements])
        by_id = reviewed(statements, office.reviews)
        signed = [s.signed(_sign(by_id[s.header.statement_id])) for s in statements]
        _write(signed, {header.business_unit for header in wanted}, folder, office.journal)
        for issue in office.issues:
            shutil.copytree(issue.folder / issue.period, folder / issue.period)
        write_register(connection, wanted, by_id, issued, folder / REGISTER)
    return sorted(path for path in destination.rglob("*") if path.is_file())


def write_issued(
    connection: duckdb.DuckDBPyConnection,
    period: date,
    destination: Path,
    issued: Sign,
    office: Office,
) -> None:
    """Write the statements of one period as they are issued.

    Args:
        connection: the release that the period is closed on.
        period: the first day of the month.
        destination: a folder that does not exist yet.
        issued: who issues them, and when.
        office: the reviews that they were issued after, and the accounts of the journal.

    Raises:
        GateRefused: `STATEMENTS_INCOMPLETE`, the files would not say what the release says.
    """
    wanted = list(headers(connection))
    statements = read_statements(connection, [h for h in wanted if h.billing_period == period])
    _verify_each(destination, statements)
    by_id = reviewed(statements, office.reviews)
    signed = [s.signed(_sign(by_id[s.header.statement_id]), issued) for s in statements]
    _write(signed, {header.business_unit for header in wanted}, destination, office.journal)


def _sign(review: Review | None) -> Sign | None:
    return Sign(review.reviewed_by, review.reviewed_at) if review else None


def _write(
    statements: list[Statement], units: set[str], folder: Path, journal: Journal | None
) -> None:
    slugs = folder_names(units)
    for statement in statements:
        header = statement.header
        slug = slugs[header.business_unit]
        path = folder / header.period / slug / f"{header.period}-{slug}"
        path.parent.mkdir(parents=True)
        write_lines(statement, path.with_name(f"{path.name}.csv"))
        write_workbook(statement, path.with_name(f"{path.name}.xlsx"))
        write_page(statement, path.with_name(f"{path.name}.html"))
    if journal is None:
        return
    for period, members in groupby(statements, lambda statement: statement.header.period):
        write_journal(list(members), journal, folder / period / f"journal-{period}.csv")


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


def _verify_each(release: Path, statements: Iterable[Statement]) -> None:
    """A statement's lines are all there, and say what the ledger and its total say."""
    for statement in statements:
        header, lines = statement.header, statement.lines
        total = exact_sum([line.amount for line in lines])
        if (
            len(lines) == header.line_count
            and total == header.total_cost
            and exact_sum([line.payable for line in lines]) == header.payable
            and statement.by_provider() == dict(statement.ledger)
        ):
            continue
        ledger = exact_sum([amount for _, amount in statement.ledger])
        raise GateRefused(
            "STATEMENTS_INCOMPLETE",
            f"{release}, statement {text_cell(header.statement_id)}: {len(lines)} of "
            f"{header.line_count} lines with a sum of {total} for a total of {header.total_cost}; "
            f"the ledger has {ledger}. The files on disk stay as they were. Build the release "
            "again.",
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
