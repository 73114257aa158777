"""Deferrable jobs wait for cheaper hours: against every other start, and on public price series."""

from datetime import datetime
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from warehouse.shifting import HOUR_MS, UNKNOWN, delays

RUN = ("run", "place", "pool", "started_ms", "ended_ms", "gpu_count", "slack_hours")
PLENTY = 1000 * HOUR_MS


def draw(dice: np.random.Generator, below: int, least: int = 0) -> int:
    return int(dice.integers(least, below))


def runs(*rows: tuple[int, int, int, int]) -> pl.DataFrame:
    """Runs of a start and an end in minutes, GPUs and slack, numbered in their order."""
    listed = [
        (number, "hall", "hall h100", start * 60_000, end * 60_000, gpus, slack)
        for number, (start, end, gpus, slack) in enumerate(rows)
    ]
    return pl.DataFrame(listed, RUN, orient="row")


def hourly(name: str, key: str, column: str, values: list[int]) -> pl.DataFrame:
    return pl.DataFrame({key: name, "hour": range(len(values)), column: values})


def forecast(values: list[int]) -> pl.DataFrame:
    return hourly("hall", "place", "forecast", values)


def free(values: list[int]) -> pl.DataFrame:
    return hourly("hall h100", "pool", "free_ms", values)


def chosen(found: pl.DataFrame) -> list[int]:
    return found.sort("run")["delay_hours"].to_list()


def cost(start: int, end: int, prices: list[int]) -> int:
    """What a flat load costs from one minute to another."""
    return sum(prices[minute // 60] for minute in range(start, end))


def test_one_run_takes_the_cheapest_start_of_all() -> None:
    dice = np.random.default_rng(20261129)
    for _ in range(40):
        prices = [draw(dice, 300, -30) for _ in range(60)]
        start, slack = draw(dice, 600), draw(dice, 30)
        end = start + draw(dice, 600, 1)
        tried = [cost(start + 60 * d, end + 60 * d, prices) for d in range(slack + 1)]
        found = chosen(delays(runs((start, end, 8, slack)), forecast(prices), free([PLENTY] * 60)))
        assert found == [tried.index(min(tried))]


def test_runs_never_hold_more_than_was_free_and_none_is_better_off_alone() -> None:
    """Two GPUs are free in every hour; what both runs choose is the best that greed can reach."""
    dice = np.random.default_rng(7)
    for _ in range(40):
        prices = [draw(dice, 300) for _ in range(24)]
        asked = [(60 * draw(dice, 4), draw(dice, 5, 1), 2, slack) for slack in (5, 9)]
        rows = [(start, start + 60 * hours, gpus, slack) for start, hours, gpus, slack in asked]
        held = [0] * 24
        for start, end, gpus, _ in rows:
            for hour in range(start // 60, end // 60):
                held[hour] += gpus
        room = 2 + max(held)
        spare = [(room - used) * HOUR_MS for used in held]
        first, second = chosen(delays(runs(*rows), forecast(prices), free(spare)))
        costs = {
            (one, two): cost(rows[0][0] + 60 * one, rows[0][1] + 60 * one, prices)
            for one, two in product(range(6), range(10))
        }
        assert costs[first, second] == min(costs.values()), "the one with least slack is first"
        both = [0] * 24
        for delay, (start, end, gpus, _) in zip((first, second), rows, strict=True):
            for hour in range(start // 60 + delay, end // 60 + delay):
                both[hour] += gpus
        assert max(both) <= room


def test_what_is_held_by_others_cannot_be_taken() -> None:
    prices = [9, 8, 1, 5, 9]
    asked = runs((0, 60, 1, 4))
    assert chosen(delays(asked, forecast(prices), free([0, PLENTY, PLENTY, PLENTY, 0]))) == [2]
    assert chosen(delays(asked, forecast(prices), free([0, PLENTY, 0, PLENTY, 0]))) == [3]
    assert chosen(delays(asked, forecast(prices), free([0]))) == [0], "later hours are not known"


def test_without_forecasts_or_gpus_nothing_moves() -> None:
    asked = runs((0, 60, 1, 4))
    assert chosen(delays(asked, forecast([5, UNKNOWN, 1]), free([PLENTY] * 5))) == [2]
    assert chosen(delays(asked, forecast([UNKNOWN, 2, 1]), free([PLENTY] * 5))) == [0]
    assert chosen(delays(asked, forecast([]), free([]))) == [0]
    assert delays(asked.clear(), forecast([1]), free([1])).is_empty()


@pytest.fixture
def prices(sample_data: Path) -> pl.DataFrame:
    """Day-ahead prices of Germany with a published forecast, in thousandths per MWh."""
    path = sample_data / "prices" / "electricity" / "day_ahead_price_forecasts_DE.csv.gz"
    table = pl.read_csv(path)
    return table.select(
        hour=pl.int_range(pl.len()),
        price=(pl.col("Real price") * 1000).round().cast(pl.Int64),
        lear=(pl.col("LEAR Ensemble") * 1000).round().cast(pl.Int64),
    ).with_columns(last_week=pl.col("price").shift(168, fill_value=UNKNOWN))


@pytest.mark.data
@pytest.mark.parametrize(
    ("decided_on", "saved"), [("price", 26.5), ("lear", 24.8), ("last_week", 21.7)]
)
def test_four_hour_jobs_of_germany_save_what_was_published(
    prices: pl.DataFrame, decided_on: str, saved: float
) -> None:
    """Jobs of four hours that may wait for twelve, one begun every seven hours of two years."""
    starts = np.arange(168, len(prices) - 16, 7)
    listed = pl.DataFrame(
        {
            "run": np.arange(len(starts)),
            "place": "hall",
            "pool": "hall h100",
            "started_ms": starts * HOUR_MS,
            "ended_ms": (starts + 4) * HOUR_MS,
            "gpu_count": 1,
            "slack_hours": 12,
        }
    )
    signal = prices.select(place=pl.lit("hall"), hour="hour", forecast=decided_on)
    found = (
        delays(listed, signal, free([PLENTY] * len(prices))).sort("run")["delay_hours"].to_numpy()
    )
    summed = np.convolve(prices["price"].to_numpy(), np.ones(4, np.int64), "valid")
    share = 100 * (1 - summed[starts + found].sum() / summed[starts].sum())
    assert share == pytest.approx(saved, abs=0.3)


@pytest.mark.data
def test_the_cleanest_hour_of_californias_night_is_by_day(sample_data: Path) -> None:
    """A job of one hour at 01:00 UTC that could be moved by eight hours either way, in 2021."""
    path = sample_data / "prices" / "carbon" / "electricity_maps_hourly_US-CAL-CISO_2021.csv.gz"
    table = pl.read_csv(path)
    grams = (table[table.columns[5]] * 1000).round().cast(pl.Int64).to_numpy()
    assert datetime.fromisoformat(table["Datetime (UTC)"][0]) == datetime(2021, 1, 1)  # noqa: DTZ001
    nights = np.arange(25, len(grams) - 9, 24)
    listed = [((night - 8) * 60, (night - 7) * 60, 1, 16) for night in nights]
    found = chosen(delays(runs(*listed), forecast(grams.tolist()), free([PLENTY] * len(grams))))
    cleaner = grams[nights - 8 + np.array(found)].sum()
    assert 100 * (1 - cleaner / grams[nights].sum()) == pytest.approx(35.0, abs=0.5)
