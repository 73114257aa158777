"""What a machine costs a day: depreciation, power, and what is paid by the month, day or hour.

Every amount is exact. What cannot be divided, such as a month's rent by 31 days, is spread so that
the days of the whole add up to it: the first k days get k parts of it, rounded to 18 decimals, and
each day what that adds.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from apportion.errors import ConfigError

QUANTUM = Decimal(1).scaleb(-18)
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
HOURS_PER_DAY = 24
ONE_DAY = timedelta(days=1)
NEEDED = {
    "depreciation": ("amount", "months"),
    "power": ("kilowatts", "price_per_kwh"),
    "monthly": ("amount",),
    "daily": ("amount",),
    "hourly": ("amount",),
}


class Item(BaseModel):
    """A line of a rate card."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    item: str = Field(min_length=1)
    basis: Literal["depreciation", "power", "monthly", "daily", "hourly"]
    amount: Decimal | None = Field(None, ge=0)
    residual_value: Decimal = Field(Decimal(0), ge=0)
    months: int | None = Field(None, ge=1)
    kilowatts: Decimal | None = Field(None, ge=0)
    pue: Decimal = Field(Decimal(1), ge=1)
    price_per_kwh: Decimal | None = Field(None, ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    resource_id: str = ""
    resource_name: str = ""
    sub_account_id: str = ""
    region_id: str = ""
    service_name: str = "Data center"
    service_category: str = "Compute"
    tags: str = ""
    valid_from: date
    valid_to: date | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _trims(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_what_its_basis_needs(self) -> Self:
        missing = [name for name in NEEDED[self.basis] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.basis} needs {' and '.join(missing)}")
        if self.amount is not None and self.residual_value > self.amount:
            raise ValueError("residual_value is more than the amount")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is not after valid_from")
        return self

    def cost(self, day: date) -> Decimal:
        """What the item costs on a day; nothing outside its validity and its depreciation."""
        if day < self.valid_from or (self.valid_to is not None and day >= self.valid_to):
            return Decimal(0)
        match self.basis:
            case "depreciation":
                end = _months_after(self.valid_from, self.months or 0)
                value = EXACT.subtract(self.amount or Decimal(0), self.residual_value)
                return _share(value, (day - self.valid_from).days, (end - self.valid_from).days)
            case "power":
                kilowatt_hours = EXACT.multiply(self.kilowatts or Decimal(0), HOURS_PER_DAY)
                used = EXACT.multiply(kilowatt_hours, self.pue)
                return EXACT.multiply(used, self.price_per_kwh or Decimal(0))
            case "monthly":
                first = day.replace(day=1)
                days = (_months_after(first, 1) - first).days
                return _share(self.amount or Decimal(0), day.day - 1, days)
            case "daily":
                return self.amount or Decimal(0)
            case "hourly":
                return EXACT.multiply(self.amount or Decimal(0), HOURS_PER_DAY)


@dataclass(frozen=True, slots=True)
class Line:
    """An item, and the line of the file that it stands on."""

    number: int
    item: Item


def parse(content: bytes, name: str) -> list[Line]:
    """The items of a rate card.

    Args:
        content: CSV text with a header.
        name: its address, for messages.

    Raises:
        ConfigError: `RATE_CARD_INVALID`, with every line that is wrong.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _invalid([f"{name}: not CSV text in UTF-8: {error}."]) from None
    lines, problems = [], []
    for number, row in enumerate(rows, start=2):
        told = {column: value for column, value in row.items() if value}
        try:
            lines.append(Line(number, Item.model_validate(told)))
        except ValidationError as error:
            for problem in error.errors():
                column = f" column {problem['loc'][0]}" if problem["loc"] else ""
                problems.append(f"{name}:{number}{column}: {problem['msg']}.")
    if problems or not lines:
        raise _invalid(problems or [f"{name}: not one line."])
    return lines


def days_of(month: date) -> Iterator[date]:
    """The days of the month that begins on a day."""
    after = _months_after(month, 1)
    for number in range((after - month).days):
        yield month + number * ONE_DAY


def _share(total: Decimal, before: int, count: int) -> Decimal:
    """The part of a day, `before` of whose `count` days are over; none once they all are."""
    if before >= count:
        return Decimal(0)
    return EXACT.subtract(_first(total, before + 1, count), _first(total, before, count))


def _first(total: Decimal, days: int, count: int) -> Decimal:
    """What the first days of a whole get, to 18 decimals."""
    return EXACT.divide(EXACT.multiply(total, days), count).quantize(QUANTUM, context=EXACT)


def _months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + year, month + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + (day.day - 1) * ONE_DAY, following - ONE_DAY)


def _invalid(problems: list[str]) -> ConfigError:
    return ConfigError(
        "RATE_CARD_INVALID",
        "\n".join([*problems, "Nothing of this source was read. Correct the file and run again."]),
    )
