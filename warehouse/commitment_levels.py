"""How sure the commitment is that costs least, and what earlier days would have chosen.

The days of the window are drawn again in blocks of a week, and each draw chooses its own level, as
`int_commitment_plan_levels__optimal` does: the smallest point from which one more dollar an hour
covers no more than a dollar of every hour. All amounts are whole millionths of the currency.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from warehouse.resampling import DRAWS, HIGH, LOW, draws, learned_days, widening_permille

KEY = (
    *("provider", "billing_currency", "plan_name", "term_months", "payment_option"),
    "level_name",
)
BILLION = 1_000_000_000
DAY_HOURS = 24

Whole = npt.NDArray[np.int64]


def resampled(points: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """One row per plan and level.

    Args:
        points: the key, `usage_date`, `upto_millionths` (a commitment per hour) and `falls` (by how
            much less a dollar an hour covers from there on, in billionths), one or more an hour.
        days: the known days, in order; one without points was not used.

    Returns:
        The key, `level_low_millionths` and `level_high_millionths` (the 25th and 975th of a
        thousand draws, widened where weeks are few), `learning_day_count`, `backtest_day_count`,
        `learned_millionths` (the level of the first two thirds of the days) and
        `hindsight_millionths` (that of the rest).
    """
    rows = [
        (*key, *_bands(plan, days))
        for key, plan in sorted(points.group_by(KEY), key=lambda group: str(group[0]))
    ]
    names = (
        *("level_low_millionths", "level_high_millionths", "learning_day_count"),
        *("backtest_day_count", "learned_millionths", "hindsight_millionths"),
    )
    schema = {name: points.schema[name] for name in KEY} | dict.fromkeys(names, pl.Int64())
    return pl.DataFrame(rows, schema=schema, orient="row")


def _bands(plan: pl.DataFrame, days: Sequence[date]) -> tuple[int, int, int, int, int, int]:
    count, learned = len(days), learned_days(len(days))
    known = np.ones(count, np.int64)
    is_learned = (np.arange(count) < learned).astype(np.int64)
    fixed = np.stack([known, is_learned, known - is_learned])
    found = levels(plan, days, np.concatenate([fixed, draws(count, count)]))
    (level, early, late), drawn = found[:3].tolist(), np.sort(found[3:])
    wide = widening_permille(count)
    low = level - (level - int(drawn[int(LOW * DRAWS)])) * wide // 1000
    high = level + (int(drawn[int(HIGH * DRAWS) - 1]) - level) * wide // 1000
    most = int(plan["upto_millionths"].to_numpy().max())
    return max(low, 0), min(high, most), learned, count - learned, early, late


def levels(plan: pl.DataFrame, days: Sequence[date], counts: Whole) -> Whole:
    """The level that costs least over each draw of days.

    Args:
        plan: the points of one plan and level.
        days: the known days.
        counts: how often each day (columns) is in each draw (rows).
    """
    tried = np.unique(np.append(plan["upto_millionths"].to_numpy(), 0))
    by_day = dict(plan.sort("upto_millionths").group_by("usage_date", maintain_order=True))
    used = [(place, _of_day(by_day[(day,)])) for place, day in enumerate(days) if (day,) in by_day]
    limits = counts.sum(axis=1) * DAY_HOURS * BILLION
    first, last = np.zeros(len(counts), np.int64), np.full(len(counts), len(tried) - 1)
    while (first < last).any():
        middle = (first + last) // 2
        covered = np.zeros(len(counts), np.int64)
        for place, (at, above) in used:
            found = above[np.searchsorted(at, tried[middle], side="right")]
            covered += counts[:, place] * found
        is_enough = covered <= limits
        first, last = np.where(is_enough, first, middle + 1), np.where(is_enough, middle, last)
    return tried[first]


def _of_day(points: pl.DataFrame) -> tuple[Whole, Whole]:
    """A day's points, and after how many of them how much a dollar an hour still covers."""
    above = np.append(points["falls"].to_numpy()[::-1].cumsum()[::-1], 0)
    return points["upto_millionths"].to_numpy(), above
