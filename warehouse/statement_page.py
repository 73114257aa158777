"""A statement as a page: to read on a screen, to print, to save as PDF; nothing is loaded."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from warehouse.cells import clean_text
from warehouse.page_text import FILTERS, cost_class
from warehouse.rounding import exact_difference, exact_sum, minor_unit
from warehouse.statement_data import Entry, Statement
from warehouse.statement_words import (
    MEASURES,
    NOTES,
    adjustments_in_words,
    models_in_words,
    shared_in_words,
    status_text,
)

TEMPLATES = Path(__file__).parent / "templates"


class Row(NamedTuple):
    """A row of a table: what it is for, a note on it, this month, and the month before."""

    keys: tuple[str, ...]
    note: str
    payable: Decimal
    amount: Decimal
    before: Decimal


def write_page(statement: Statement, path: Path) -> None:
    """Write a statement as HTML; the same statement gives the same bytes."""
    path.write_text(_template().render(**_content(statement)), encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean_text(value) if type(value) is str else value,
    )
    style = (TEMPLATES / "statement.css").read_text(encoding="utf-8")
    environment.filters.update(FILTERS)
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - our own file
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    }
    return environment.get_template("statement.html.jinja")


def _content(statement: Statement) -> dict[str, Any]:
    header = statement.header
    unit = minor_unit(header.currency)
    return {
        "header": header,
        "status": status_text(statement),
        "measure": MEASURES[header.charged_measure],
        "unit": unit,
        "statement": statement,
        "compared": _compared(statement),
        "tables": _tables(statement),
        "ledger": statement.ledger,
        "lines": statement.by_provider(),
        "ledger_total": exact_sum([amount for _, amount in statement.ledger]),
        "rounding": exact_difference(header.payable, header.total_cost),
    }


def _tables(statement: Statement) -> list[tuple[str, str, tuple[str, ...], list[Entry]]]:
    """Title, what it says, the columns of text, and the rows."""
    return [
        (
            "By model",
            "What it was used for.",
            ("Model", "Purpose"),
            models_in_words(statement),
        ),
        (
            "Shared costs",
            "Part of the amounts above: what policies divide. The workbook has it by team.",
            ("Provider", "Service", "Cost class", "Policy", "Method"),
            _without_team(shared_in_words(statement)),
        ),
        (
            "Adjustments of earlier months",
            "Part of the amounts above: what has changed of months that were issued before.",
            ("Month", "Team", "Provider", "Service", "Cost class", "Reason"),
            adjustments_in_words(statement),
        ),
    ]


def _compared(
    statement: Statement,
) -> list[tuple[str, str, tuple[str, ...], list[Row]]]:
    """The tables that stand beside the month before: title, what it says, columns, rows."""
    before = statement.before
    classes, teams = (before.classes, before.teams) if before else ({}, {})
    named = [
        row._replace(keys=(cost_class(row.keys[0]),), note=NOTES.get(row.keys[0], ""))
        for row in beside(statement.classes, classes)
    ]
    return [
        ("What it is made of", "", ("Cost class",), named),
        ("By team", "Who used it.", ("Team", "Cost centre"), beside(statement.teams, teams)),
    ]


def beside(entries: Iterable[Entry], before: Mapping[tuple[str, ...], Decimal]) -> list[Row]:
    """This month's rows with what they were, then those that are no longer there."""
    zero = Decimal(0)
    rows = [Row(e.keys, "", e.payable, e.amount, before.get(e.keys, zero)) for e in entries]
    here = {row.keys for row in rows}
    gone = [Row(keys, "", zero, zero, was) for keys, was in before.items() if keys not in here]
    return rows + gone


def _without_team(entries: Iterable[Entry]) -> list[Entry]:
    """Entries that differ in their last key alone, added up; what they charge as well."""
    return [
        Entry(
            keys,
            payable=exact_sum([entry.payable for entry in members]),
            amount=exact_sum([entry.amount for entry in members]),
            billed_cost=exact_sum([entry.billed_cost for entry in members]),
            effective_cost=exact_sum([entry.effective_cost for entry in members]),
            line_count=len(members),
        )
        for keys, group in groupby(entries, lambda entry: entry.keys[:-1])
        if (members := list(group))
    ]
