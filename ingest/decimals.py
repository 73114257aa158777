"""Decimal text, read exactly.

An amount is stored with 18 decimals (`schemas.MONEY`). Text with more decimals is rounded half-even
once, here, and what rounding removed is counted (`add_up`). Accepted are an optional sign, ASCII
digits with at most one point, and an exponent (`-12.50`, `.5`, `6.266090E-12`), below 10^20 and
with at most 60 decimals; nothing else is a number: no NaN, infinity, hexadecimal, underscore,
space, currency sign or thousands separator.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, Overflow

import polars as pl

from ingest.schemas import MONEY

PLAIN = r"^-?[0-9]{1,20}(?:\.[0-9]{1,18})?$"
"""What needs no rounding, and polars converts exactly by itself."""

IS_PLAIN = re.compile(PLAIN.replace("$", r"\Z"))
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
LONGEST = 200
MOST_DECIMALS = 60
QUANTUM = Decimal(1).scaleb(-18)
LARGEST = Decimal(10) ** 20
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow])
"""Sums of accepted numbers are exact: one that needed rounding would raise."""

ROUNDING = Context(prec=400, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Sum:
    """The total of the stored amounts, and what rounding removed (delivered minus stored)."""

    stored: Decimal
    rounded: Decimal

    @property
    def delivered(self) -> Decimal:
        """The total of the amounts as they were delivered."""
        return EXACT.add(self.stored, self.rounded)


def decimal_of(text: str) -> Decimal | None:
    """The exact value of decimal text; None if it is no number, too large or absurdly precise."""
    if len(text) > LONGEST or not NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    if value.adjusted() > LARGEST.adjusted() or value.as_tuple().exponent < -MOST_DECIMALS:  # type: ignore[operator]
        return None
    return value if stored(value).copy_abs() < LARGEST else None


def stored(value: Decimal) -> Decimal:
    """The value as it is stored: with 18 decimals, rounded half-even."""
    return value.quantize(QUANTUM, context=ROUNDING)


def parse_decimals(texts: pl.Series) -> pl.Series:
    """Decimal text as `schemas.MONEY`; null where the text is null or not a number that fits."""
    odd = texts.filter(~texts.str.contains(PLAIN)).unique()
    if odd.len():
        plain = [_plain_text(text) for text in odd]
        texts = texts.replace_strict(odd, pl.Series(plain, dtype=pl.String), default=texts)
    return texts.cast(MONEY)


def add_up(texts: Iterable[tuple[str, int]]) -> Sum:
    """Add up decimal texts, each with the number of times that it occurs, exactly.

    Raises:
        ValueError: a text is not a decimal number.
    """
    total = rounded = Decimal(0)
    for text, count in texts:
        if IS_PLAIN.match(text):
            total = EXACT.fma(Decimal(text), count, total)
            continue
        value = decimal_of(text)
        if value is None:
            raise ValueError(text)
        total = EXACT.fma(stored(value), count, total)
        rounded = EXACT.fma(EXACT.subtract(value, stored(value)), count, rounded)
    return Sum(total, rounded)


def _plain_text(text: str) -> str | None:
    value = decimal_of(text)
    return None if value is None else format(stored(value), "f")
