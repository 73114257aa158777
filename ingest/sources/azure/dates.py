"""Dates of Azure exports, as ISO text.

Exports write `2026-09-01`, `2026-09-01T00:00:00Z`, or, in CSV files of most agreements, the month
first: `09/01/2026` and `9/1/2026`. A date of any other form stays as it is, and is found unreadable
where it is typed. A file that writes the day first is known by a thirteenth month, or by a billing
period that is not the one that its run delivers; where nothing tells, nothing is guessed.
"""

from collections.abc import Iterable

import polars as pl

ISO = r"^(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$"
MONTH_FIRST = (
    r"^(?<month>\d{1,2})/(?<day>\d{1,2})/(?<year>\d{4})(?: (?:00?|12):00(?::00)?(?: AM)?)?$"
)


MONTHS = 12


def order_is_open(dates: Iterable[pl.Series]) -> bool:
    """Whether dates with slashes could all have the day first as well, and mean other days."""
    is_open = False
    for texts in dates:
        parts = texts.drop_nulls().unique().str.extract_groups(MONTH_FIRST).struct.unnest()
        month, day = (parts[name].cast(pl.Int64) for name in ("month", "day"))
        if (day > MONTHS).any():
            return False
        is_open = is_open or bool((day != month).any())
    return is_open


def iso_day(text: pl.Expr) -> pl.Expr:
    """`YYYY-MM-DD` where the text is a date of an export; else the text."""
    part = text.str.extract_groups(MONTH_FIRST).struct.field
    american = pl.concat_str(
        part("year"), part("month").str.zfill(2), part("day").str.zfill(2), separator="-"
    )
    return pl.coalesce(text.str.extract(ISO), american, text)


def day_after(day: pl.Expr) -> pl.Expr:
    """The day after an ISO day; the text itself where it is none."""
    date = day.str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(date.dt.offset_by("1d").dt.to_string("%Y-%m-%d"), day)


def month_start(day: pl.Expr) -> pl.Expr:
    """The first day of the month of an ISO day; the text itself where it is none."""
    date = day.str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(date.dt.month_start().dt.to_string("%Y-%m-%d"), day)


def month_end(day: pl.Expr) -> pl.Expr:
    """The first day of the month after that of an ISO day; the text itself where it is none."""
    date = day.str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(date.dt.month_start().dt.offset_by("1mo").dt.to_string("%Y-%m-%d"), day)
