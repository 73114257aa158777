"""Low and high of every lever's saving, and its backtest, from the company's own days.

The days of the window are drawn again in blocks of a week, so that weekdays and runs of days stay
together (Künsch, "The jackknife and the bootstrap for general stationary observations", 1989). All
sums are whole millionths of the currency; the draws are the same in every run. Few weeks say less
than many: the distance to the low and the high is widened as Student's t asks for that many blocks,
but not beyond what the cheapest or dearest day would give every day.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtri, stdtrit

KEY = ("lever", "scope", "team")
DRAWS = 2000
SEED = 20261123
BLOCK_DAYS = 7
LOW, HIGH = 0.025, 0.975
LEARNING_PART = (2, 3)
"""The backtest learns from the first two thirds of the window and is judged on the rest."""

Whole = npt.NDArray[np.int64]


def intervals(
    rows: pl.DataFrame, first: date | None, last: date | None, key: tuple[str, ...] = KEY
) -> pl.DataFrame:
    """One row per lever, scope and team, or whatever else the key is.

    Args:
        rows: the key, `usage_date` and `saving_millionths`, several a day allowed.
        first: the first day of the window.
        last: the last day of the window; a day without a row saved nothing.
        key: the columns that tell one saving from another.

    Returns:
        The key, `day_count`, `low_millionths` and `high_millionths` (the 25th and 975th of a
        thousand draws of the window), `backtest_day_count`, `backtest_expected_millionths` (the
        learning days' mean over the later days), `backtest_low_millionths`,
        `backtest_high_millionths` and `backtest_actual_millionths` (what the later days would have
        saved).
    """
    if first is None or last is None or rows.is_empty():
        return _table(rows.select(key).clear(), np.zeros((0, 7), np.int64))
    keys = rows.select(key).unique().sort(key)
    days = (last - first).days + 1
    daily = _daily(rows, keys, first, days)
    learned = learned_days(days)
    later = days - learned
    low, high = _bounds(daily, days)
    unknown = (1 + later / learned) ** 0.5
    backtest_low, backtest_high = _bounds(daily[:learned], later, unknown)
    columns = (
        *(np.full(len(keys), days), low, high, np.full(len(keys), later)),
        *(daily[:learned].sum(axis=0) * later // learned, backtest_low, backtest_high),
        daily[learned:].sum(axis=0),
    )
    return _table(keys, np.column_stack(columns).astype(np.int64))


def _daily(rows: pl.DataFrame, keys: pl.DataFrame, first: date, days: int) -> Whole:
    """Savings by day (rows) and opportunity (columns)."""
    placed = rows.join(keys.with_row_index("column"), on=keys.columns, nulls_equal=True).select(
        (pl.col("usage_date") - first).dt.total_days().alias("day"), "column", "saving_millionths"
    )
    daily = np.zeros((days, len(keys)), np.int64)
    place = (placed["day"].to_numpy(), placed["column"].to_numpy())
    np.add.at(daily, place, placed["saving_millionths"].to_numpy())
    return daily


def _bounds(daily: Whole, length: int, unknown: float = 1.0) -> tuple[Whole, Whole]:
    """The low and high of the sum of `length` days, drawn from these.

    Days to come differ from their mean, and the mean of these days differs from the true one:
    `unknown` widens for both.
    """
    counts = draws(len(daily), length)
    sums = np.sort(counts @ daily, axis=0)
    expected = daily.sum(axis=0) * length // len(daily)
    permille = widening_permille(len(daily), unknown)
    low = expected - (expected - sums[int(LOW * DRAWS)]) * permille // 1000
    high = expected + (sums[int(HIGH * DRAWS) - 1] - expected) * permille // 1000
    return (
        np.maximum(low, daily.min(axis=0) * length),
        np.minimum(high, daily.max(axis=0) * length),
    )


def learned_days(days: int) -> int:
    """How many of the days a backtest learns from."""
    return max(1, days * LEARNING_PART[0] // LEARNING_PART[1])


def widening_permille(days: int, unknown: float = 1.0) -> int:
    """How much wider an interval is for few weeks than what draws of them say, in thousandths.

    The quantiles of Student's t over those of the normal distribution, for how few blocks there
    are; `unknown` widens it further.
    """
    blocks = max(2, days // BLOCK_DAYS)
    few = unknown * stdtrit(blocks - 1, HIGH) / ndtri(HIGH) * (blocks / (blocks - 1)) ** 0.5
    return round(float(few) * 1000)


def draws(days: int, length: int) -> Whole:
    """How often each day is in each draw of `length` days; blocks run on past the end."""
    block = min(BLOCK_DAYS, days)
    blocks = -(-length // block)
    starts = np.random.default_rng(SEED).integers(0, days, (DRAWS, blocks, 1))
    drawn = ((starts + np.arange(block)) % days).reshape(DRAWS, -1)[:, :length]
    counts = np.zeros((DRAWS, days), np.int64)
    np.add.at(counts, (np.arange(DRAWS)[:, None], drawn), 1)
    return counts


def _table(keys: pl.DataFrame, columns: Whole) -> pl.DataFrame:
    names = (
        *("day_count", "low_millionths", "high_millionths", "backtest_day_count"),
        *("backtest_expected_millionths", "backtest_low_millionths"),
        *("backtest_high_millionths", "backtest_actual_millionths"),
    )
    if not len(columns):
        columns = np.zeros((0, len(names)), np.int64)
    return keys.with_columns(
        pl.Series(name, columns[:, place], pl.Int64) for place, name in enumerate(names)
    )
