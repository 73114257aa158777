"""The simulated period: minutes and hours since the first day, and when people work."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from apportion.sample.noise import Floats, Ints

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
HOUR_MINUTES = 60
DAY_MINUTES = 24 * 60
DAY_HOURS = 24
SATURDAY = 5
MORNING, EVENING = 6, 22

PROFILES = {
    "office": (1, 1, 1, 1, 1, 2, 6, 18, 42, 60, 66, 62, 50, 58, 66, 64, 54, 38, 22, 12, 7, 4, 2, 1),
    "consumer": (22, 15, 11, 9, 9, 12, 20, 32, 42, 48, 52, 56, 60, 58, 56, 56, 60, 68, 78, 84, 80, 66, 48, 33),
    "robots": (30, 28, 27, 27, 28, 32, 42, 56, 66, 70, 70, 68, 66, 68, 70, 68, 62, 56, 50, 46, 42, 38, 35, 32),
    "nightly": (80, 90, 90, 84, 60, 30, 10, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 6, 10, 24, 44, 60, 72),
}  # fmt: skip
"""Load by hour of the day (UTC)."""

WEEKEND = {"office": 0.12, "consumer": 1.1, "robots": 0.55, "nightly": 0.9}
"""Load of a weekend day as a share of a working day."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a simulation."""

    first_day: date
    days: int

    @property
    def hours(self) -> int:
        """Hours of the period."""
        return self.days * DAY_HOURS

    @property
    def minutes(self) -> int:
        """Minutes of the period."""
        return self.days * DAY_MINUTES

    @property
    def origin_us(self) -> int:
        """The first instant, in microseconds since 1970."""
        return (
            int(datetime.combine(self.first_day, datetime.min.time(), UTC).timestamp())
            * 1_000_000
        )

    def day(self, index: int) -> date:
        """The day with an index."""
        return self.first_day + timedelta(days=index)

    def is_weekend(self, index: int) -> bool:
        """Whether a day is a Saturday or Sunday."""
        return self.day(index).weekday() >= SATURDAY

    def instant(self, minute: int) -> datetime:
        """The instant (UTC, no zone) so many minutes after the start."""
        return datetime.combine(self.first_day, datetime.min.time()) + timedelta(minutes=minute)

    def hour_starts(self) -> pl.Series:
        """The start of every hour."""
        starts = self.origin_us + np.arange(self.hours, dtype=np.int64) * HOUR_US
        return pl.Series("hour_start", starts).cast(pl.Datetime("us"))

    def months(self) -> list[date]:
        """The first day of every month that the period touches."""
        return sorted({self.day(index).replace(day=1) for index in range(self.days)})

    def load(self, profile: str) -> Floats:
        """The load of every hour of the period."""
        hours = np.tile(np.array(PROFILES[profile], dtype=np.float64), self.days)
        factors = [WEEKEND[profile] if self.is_weekend(d) else 1.0 for d in range(self.days)]
        return np.asarray(hours * np.repeat(np.array(factors), DAY_HOURS))

    def weekday_hours(self) -> Ints:
        """1 for every hour between morning and evening of a working day."""
        hour = np.tile(np.arange(DAY_HOURS), self.days)
        weekend = np.repeat([self.is_weekend(d) for d in range(self.days)], DAY_HOURS)
        return ((hour >= MORNING) & (hour < EVENING) & ~weekend).astype(np.int64)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
