"""How good forecasts and anomalies are, on series whose truth is known and on public ones.

    python -m benchmarks.forecasts [--batches 5] [--prices ../shared/data/prices/electricity]

Business-like series, with weekends and 6 % noise, are given to the pipeline for 98 days; the 31
that follow are compared with the intervals. Every second series has one day, in its last five
weeks, that costs half as much again: how many of these are found, and how many others are.
Public series are daily means of day-ahead electricity prices. The same command prints the same
figures.
"""

import csv
import gzip
import tempfile
from collections import defaultdict
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.lever_build import build_empty
from benchmarks.lever_replay import Replay

Series = npt.NDArray[np.float64]
TEAMS, KNOWN_DAYS, AHEAD = 20, 98, 31
NOISE = 0.06
SPIKE = 1.5
SPIKE_DAYS = 35
MARTS = ("forecasts", "anomalies")
TABLES = {
    "cost_ledger": """
        select usage_date, name as team, 'unit' as business_unit, 'm' as model,
            'direct' as cost_class, amount as reporting_effective_cost
        from draws
    """,
    "day_cost_ledger": "select distinct usage_date from draws",
}
ERRORS = """
    select sum(error_ratio), sum(naive_error_ratio), count(*)
    from kept_forecasts where scope = 'team' and forecast_date = made_on + 1
"""
FORECASTS = """
    select scope_name, forecast_date - made_on, low_80, high_80, low_95, high_95
    from kept_forecasts where scope = 'team'
"""
FOUND = "select scope_name, usage_date from kept_anomalies where scope = 'team'"


def business(seed: int) -> Series:
    """Daily cost of teams that work less on weekends, by day and team."""
    dice = np.random.default_rng(seed)
    days = KNOWN_DAYS + AHEAD
    is_weekend = (np.arange(days) % 7 >= 5)[:, None]  # noqa: PLR2004
    profile = np.where(is_weekend, dice.uniform(0.4, 0.9, TEAMS), 1)
    return 1000 * profile * np.exp(dice.normal(0, NOISE, (days, TEAMS)))


def give(replay: Replay, series: Series) -> None:
    """Let the pipeline forecast, and find anomalies, from these days."""
    day, team = (index.ravel() for index in np.indices(series.shape))
    cents = np.rint(series * 100).astype(np.int64).ravel()
    columns = {"world": team, "day": day, "amount": cents, "part": 0 * day, "hours": 0 * day}
    replay.set_draws(pl.DataFrame(columns), len(series))
    for mart in MARTS:
        replay.fill(TABLES, mart)
        replay.connection.execute(f"create or replace temp table kept_{mart} as from main.{mart}")


def judge(replay: Replay, seed: int) -> dict[str, float]:
    """Sums over the series of one batch."""
    series = business(seed)
    spiked = np.arange(TEAMS) % 2 == 0
    days = np.random.default_rng(seed).integers(KNOWN_DAYS - SPIKE_DAYS, KNOWN_DAYS, TEAMS)
    known = series[:KNOWN_DAYS].copy()
    known[days[spiked], np.flatnonzero(spiked)] *= SPIKE
    give(replay, known)
    ask = replay.connection.execute
    sums: dict[str, float] = dict.fromkeys(("in_80", "in_95", "days"), 0)
    error, naive, count = ask(ERRORS).fetchall()[0]
    sums |= {"error": float(error), "naive": float(naive), "series": count}
    for name, ahead, low_80, high_80, low_95, high_95 in ask(FORECASTS).fetchall():
        cost = series[KNOWN_DAYS + ahead - 1, int(name[1:])]
        sums["in_80"] += low_80 <= cost <= high_80
        sums["in_95"] += low_95 <= cost <= high_95
        sums["days"] += 1
    first = ask("select min(usage_date) from draws").fetchall()[0][0]
    found = {((day - first).days, int(name[1:])) for name, day in ask(FOUND).fetchall()}
    true = {(int(days[team]), int(team)) for team in np.flatnonzero(spiked)}
    sums |= {"spikes": len(true), "found": len(true & found), "false": len(found - true)}
    return sums


def public(replay: Replay, path: Path) -> tuple[float, float]:
    """Error and naive error, a week ahead, on the last 98 days of a public series."""
    by_day: dict[str, list[float]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        price = next(place for place, name in enumerate(header) if "price" in name.lower())
        for row in rows:
            by_day[row[0][:10]].append(float(row[price]))
    means = [sum(hours) / len(hours) for _, hours in sorted(by_day.items())][-KNOWN_DAYS:]
    give(replay, np.array(means)[:, None])
    error, naive, _ = replay.connection.execute(ERRORS).fetchall()[0]
    return float(error), float(naive)


@click.command(help=__doc__)
@click.option("--batches", default=5, show_default=True, help="of 20 series each")
@click.option("--prices", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(batches: int, prices: Path | None) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        replay = build_empty(Path(folder), *MARTS)
        frame = pl.DataFrame([judge(replay, seed) for seed in range(batches)]).sum()
        n = frame.row(0, named=True)
        months = n["series"] * (KNOWN_DAYS - 14) / 30.4
        print(f"error {n['error'] / n['series']:.1%}, naive {n['naive'] / n['series']:.1%}")
        print(f"80 % holds {n['in_80'] / n['days']:.1%}, 95 % holds {n['in_95'] / n['days']:.1%}")
        print(f"spikes found {n['found']} of {n['spikes']}")
        print(f"false alarms a series and month {n['false'] / months:.2f}")
        for path in sorted(prices.glob("*.csv.gz")) if prices else ():
            error, naive = public(replay, path)
            print(f"{path.name}: error {error:.1%}, naive {naive:.1%}")


if __name__ == "__main__":
    main()
