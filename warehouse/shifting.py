"""When deferrable jobs would have started, had they waited for cheaper or cleaner electricity.

A run keeps its length and its GPUs and may start later by whole hours, up to its slack. It is
decided on what was forecast; what it then really cost is for the caller to add up. GPUs that others
held are not there: runs are placed one after another, those with the least slack first, on ties the
one that started first, and each must fit into what is free in every hour.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

HOUR_MS = 3_600_000
UNKNOWN = -(2**40)
"""Stands for a forecast that nobody made; no forecast is as low."""

Whole = npt.NDArray[np.int64]


class Series:
    """Whole numbers by hour since the epoch; hours that were not told have `missing`."""

    def __init__(self, hours: Whole, values: Whole, missing: int) -> None:
        self.first = int(hours.min()) if len(hours) else 0
        length = int(hours.max()) - self.first + 1 if len(hours) else 0
        self.values = np.full(length, missing, np.int64)
        self.values[hours - self.first] = values
        self.missing = missing

    def read(self, hour: int, count: int) -> Whole:
        """`count` hours from one on."""
        read = np.full(count, self.missing, np.int64)
        start, end = max(hour, self.first), min(hour + count, self.first + len(self.values))
        if start < end:
            read[start - hour : end - hour] = self.values[start - self.first : end - self.first]
        return read

    def add(self, hour: int, values: Whole) -> None:
        """Add to the hours from one on; hours that were not told stay so."""
        start = max(hour, self.first)
        end = min(hour + len(values), self.first + len(self.values))
        if start < end:
            self.values[start - self.first : end - self.first] += values[start - hour : end - hour]


def delays(runs: pl.DataFrame, forecasts: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    """How many hours later each run would have started.

    Args:
        runs: `run`, `place`, `pool`, `started_ms`, `ended_ms` (since the epoch), `gpu_count` and
            `slack_hours`.
        forecasts: `place`, `hour` (since the epoch) and `forecast`, what an hour was expected to
            cost or emit, as a whole number.
        free: `pool`, `hour` and `free_ms`, GPU time that nobody held. What a pool has in other
            hours is not known, so nothing moves there.

    Returns:
        `run` and `delay_hours`, a row per run. A run with an hour of which there is no forecast
        stays where it was.
    """
    signals = _series(forecasts, "place", "forecast", UNKNOWN)
    spare = _series(free, "pool", "free_ms", 0)
    chosen = []
    for run in runs.sort("slack_hours", "started_ms", "run").iter_rows(named=True):
        signal = signals.get(run["place"])
        delay = 0 if signal is None else _delay(run, signal, spare.get(run["pool"]))
        chosen.append((run["run"], delay))
    return pl.DataFrame(chosen, {"run": pl.Int64, "delay_hours": pl.Int64}, orient="row")


def _series(table: pl.DataFrame, key: str, value: str, missing: int) -> Mapping[str, Series]:
    return {
        str(name): Series(group["hour"].to_numpy(), group[value].to_numpy(), missing)
        for (name,), group in table.group_by(key)
    }


def _delay(run: Mapping[str, int], signal: Series, spare: Series | None) -> int:
    """The delay that costs least of those that fit, the shortest of equals; its room is taken."""
    first, length = run["started_ms"] // HOUR_MS, -(-run["ended_ms"] // HOUR_MS)
    edges = np.arange(first, length + 1) * HOUR_MS
    within = np.clip(edges, run["started_ms"], run["ended_ms"])
    used: Whole = within[1:] - within[:-1]
    choices, hours = run["slack_hours"] + 1, len(used)
    told = np.lib.stride_tricks.sliding_window_view(signal.read(first, choices + hours - 1), hours)
    is_known = (told != UNKNOWN).all(axis=1)
    if not is_known[0] or spare is None:
        return 0
    need = used * run["gpu_count"]
    spare.add(first, need)
    room = np.lib.stride_tricks.sliding_window_view(spare.read(first, choices + hours - 1), hours)
    is_open = is_known & (room >= need).all(axis=1)
    is_open[0] = True
    costs = np.where(is_open, told @ used, np.iinfo(np.int64).max)
    delay = int(costs.argmin())
    spare.add(first + delay, -need)
    return delay
