"""What a person sees: tables and progress, plain where nobody watches."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from textwrap import wrap
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable
from rich.text import Text

from apportion.steps import Progress as Report
from apportion.summary import Table

CENT = Decimal("0.01")
AMOUNT = Decimal | int
UNBOUNDED = 1000
"""Characters a line where nobody's window cuts it off."""


class Screen:
    """Output of one command: text for a person, or one JSON document for a program."""

    def __init__(self, *, as_json: bool, is_quiet: bool) -> None:
        self.as_json = as_json
        self._is_quiet = is_quiet
        self._out = Console(highlight=False, width=None if sys.stdout.isatty() else UNBOUNDED)
        self._err = Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """Print a line for a person."""
        if not self.as_json:
            self._out.print(text, markup=False, soft_wrap=True)

    def show(self, tables: Sequence[Table]) -> None:
        """Print tables for a person, amounts rounded to cents."""
        if self.as_json:
            return
        for table in tables:
            draw(self._out, table)
            self._out.print()

    def answer(self, document: Any) -> None:
        """Print the one JSON document."""
        if self.as_json:
            click.echo(json.dumps(document, indent=2, default=str))

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Say on standard error what takes a while."""
        with self.progress() as report:
            report(what, 0, 1)
            yield

    @contextmanager
    def progress(self) -> Iterator[Report]:
        """Report steps on standard error: a bar on a terminal, a line a step elsewhere."""
        if self._is_quiet:
            yield lambda _what, _done, _total: None
        elif self._err.is_terminal:
            with _bar(self._err) as report:
                yield report
        else:
            yield _Lines(self._err)


class _Lines:
    """One line per stage, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def __call__(self, what: str, _done: int, total: int) -> None:
        stage = what if what.startswith("ingest") else what.partition(":")[0]
        if stage != self._stage:
            self._stage = stage
            steps = f" ({total} steps)" if total > 1 and not what.startswith("ingest") else ""
            self._console.print(f"{stage}{steps}", markup=False)


@contextmanager
def _bar(console: Console) -> Iterator[Report]:
    columns = (TextColumn("{task.description:<60.60}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task: TaskID = progress.add_task("", total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        yield report


def draw(console: Console, table: Table) -> None:
    """Print a table; where the window is too narrow for it, row by row: no amount is ever cut."""
    if not table.rows:
        console.print(f"[bold]{escape(table.title)}[/]: none")
        return
    drawn = _drawn(table)
    unbounded = console.options.update(max_width=UNBOUNDED)
    if Measurement.get(console, unbounded, drawn).maximum <= console.width:
        console.print(drawn)
    else:
        for line in _by_row(table, console.width):
            console.print(line)


def _by_row(table: Table, width: int) -> Iterator[Text]:
    """What a row is about on a line, its amounts and what follows on those below."""
    is_amount = [
        any(isinstance(row[n], AMOUNT) for row in table.rows) for n in range(len(table.columns))
    ]
    lead = max(is_amount.index(True) if True in is_amount else 1, 1)
    yield Text(table.title, "bold")
    yield Text(f" {' / '.join(table.columns[:lead])}", "dim")
    for row in table.rows:
        cells = [_cell(value) for value in row]
        yield Text(f" {' / '.join(filter(None, cells[:lead]))}", overflow="fold")
        named = zip(table.columns[lead:], cells[lead:], strict=True)
        facts = [f"{name}\N{NO-BREAK SPACE}{cell}" for name, cell in named if cell]
        for line in wrap("  ".join(facts), width - 5):
            yield Text(f"     {line}")


def _drawn(table: Table) -> RichTable:
    drawn = RichTable(
        title=table.title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
    )
    for number, column in enumerate(table.columns):
        is_amount = any(isinstance(row[number], AMOUNT) for row in table.rows)
        drawn.add_column(
            column,
            justify="right" if is_amount else "left",
            min_width=len(column) if is_amount else None,
            no_wrap=True,
        )
    for row in table.rows:
        drawn.add_row(*(_cell(value) for value in row))
    return drawn


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.quantize(CENT, rounding=ROUND_HALF_EVEN):,}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value) if not isinstance(value, date) else value.isoformat()
