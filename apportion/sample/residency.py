"""What requests really use: at every instant a replica's GPUs belong to the requests in flight.

Requests that are in flight together share the instant by the weight of their phase (prefill takes
more of a GPU than decode). One sweep over all starts and ends gives every request's share: with
W(t) the weight in flight and G(t) the integral of 1/W, a phase of weight w from a to b has used
w * (G(b) - G(a)) of the replica's time.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from apportion.sample.calendar import HOUR_US
from apportion.sample.models import PREFILL_WEIGHT
from apportion.sample.noise import Floats, Ints

PHASES = ("replica", "key", "route", "start_us", "end_us", "weight")


@dataclass(frozen=True, slots=True)
class Busy:
    """When replicas had requests in flight: disjoint intervals, ordered by replica and start."""

    replica: Ints
    start: Ints
    end: Ints

    def before(self, replica: Ints, instant: Ints) -> Floats:
        """Busy microseconds of replicas before instants."""
        if not len(self.start):
            return np.zeros(len(replica))
        length = np.concatenate(([0], np.cumsum(self.end - self.start)))
        order = self.replica * (1 << 52) + self.start % (1 << 52)
        wanted = replica * (1 << 52) + instant % (1 << 52)
        index = np.searchsorted(order, wanted, side="right")
        last = np.maximum(index - 1, 0)
        same = (index > 0) & (self.replica[last] == replica)
        overrun = np.where(same, np.maximum(self.end[last] - instant, 0), 0)
        return (length[index] - overrun).astype(np.float64)


class Residency:
    """The sweep, window after window; phases that outlast a window go on in the next."""

    def __init__(self) -> None:
        self._open = _phases(pl.DataFrame(), decode=False)

    def sweep(self, requests: pl.DataFrame, end_us: int) -> tuple[pl.DataFrame, Busy]:
        """Usage of every request and hour in a window that ends at an instant.

        Returns:
            Replica microseconds used (`used_us`) by replica, request key, route and hour, and when
            the replicas were busy.
        """
        new = [_phases(requests, decode=False), _phases(requests, decode=True)]
        phases = _split_by_hour(pl.concat([self._open, *new]))
        self._open = phases.filter(pl.col("start_us") >= end_us)
        current = phases.filter(pl.col("start_us") < end_us)
        used, busy = _share(current)
        hour = pl.col("start_us") // HOUR_US * HOUR_US
        usage = (
            current.with_columns(used_us=pl.Series(used), hour_us=hour)
            .group_by("replica", "key", "route", "hour_us")
            .agg(pl.col("used_us").sum())
            .sort("replica", "hour_us", "key")
        )
        return usage, busy


def _phases(requests: pl.DataFrame, *, decode: bool) -> pl.DataFrame:
    if requests.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(PHASES, pl.Int64))
    start, end = ("first_us", "end_us") if decode else ("start_us", "first_us")
    return requests.filter((pl.col("replica") >= 0) & (pl.col(end) > pl.col(start))).select(
        "replica",
        "key",
        "route",
        pl.col(start).alias("start_us"),
        pl.col(end).alias("end_us"),
        pl.lit(1 if decode else PREFILL_WEIGHT, pl.Int64).alias("weight"),
    )


def _split_by_hour(phases: pl.DataFrame) -> pl.DataFrame:
    """Cut phases at full hours."""
    start, end = phases["start_us"].to_numpy(), phases["end_us"].to_numpy()
    first, last = start // HOUR_US, (end - 1) // HOUR_US
    pieces = (last - first + 1).astype(np.int64)
    source = np.repeat(np.arange(len(start)), pieces)
    rank = np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    hour = (first[source] + rank) * HOUR_US
    return phases[source].with_columns(
        start_us=pl.Series(np.maximum(start[source], hour)),
        end_us=pl.Series(np.minimum(end[source], hour + HOUR_US)),
    )


def _share(phases: pl.DataFrame) -> tuple[Ints, Busy]:
    """Replica microseconds of every phase, and when the replicas were busy."""
    count = phases.height
    if count == 0:
        empty = np.zeros(0, dtype=np.int64)
        return empty, Busy(empty, empty, empty)
    replica = np.tile(phases["replica"].to_numpy(), 2)
    instant = np.concatenate([phases["start_us"].to_numpy(), phases["end_us"].to_numpy()])
    weight = phases["weight"].to_numpy()
    order = np.lexsort((instant, replica))
    in_flight = np.cumsum(np.concatenate([weight, -weight])[order])
    step = np.diff(instant[order], append=instant[order][-1])
    flowing = in_flight > 0
    rate = np.where(flowing, step / np.maximum(in_flight, 1), 0.0)
    integral = np.concatenate(([0.0], np.cumsum(rate)))[:-1]
    position = np.empty(2 * count, dtype=np.int64)
    position[order] = np.arange(2 * count)
    used = weight * (integral[position[count:]] - integral[position[:count]])
    return np.rint(used).astype(np.int64), _busy(replica[order], instant[order], flowing)


def _busy(
    replica: Ints, instant: Ints, flowing: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> Busy:
    edges = np.diff(flowing.astype(np.int8), prepend=0)
    start = np.flatnonzero(edges > 0)
    end = np.flatnonzero(edges < 0)
    return Busy(replica[start], instant[start], instant[end])
