"""The sweep that shares GPU time: small cases by hand, and its conservation."""

import numpy as np
import polars as pl
import pytest

from apportion.sample.calendar import HOUR_US
from apportion.sample.models import PREFILL_WEIGHT
from apportion.sample.noise import Noise
from apportion.sample.residency import Residency

END = 10 * HOUR_US


def calls(*rows: tuple[int, int, int, int]) -> pl.DataFrame:
    """Requests from (replica, start, first token, end)."""
    return pl.DataFrame(
        {
            "replica": [row[0] for row in rows],
            "key": list(range(len(rows))),
            "route": [0] * len(rows),
            "start_us": [row[1] for row in rows],
            "first_us": [row[2] for row in rows],
            "end_us": [row[3] for row in rows],
        }
    )


def used(requests: pl.DataFrame) -> list[int]:
    usage, _ = Residency().sweep(requests, END)
    return usage.group_by("key").agg(pl.col("used_us").sum()).sort("key")["used_us"].to_list()


def test_alone_a_request_has_the_replica_to_itself() -> None:
    assert used(calls((0, 100, 300, 1_000))) == [900]


def test_together_they_share_each_instant() -> None:
    assert used(calls((0, 0, 0, 1_000), (0, 500, 500, 1_000))) == [750, 250]


def test_prefill_takes_more_than_decode() -> None:
    shares = used(calls((0, 0, 0, 1_000), (0, 0, 1_000, 1_000)))
    assert shares == [1_000 // (1 + PREFILL_WEIGHT), 1_000 * PREFILL_WEIGHT // (1 + PREFILL_WEIGHT)]


def test_replicas_do_not_share() -> None:
    assert used(calls((0, 0, 0, 1_000), (1, 0, 0, 1_000))) == [1_000, 1_000]


def test_calls_of_vendors_use_no_replica() -> None:
    assert used(calls((-1, 0, 10, 1_000))) == []


def test_an_hour_ends_a_part_of_the_usage() -> None:
    usage, _ = Residency().sweep(calls((0, HOUR_US - 300, HOUR_US - 300, HOUR_US + 200)), END)
    assert usage.select("hour_us", "used_us").rows() == [(0, 300), (HOUR_US, 200)]


def test_a_request_that_outlasts_its_window_goes_on_in_the_next() -> None:
    sweep = Residency()
    first, _ = sweep.sweep(calls((0, HOUR_US - 300, HOUR_US - 300, HOUR_US + 200)), HOUR_US)
    second, busy = sweep.sweep(calls(), 2 * HOUR_US)
    assert first["used_us"].to_list() == [300]
    assert second["used_us"].to_list() == [200]
    assert list(zip(busy.start, busy.end, strict=True)) == [(HOUR_US, HOUR_US + 200)]


@pytest.mark.parametrize("seed", range(5))
def test_usage_adds_up_to_the_time_with_requests_in_flight(seed: int) -> None:
    noise, keys = Noise(seed), np.arange(500)
    start = (noise.uniform("start", keys) * HOUR_US).astype(np.int64)
    first = start + (noise.uniform("prefill", keys) * 9e6).astype(np.int64)
    end = first + (noise.uniform("decode", keys) * 60e6).astype(np.int64)
    replica = keys % 3
    usage, busy = Residency().sweep(calls(*zip(replica, start, first, end, strict=True)), END)
    for number in range(3):
        shared = usage.filter(pl.col("replica") == number)["used_us"].sum()
        mine = busy.replica == number
        assert abs(shared - (busy.end - busy.start)[mine].sum()) < len(keys)


def test_busy_time_before_an_instant() -> None:
    _, busy = Residency().sweep(calls((0, 100, 100, 200), (0, 400, 400, 500), (1, 0, 0, 50)), END)
    replica = np.array([0, 0, 0, 0, 1, 2])
    instant = np.array([50, 150, 300, 600, 1_000, 1_000])
    total = busy.before(replica, instant) - busy.before(replica, np.zeros(6, dtype=np.int64))
    assert total.tolist() == [0, 50, 100, 200, 50, 0]
