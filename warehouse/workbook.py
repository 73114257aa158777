"""A statement as a workbook: a sheet per level, text as text, amounts as numbers and exact."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

from apportion.errors import GateRefused
from warehouse.cells import exact_text, text_cell
from warehouse.page_text import sentence
from warehouse.rounding import exact_difference, exact_sum, minor_unit
from warehouse.statement_data import Entry, Statement
from warehouse.statement_queries import KEYS
from warehouse.statement_requests import Request
from warehouse.statement_words import (
    MEASURES,
    adjustments_in_words,
    classes_in_words,
    models_in_words,
    shared_in_words,
    status_text,
)

ROW_LIMIT = 1_048_576
LINE = 90
"""Characters that fit on a line of the summary."""
TOTAL = "Total"
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "in_memory": True,
}
AMOUNTS = ("amount", "billed cost", "effective cost", "exact amount")
TITLES = {"cost_center": "cost centre", "adjusted_period": "adjusted month"}
EMPTY = {
    "Shared costs": "No policy passed a common cost on to this unit.",
    "Adjustments": "No month that was issued before has changed.",
}
ROUNDING = (
    "Amounts are rounded to {unit} {currency} by largest remainder, from the period's total to the "
    "statements and from there to each table: every table adds up to its total. The exact amount "
    "stands beside."
)


class Exact(NamedTuple):
    """An amount that is shown as text, because a number in a workbook has 15 digits."""

    amount: Decimal


Cell = str | int | Decimal | Exact


def write_workbook(statement: Statement, path: Path) -> None:
    """Write a statement as XLSX; the same statement gives the same bytes.

    Raises:
        GateRefused: `STATEMENTS_INCOMPLETE`, a cell could not be written.
    """
    book = Book(path, statement)
    book.summary()
    book.table("By team", ("team", "cost centre"), statement.teams)
    book.table("By model", ("model", "purpose"), models_in_words(statement))
    book.requests()
    book.table(
        "Shared costs",
        ("provider", "service", "cost class", "policy", "method", "team"),
        shared_in_words(statement),
    )
    book.table(
        "Adjustments",
        ("adjusted month", "team", "provider", "service", "cost class", "reason"),
        adjustments_in_words(statement),
    )
    book.reconciliation()
    book.table("Lines", [TITLES.get(key, key.replace("_", " ")) for key in KEYS], statement.lines)
    book.close()


class Book:
    """A workbook under construction."""

    def __init__(self, path: Path, statement: Statement) -> None:
        self._path, self._statement, self._header = path, statement, statement.header
        self._book = xlsxwriter.Workbook(str(path), OPTIONS)
        first_day = datetime.combine(self._header.billing_period, time(), UTC)
        self._book.set_properties(
            {
                "title": text_cell(f"Statement {self._header.statement_id}"),
                "author": "Apportion",
                "created": first_day.replace(tzinfo=None),
            }
        )
        unit = minor_unit(self._header.currency)
        digits = "0" * max(-int(unit.as_tuple().exponent), 0)
        number = f"#,##0.{digits}" if digits else "#,##0"
        money = {"num_format": f"{number};[Red]-{number}"}
        head = {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF"}
        total = {"bold": True, "top": 1}
        right = {"align": "right"}
        self._title = self._format({"bold": True, "font_size": 16})
        self._head, self._head_right = self._format(head), self._format(head | right)
        self._plain, self._wrapped = self._format({}), self._format({"text_wrap": True})
        self._exact = self._format(right | {"font_color": "#595959"})
        self._money, self._count = self._format(money), self._format({"num_format": "#,##0"})
        self._small = self._format({"num_format": f"{number}0000;[Red]-{number}0000"})
        self._total, self._total_money = self._format(total), self._format(total | money)
        self._total_exact = self._format(total | right)

    def summary(self) -> None:
        """What is charged, to whom, for what, and how it was rounded."""
        sheet, header, statement = self._sheet("Summary"), self._header, self._statement
        unit = minor_unit(header.currency)
        self._write(sheet, 0, 0, f"Statement {header.statement_id}", self._title)
        before = statement.before
        facts: list[tuple[str, Cell]] = [
            ("Organisation", statement.terms.organization),
            ("Business unit", header.business_unit),
            ("Billing period", header.period),
            ("Status", status_text(statement)),
            ("Currency", header.currency),
            ("Charged", MEASURES[header.charged_measure]),
            ("Amount charged", header.payable),
            *([("Month before", before.payable)] if before else []),
            ("Exact amount", Exact(header.total_cost)),
            ("Lines", header.line_count),
            ("Rounding", ROUNDING.format(unit=unit, currency=header.currency)),
        ]
        for row, (name, value) in enumerate(facts, 2):
            self._write(sheet, row, 0, name, self._head)
            style = self._wrapped if isinstance(value, (str, Exact)) else self._style(value)
            if isinstance(value, (str, Exact)):
                sheet.merge_range(row, 1, row, 4, "", style)
            if isinstance(value, str):
                sheet.set_row(row, 16 * -(-len(value) // LINE))
            self._write(sheet, row, 1, value, style)
        self._rows(sheet, len(facts) + 3, ("cost class",), classes_in_words(statement))
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 3, 18)
        sheet.set_column(4, 4, 28)

    def table(self, name: str, keys: Sequence[str], entries: Sequence[Entry]) -> None:
        """A sheet with a table; more rows than a sheet can hold go on to the next sheet."""
        room = ROW_LIMIT - 2
        for part in count():
            here = entries[part * room : (part + 1) * room]
            if not here and part:
                break
            sheet = self._sheet(name if not part else f"{name} {part + 1}")
            is_last = (part + 1) * room >= len(entries)
            self._rows(sheet, 0, keys, here, total_of=entries if is_last else ())
            sheet.freeze_panes(1, 0)
            sheet.repeat_rows(0)
            sheet.autofilter(0, 0, max(len(here), 1), len(keys) + len(AMOUNTS) - 1)
            sheet.set_column(0, len(keys) - 1, 24)
            sheet.set_column(len(keys), len(keys) + len(AMOUNTS) - 2, 18)
            sheet.set_column(len(keys) + len(AMOUNTS) - 1, len(keys) + len(AMOUNTS) - 1, 28)
            if not entries and name in EMPTY:
                self._write(sheet, 1, 0, EMPTY[name], self._plain)

    def requests(self) -> None:
        """The requests that cost most."""
        if not self._statement.requests:
            return
        sheet = self._sheet("Top requests")
        names = [*(name.replace("_", " ") for name in Request._fields), "exact cost"]
        for column, name in enumerate(names):
            style = self._head if column < names.index("input tokens") else self._head_right
            self._write(sheet, 0, column, sentence(name), style)
        for row, request in enumerate(self._statement.requests, 1):
            time = f"{request.started_at:%Y-%m-%d %H:%M:%S}"
            values: list[Cell] = [
                *(request.request_id, time, request.team, request.model, request.deployment),
                *(request.input_tokens, request.output_tokens, request.status),
                *(request.cost, Exact(request.cost)),
            ]
            styles = [self._small if isinstance(v, Decimal) else self._style(v) for v in values]
            self._line(sheet, row, values, styles)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(names) - 1, 24)

    def reconciliation(self) -> None:
        """The statement against the ledger, provider by provider, with every digit."""
        sheet = self._sheet("Reconciliation")
        columns = ("Provider", "Cost ledger", "Statement lines", "Difference")
        for column, name in enumerate(columns):
            self._write(sheet, 0, column, name, self._head_right if column else self._head)
        row = 0
        for row, (name, ledger, lines) in enumerate(self._compared(), 1):
            is_total = name == TOTAL
            text, exact = (
                (self._total, self._total_exact) if is_total else (self._plain, self._exact)
            )
            self._write(sheet, row, 0, name, text)
            for column, amount in enumerate((ledger, lines, exact_difference(ledger, lines)), 1):
                self._write(sheet, row, column, Exact(amount), exact)
        charged = exact_difference(self._header.payable, self._header.total_cost)
        self._write(sheet, row + 2, 0, "Rounding of the charged amount", self._plain)
        self._write(sheet, row + 2, 1, Exact(charged), self._exact)
        sheet.set_column(0, 3, 32)

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def _compared(self) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Per provider and in total: what the ledger and what the lines say."""
        ledger, lines = dict(self._statement.ledger), self._statement.by_provider()
        for provider in sorted(ledger.keys() | lines.keys()):
            zero = Decimal(0)
            yield provider, ledger.get(provider, zero), lines.get(provider, zero)
        yield TOTAL, exact_sum([*ledger.values()]), exact_sum([*lines.values()])

    def _rows(
        self,
        sheet: Any,
        first: int,
        keys: Sequence[str],
        entries: Sequence[Entry],
        total_of: Sequence[Entry] | None = None,
    ) -> None:
        """A table: header, entries and, where the table ends here, its total."""
        for column, name in enumerate((*keys, *AMOUNTS)):
            style = self._head if column < len(keys) else self._head_right
            self._write(sheet, first, column, sentence(name), style)
        for row, entry in enumerate(entries, first + 1):
            values = (*entry.keys, *_amounts([entry]))
            styles = (*[self._plain] * len(keys), *[self._money] * 3, self._exact)
            self._line(sheet, row, values, styles)
        summed = entries if total_of is None else total_of
        if summed:
            values = (TOTAL, *[""] * (len(keys) - 1), *_amounts(summed))
            styles = (*[self._total] * len(keys), *[self._total_money] * 3, self._total_exact)
            self._line(sheet, first + len(entries) + 1, values, styles)

    def _line(self, sheet: Any, row: int, values: Iterable[Cell], styles: Iterable[Any]) -> None:
        for column, (value, style) in enumerate(zip(values, styles, strict=True)):
            self._write(sheet, row, column, value, style)

    def _style(self, value: Cell) -> Any:
        if isinstance(value, Exact):
            return self._exact
        if isinstance(value, Decimal):
            return self._money
        return self._count if isinstance(value, int) else self._plain

    def _format(self, properties: dict[str, Any]) -> Any:
        return self._book.add_format(
            {"font_name": "Calibri", "font_size": 11, "valign": "top"} | properties
        )

    def _sheet(self, name: str) -> Any:
        """A new sheet that prints on the width of one landscape page."""
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer(f"&L{self._header.statement_id.replace('&', '&&')[:99]}&R&P / &N")
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        return sheet

    def _write(self, sheet: Any, row: int, column: int, value: Cell, style: Any) -> None:
        """Write one cell as text or as a number, never as anything that a reader would run."""
        if isinstance(value, str):
            code = sheet.write_string(row, column, text_cell(value), style)
        elif isinstance(value, Exact):
            code = sheet.write_string(row, column, exact_text(value.amount), style)
        else:
            code = sheet.write_number(row, column, value, style)
        if code:
            raise GateRefused(
                "STATEMENTS_INCOMPLETE",
                f"{self._path.name}, sheet {sheet.get_name()}, row {row + 1}, column {column + 1}: "
                f"the cell cannot be written (code {code}). The files on disk stay as they were. "
                "Report this with the release's generation.",
            )


def _amounts(entries: Sequence[Entry]) -> tuple[Cell, ...]:
    """The payable, billed and effective sums as numbers, and the exact amount as text."""
    return (
        *(
            exact_sum([getattr(entry, name) for entry in entries])
            for name in ("payable", "billed_cost", "effective_cost")
        ),
        Exact(exact_sum([entry.amount for entry in entries])),
    )
