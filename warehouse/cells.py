r"""Values in files that people open in a spreadsheet: text stays text, amounts keep every digit.

A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, `|`, `%` or a full-width form of the
first four, whatever stands before it that it ignores. Tags and team names come from outside, so
such text gets an apostrophe in front. Nothing else is done to text but what no cell needs: control
and direction characters go, and a line break or a tab becomes a space. To reverse it, take off an
apostrophe that stands before one of those characters.
"""

import re
from decimal import Decimal

CELL_LIMIT = 32_767
CUT = " [cut]"
BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
DANGEROUS = re.compile("[\\s\xad\u180e\u200c\u200d]*[=+\\-@|%\uff0b\uff0d\uff1d\uff20]")


def clean_text(text: str) -> str:
    """Text on one line, without characters that no reader can see."""
    return UNWANTED.sub("", BREAKS.sub(" ", text))


def text_cell(text: str | None) -> str:
    """Text that a spreadsheet shows and never runs, at most 32,767 characters long."""
    cleaned = clean_text(text or "")
    if DANGEROUS.match(cleaned):
        cleaned = f"'{cleaned}"
    if len(cleaned) > CELL_LIMIT:
        cleaned = cleaned[: CELL_LIMIT - len(CUT)] + CUT
    return cleaned


def exact_text(amount: Decimal) -> str:
    """An amount with every digit that it has, and at least two decimals."""
    whole, _, decimals = f"{amount:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(2, "0")
    is_zero = not amount
    return f"{whole.lstrip('-') if is_zero else whole}.{decimals}"
