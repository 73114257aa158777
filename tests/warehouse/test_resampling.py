"""Low, high and backtest of savings."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from warehouse.resampling import intervals

FIRST = date(2026, 10, 1)
WORLDS = 200


def savings(*daily: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("spot", f"scope {scope}", "search", FIRST + timedelta(days=day), value)
            for scope, values in enumerate(daily)
            for day, value in enumerate(values)
        ],
        schema=["lever", "scope", "team", "usage_date", "saving_millionths"],
        orient="row",
    )


def test_equal_days_leave_nothing_open() -> None:
    (row,) = intervals(savings([7] * 30), FIRST, FIRST + timedelta(days=29)).to_dicts()
    assert (row["low_millionths"], row["high_millionths"], row["day_count"]) == (210, 210, 30)
    assert row["backtest_expected_millionths"] == row["backtest_actual_millionths"] == 70


def test_a_day_without_a_row_saved_nothing_and_rows_of_a_day_add_up() -> None:
    twice = pl.concat([savings([1, 1]), savings([1, 1])])
    (row,) = intervals(twice, FIRST, FIRST + timedelta(days=3)).to_dicts()
    assert row["backtest_day_count"] == 2
    assert (row["backtest_expected_millionths"], row["backtest_actual_millionths"]) == (4, 0)
    assert row["low_millionths"] <= 4 <= row["high_millionths"]


def test_the_draws_are_the_same_in_every_run() -> None:
    rows = savings(list(range(30)), [3] * 30)
    last = FIRST + timedelta(days=29)
    assert intervals(rows, FIRST, last).equals(intervals(rows.reverse(), FIRST, last))


def test_no_rows_give_no_rows() -> None:
    assert intervals(savings([1]).clear(), None, None).is_empty()
    assert intervals(savings([1]).clear(), FIRST, FIRST).columns[:3] == ["lever", "scope", "team"]


def test_the_interval_holds_the_known_mean_in_nine_of_ten_worlds() -> None:
    """Daily savings with weekends and noise, whose true mean is known."""
    dice = np.random.default_rng(7)
    days = np.arange(56)
    mean = np.where(days % 7 < 5, 1_000_000, 400_000)
    worlds = [(mean * dice.lognormal(-0.02, 0.2, 56)).astype(int).tolist() for _ in range(WORLDS)]
    found = intervals(savings(*worlds), FIRST, FIRST + timedelta(days=55))
    truth = int(mean.sum())
    held = found.filter(
        (pl.col("low_millionths") <= truth) & (truth <= pl.col("high_millionths"))
    ).height
    assert held >= 0.9 * WORLDS
