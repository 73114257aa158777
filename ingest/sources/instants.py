"""Times in logs and telemetry: ISO 8601 text, or numbers since 1970 or another origin."""

from datetime import UTC, datetime
from typing import Literal, Self

import polars as pl
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from apportion.settings import TimeZone
from ingest.schemas import TIMESTAMP
from ingest.sources.focus.values import parse_instants

EpochUnit = Literal["s", "ms", "us", "ns"]
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
NUMBER = r"^-?[0-9]{1,19}(?:\.[0-9]{1,18})?$"
EPOCH_SECONDS = r"^[0-9]{9,10}(?:\.[0-9]+)?$"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants are stored in UTC without a zone


class InstantOptions(BaseModel):
    """How a file writes times; without any of these, as ISO 8601 text."""

    timestamp_format: str | None = Field(
        None, description="Of text that is not ISO 8601, as in `%d/%m/%Y %H:%M:%S`; UTC."
    )
    epoch_unit: EpochUnit | None = Field(None, description="What numbers count: s, ms, us or ns.")
    epoch_start: AwareDatetime | None = Field(
        None, description="The instant of number 0, where that is not 1970-01-01."
    )

    @model_validator(mode="after")
    def _are_numbers_or_text(self) -> Self:
        if self.timestamp_format and self.epoch_unit:
            raise ValueError(
                "`timestamp_format` is for text and `epoch_unit` for numbers, not both"
            )
        if self.epoch_start and not self.epoch_unit:
            raise ValueError("`epoch_start` needs an `epoch_unit`")
        return self

    def parse(self, texts: pl.Series) -> pl.Series:
        """Texts as instants; null where they are null or not written in this way."""
        if self.epoch_unit:
            origin = (
                self.epoch_start.astimezone(UTC).replace(tzinfo=None) if self.epoch_start else EPOCH
            )
            return numbers_as_instants(texts, self.epoch_unit, origin)
        if self.timestamp_format:
            return texts.str.to_datetime(self.timestamp_format, time_unit="us", strict=False)
        return parse_instants(texts)


class ZoneOptions(BaseModel):
    """By which clock a program printed times that name no zone."""

    time_zone: TimeZone = Field("UTC", description="The zone of the printed times (`TZ`).")

    def instants(self, texts: pl.Expr, timestamp_format: str) -> pl.Expr:
        """Printed times in UTC; null where they are not written in this way."""
        return printed_instants(texts, timestamp_format, self.time_zone)


def printed_instants(texts: pl.Expr, timestamp_format: str, time_zone: str) -> pl.Expr:
    """Times of a zone in UTC; of the hour that a clock shows twice, the first."""
    local = texts.str.to_datetime(timestamp_format, time_unit="us", strict=False)
    zoned = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


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
