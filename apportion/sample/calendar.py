"""The simulated period: minutes and hours since the first day, and when people work."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from apportion.sample.noise import Floats
from apportion.sample.tables import read

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
HOUR_MINUTES = 60
DAY_MINUTES = 24 * 60
DAY_HOURS = 24
SATURDAY = 5
MORNING, EVENING = 6, 22


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """Load by hour of the day (UTC), and a weekend day's load as a share of a working day's."""

    name: str
    weekend: float
    hours: tuple[int, ...]


PROFILES = {profile.name: profile for profile in read("load_profiles", LoadProfile)}


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
            int(datetime.combine(self.first_day, datetime.min.time(), UTC).timestamp()) * 1_000_000
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
        shape = PROFILES[profile]
        hours = np.tile(np.array(shape.hours, dtype=np.float64), self.days)
        factors = [shape.weekend if self.is_weekend(d) else 1.0 for d in range(self.days)]
        return np.asarray(hours * np.repeat(np.array(factors), DAY_HOURS))


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
