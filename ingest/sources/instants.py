"""Times in logs and telemetry: ISO 8601 text, or numbers since 1970 or another origin."""

from datetime import datetime
from typing import Literal

import polars as pl

from ingest.schemas import TIMESTAMP
from ingest.sources.focus.values import parse_instants

EpochUnit = Literal["s", "ms", "us", "ns"]
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
NUMBER = r"^-?[0-9]{1,19}(?:\.[0-9]{1,18})?$"
EPOCH_SECONDS = r"^[0-9]{9,10}(?:\.[0-9]+)?$"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants are stored in UTC without a zone


def numbers_as_instants(
    texts: pl.Series, unit: EpochUnit = "s", origin: datetime = EPOCH
) -> pl.Series:
    """Decimal text as instants, to the microsecond; null where it is null or no number.

    Args:
        texts: time since the origin.
        unit: what the numbers count.
        origin: the instant of zero, in UTC without a zone.
    """
    number = pl.when(texts.str.contains(NUMBER)).then(texts).cast(pl.Decimal(38, 18))
    ticks = (number * (PER_SECOND["us"] // min(PER_SECOND[unit], PER_SECOND["us"]))).alias("ticks")
    if unit == "ns":
        ticks = number / 1_000
    micros = pl.select(ticks.round().cast(pl.Int64, strict=False)).to_series()
    return pl.select(pl.lit(origin, dtype=TIMESTAMP) + micros.cast(pl.Duration("us"))).to_series()


def logged_instants(texts: pl.Series) -> pl.Series:
    """Seconds since 1970, or ISO 8601 text (UTC where it names no zone); else null."""
    is_number = texts.str.contains(EPOCH_SECONDS)
    numbers = numbers_as_instants(texts.zip_with(is_number, _nulls(texts)))
    instants = parse_instants(texts.zip_with(~is_number, _nulls(texts)))
    return numbers.zip_with(numbers.is_not_null(), instants)


def _nulls(texts: pl.Series) -> pl.Series:
    return pl.Series([None], dtype=pl.String).extend_constant(None, texts.len() - 1)
