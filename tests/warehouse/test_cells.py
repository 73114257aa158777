"""Text in spreadsheets is shown and never run; amounts keep every digit."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.cells import CELL_LIMIT, exact_text, text_cell

RUNS_IN_A_SPREADSHEET = re.compile(r"[\s\u200c\u200d\xad]*[=+\-@|%\uff0b\uff0d\uff1d\uff20]")
PAYLOADS = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\xa0=1+1",
    "\u200b=1+1",
    "\u200e=1+1",
    "\u202e=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "\x7f=1+1",
    "\u2060=1+1",
    "\u200d=1+1",
    "\u3000=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff201+1",
    "|calc",
    "%0A=1+1",
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(payload: str) -> None:
    assert text_cell(payload).startswith("'")


@given(st.text())
def test_no_text_runs_and_all_of_it_stays_on_one_line(text: str) -> None:
    cell = text_cell(text)
    assert not RUNS_IN_A_SPREADSHEET.match(cell)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", cell)


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd", "Lo"])))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert text_cell(text) == text


def test_text_that_no_cell_holds_is_cut_and_says_so() -> None:
    cell = text_cell("=" * (CELL_LIMIT + 1))
    assert len(cell) == CELL_LIMIT
    assert cell.endswith("[cut]")


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=18, min_value=-(10**19), max_value=10**19
    )
)
def test_an_amount_keeps_every_digit(amount: Decimal) -> None:
    text = exact_text(amount)
    assert Decimal(text) == amount
    assert re.fullmatch(r"-?[0-9]+\.[0-9]{2,18}", text)
    assert not text.startswith("-") or amount < 0
