"""Tables on a terminal: whole where they fit, row by row where they do not, no amount ever cut."""

import io
from decimal import Decimal

import pytest
from rich.console import Console

from apportion.console import draw
from apportion.summary import Table

SAVINGS = Table(
    "Could be saved",
    ("lever", "scope", "team", "currency", "low", "expected", "high", "confidence"),
    [
        (
            "unheld",
            "nodes NVIDIA H100 80GB HBM3",
            "unallocated",
            "USD",
            *map(Decimal, (1, 2, 3)),
            "high",
        ),
        (
            "region",
            "deployment " + "a" * 90,
            None,
            "USD",
            None,
            Decimal("-46226.115"),
            Decimal("1E9"),
            "low",
        ),
    ],
)


def drawn(table: Table, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    draw(console, table)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 80, 120, 1000])
def test_every_width_shows_every_amount(width: int) -> None:
    lines = drawn(SAVINGS, width)
    said = " ".join(lines)
    assert max(map(len, lines)) <= width
    assert "…" not in said
    for amount in ("1.00", "2.00", "3.00", "-46,226.12", "1,000,000,000.00"):
        assert amount in said, amount
    assert (len(lines) == 5) == (width == 1000)


def test_a_narrow_window_names_each_amount() -> None:
    lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in drawn(SAVINGS, 80)]
    assert lines[:4] == [
        "Could be saved",
        " lever / scope / team / currency",
        " unheld / nodes NVIDIA H100 80GB HBM3 / unallocated / USD",
        "     low 1.00  expected 2.00  high 3.00  confidence high",
    ]


def test_a_table_without_rows_says_so() -> None:
    assert drawn(Table("Rules", ("rule",), []), 80) == ["Rules: none"]
