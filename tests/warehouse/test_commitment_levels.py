"""The level of a commitment over drawn days, against every level that there could be."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from warehouse.commitment_levels import KEY, levels, resampled
from warehouse.resampling import draws

FIRST = date(2026, 10, 5)
DISCOUNTS = (0.5, 0.2)
WORLDS = 60


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=day) for day in range(count)]


def points(
    use: np.ndarray, name: str = "plan", discounts: Sequence[float] = DISCOUNTS
) -> pl.DataFrame:
    """Points of a plan.

    Args:
        use: on-demand cost in millionths by day, hour and SKU, the highest discount first.
        name: of the plan.
        discounts: of the SKUs.
    """
    prices = 1 - np.array(discounts)
    weights = np.append(1e9 / prices, 0)
    rows = [
        (
            *("c", "USD", name, 12, "No Upfront", "recommended"),
            FIRST + timedelta(days=day),
            at,
            falls,
        )
        for day, hours in enumerate((use * prices).cumsum(axis=2).astype(int).tolist())
        for hour in hours
        for at, falls in zip(hour, (weights[:-1] - weights[1:]).astype(int).tolist(), strict=True)
    ]
    names = [*KEY, "usage_date", "upto_millionths", "falls"]
    return pl.DataFrame(rows, schema=names, orient="row")


def saving(plan: pl.DataFrame, level: int, counts: np.ndarray) -> float:
    """What a level saves over so many of each day."""
    covered = plan.with_columns(
        pl.col("falls") * pl.min_horizontal("upto_millionths", pl.lit(level)) / 1e9
    )
    daily = dict(covered.group_by("usage_date").agg(pl.col("falls").sum()).rows())
    known = [daily.get(FIRST + timedelta(days=day), 0) for day in range(len(counts))]
    return float(counts @ np.array(known)) - int(counts.sum()) * 24 * level


def test_no_other_level_of_a_draw_saves_more() -> None:
    dice = np.random.default_rng(3)
    use = np.rint(dice.lognormal(0, 1, (9, 24, 2)) * 1000)
    use[4] = 0
    plan = points(use).filter(pl.col("upto_millionths") > 0)
    drawn = draws(9, 9)[:8]
    for counts, level in zip(drawn, levels(plan, days(9), drawn).tolist(), strict=True):
        found = saving(plan, level, counts)
        tried = [
            saving(plan, at, counts) for at in (0, *plan["upto_millionths"].unique().to_list())
        ]
        assert found >= max(tried) - 1e-6 * abs(found)


def test_earlier_days_choose_by_what_they_know() -> None:
    """Two weeks at a thousand, a week at four thousand; a day's draw cannot reach beyond either."""
    use = np.full((21, 24, 1), 1000.0)
    use[14:] = 4000
    (row,) = resampled(points(use, discounts=(0.5,)), days(21)).to_dicts()
    assert (row["learning_day_count"], row["backtest_day_count"]) == (14, 7)
    assert (row["learned_millionths"], row["hindsight_millionths"]) == (500, 2000)
    assert row["level_low_millionths"] == 500
    assert row["level_high_millionths"] == 2000


def test_nothing_is_committed_to_what_is_used_too_seldom_and_no_points_are_no_rows() -> None:
    use = np.zeros((14, 24, 1))
    use[:, :2] = 1000
    plan = points(use, discounts=(0.5,)).filter(pl.col("upto_millionths") > 0)
    (row,) = resampled(plan, days(14)).to_dicts()
    assert {row[name] for name in row if name.endswith("millionths")} == {0}
    assert resampled(plan.clear(), days(14)).is_empty()


def test_the_band_holds_the_true_level_in_nine_of_ten_worlds() -> None:
    """Use with weekends and days that are alike, and its true quantile."""
    dice = np.random.default_rng(11)
    daily = np.exp(0.25 * dice.standard_normal((WORLDS, 42, 1)))
    week = np.where(np.arange(42) % 7 < 5, 1.0, 0.6)[None, :, None]
    use = np.rint(1e6 * week * daily * dice.lognormal(0, 0.1, (WORLDS, 42, 24)))
    plans = pl.concat(
        points(world[:, :, None], f"w{number:02}", (0.4,)) for number, world in enumerate(use)
    )
    found = resampled(plans, days(42))
    many = np.exp(0.25 * dice.standard_normal((50_000, 1))) * dice.lognormal(0, 0.1, (50_000, 24))
    weeks = many * np.where(np.arange(50_000) % 7 < 5, 1.0, 0.6)[:, None]
    truth = 0.6e6 * float(np.quantile(weeks, 0.4))
    held = found.filter(
        (pl.col("level_low_millionths") <= truth) & (truth <= pl.col("level_high_millionths"))
    ).height
    assert held >= 0.9 * WORLDS
    assert found.height == WORLDS
