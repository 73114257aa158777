"""Exact amounts: whole ticks of 10^-12 of a currency unit, written as decimal text."""

from decimal import Decimal

import polars as pl

TICKS = 10**12
SCALE = 12


def ticks(amount: str) -> int:
    """A decimal amount in ticks.

    Raises:
        ValueError: the amount has more than 12 decimals.
    """
    scaled = Decimal(amount) * TICKS
    if scaled != int(scaled):
        raise ValueError(f"{amount} has more than {SCALE} decimals")
    return int(scaled)


def text(column: str, scale: int = SCALE) -> pl.Expr:
    """A column of integer units of 10^-scale as decimal text without trailing zeros."""
    value = pl.col(column)
    one = 10**scale
    whole = (value.abs() // one).cast(pl.String)
    part = (value.abs() % one).cast(pl.String).str.zfill(scale).str.strip_chars_end("0")
    point = pl.when(part == "").then(pl.lit("")).otherwise(pl.lit("."))
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, whole, point, part).alias(column)
