"""A statement as a page: to read on a screen, to print, to save as PDF; nothing is loaded."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from warehouse.cells import clean_text
from warehouse.page_text import FILTERS, cost_class
from warehouse.rounding import exact_difference, exact_sum, minor_unit, rounded
from warehouse.statement_data import Entry, Statement

TEMPLATES = Path(__file__).parent / "templates"
STATUSES = {
    "draft": "Draft: a later run may change it.",
    "reviewed": "Reviewed, not issued yet: a later run may change it.",
    "issued": "Issued: it never changes. Later differences are on a later statement.",
}


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
        "status": STATUSES[header.status],
        "unit": unit,
        "statement": statement,
        "classes": _named(statement.classes),
        "tables": _tables(statement),
        "ledger": statement.ledger,
        "lines": statement.by_provider(),
        "ledger_total": exact_sum([amount for _, amount in statement.ledger]),
        "rounding": exact_difference(header.payable, header.total_cost),
        "digits": lambda amount: rounded(amount, unit / 10_000),
    }


def _tables(statement: Statement) -> list[tuple[str, str, tuple[str, ...], tuple[Entry, ...]]]:
    """Title, what it says, the columns of text, and the rows."""
    return [
        ("By team", "Who used it.", ("Team", "Cost centre"), statement.teams),
        ("By model", "What it was used for.", ("Model", "Purpose"), statement.models),
        (
            "Shared costs",
            "Part of the amounts above: what a policy divides among those who share it.",
            ("Provider", "Service", "Cost class", "Policy", "Method", "Team"),
            statement.shared,
        ),
        (
            "Adjustments of earlier periods",
            "Part of the amounts above: what has changed of periods that were issued before.",
            ("Adjusted period", "Team", "Provider", "Service", "Cost class", "Reason"),
            statement.adjustments,
        ),
    ]


def _named(classes: tuple[Entry, ...]) -> list[Entry]:
    """Cost classes in plain words."""
    return [entry._replace(keys=(cost_class(entry.keys[0]),)) for entry in classes]
