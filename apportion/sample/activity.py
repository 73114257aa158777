"""What GPUs do at an instant: who holds them, and how busy their SMs are."""

import numpy as np

from apportion.sample.calendar import DAY_MINUTES, DAY_US, HOUR_US, MINUTE_US
from apportion.sample.noise import Bools, Floats, Ints, Noise
from apportion.sample.residency import Busy
from apportion.sample.workloads import NOBODY, Schedule

COLLECTION_US = 30_000_000
"""dcgm-exporter averages its profiling counters over its collect interval."""

LOST_SCRAPE_SHARE = 0.002
LARGEST_OFFSET_US = 60_000_000
CHECKPOINT_EVERY, CHECKPOINT_MINUTES, CHECKPOINT_LEVEL = 240, 6, 0.08
BURST_MINUTES, BURST_SHARE = 10, 0.55
GAP_US = 30 * MINUTE_US
STEADY, BURSTY, SERVING = range(3)
BEHAVIOURS = ("steady", "bursty", "serving")


class Activity:
    """The devices of a schedule over time; instants are microseconds since the start, by device."""

    def __init__(
        self, noise: Noise, schedule: Schedule, interval_us: int, gap_share: float
    ) -> None:
        self._noise = noise
        self._schedule = schedule
        self._interval_us = interval_us
        self._gap_share = gap_share
        self._origin_us = schedule.calendar.origin_us
        devices = schedule.fleet.devices
        self._device = np.arange(len(devices))[:, None]
        self._node = np.array([device.node.index for device in devices])[:, None]
        self._running = np.stack([device.node.running for device in devices])
        self._replica = _replica_of(schedule)
        workloads = schedule.workloads
        self._level = np.array([w.activity for w in workloads] + [0.0])
        self._behaviour = np.array([BEHAVIOURS.index(w.behaviour) for w in workloads] + [STEADY])
        self._hung_us = np.array([w.hung_from for w in workloads] + [0]) * MINUTE_US
        self._leases = schedule.lease_frame()

    def instants(self, day: int) -> Ints:
        """Scrape times of a day: every node has its own offset within the interval."""
        largest = min(self._interval_us, LARGEST_OFFSET_US)
        offset = (self._noise.uniform("scrape-offset", self._node) * largest).astype(np.int64)
        steps = np.arange(DAY_US // self._interval_us, dtype=np.int64) * self._interval_us
        return np.asarray(day * DAY_US + steps + offset // 1000 * 1000)

    def holders(self, instants: Ints) -> Ints:
        """The workload that holds each device at each instant; `NOBODY` if none does."""
        device, start = self._leases["device"].to_numpy(), self._leases["start"].to_numpy()
        span = (self._schedule.calendar.minutes + DAY_MINUTES) * MINUTE_US
        order = device * span + start * MINUTE_US
        index = np.searchsorted(order, self._device * span + instants, side="right") - 1
        last = np.maximum(index, 0)
        is_running = self._leases["end"].to_numpy()[last] * MINUTE_US > instants
        held = (index >= 0) & (device[last] == self._device) & is_running
        return np.where(held, self._leases["workload"].to_numpy()[last], NOBODY)

    def levels(self, instants: Ints, holder: Ints, busy_us: Floats) -> Floats:
        """Share of SMs busy over the collect interval, of which replicas served for `busy_us`."""
        behaviour = self._behaviour[holder]
        minute = instants // MINUTE_US
        checkpoint = (minute + holder * 37) % CHECKPOINT_EVERY < CHECKPOINT_MINUTES
        block = holder * 100_003 + minute // BURST_MINUTES
        burst = self._noise.uniform("burst", block) < BURST_SHARE
        factor = np.select(
            [behaviour == STEADY, behaviour == BURSTY],
            [np.where(checkpoint, CHECKPOINT_LEVEL, 1.0), burst.astype(np.float64)],
            (busy_us / COLLECTION_US).clip(0.0, 1.0),
        )
        keys = self._device * (1 << 40) + instants // 1000
        jitter = 1 + 0.07 * self._noise.normal("activity", keys)
        level = np.where(self._hung_us[holder] <= instants, 0.0, self._level[holder])
        return np.asarray((level * factor * jitter).clip(0.0, 1.0))

    def scraped(self, instants: Ints) -> Bools:
        """Samples that exist: the node is up, the scrape was not lost, the exporter was there."""
        hours = (instants // HOUR_US).clip(0, self._schedule.calendar.hours - 1)
        keys = self._node * (1 << 44) + instants // self._interval_us
        kept = np.take_along_axis(self._running, hours, axis=1)
        kept &= self._noise.uniform("lost-scrape", keys) >= LOST_SCRAPE_SHARE
        if self._gap_share:
            half_hours = self._node * (1 << 44) + instants // GAP_US
            kept &= self._noise.uniform("gap", half_hours) >= self._gap_share
        minute = instants // MINUTE_US
        for node, first, last in _outages(self._schedule):
            kept &= ~((self._node == node) & (minute >= first) & (minute < last))
        return np.asarray(kept)

    def busy_before(self, instants: Ints, busy: Busy) -> Floats:
        """Busy microseconds of each device's replica in the collect interval before instants."""
        until = instants + self._origin_us
        total = np.zeros(instants.shape)
        if not len(busy.start):
            return total
        first, last = busy.start.min(), busy.end.max() + COLLECTION_US
        near = (until >= first) & (until < last) & (self._replica[:, None] >= 0)
        replica = np.broadcast_to(self._replica[:, None], instants.shape)[near]
        end = until[near]
        total[near] = busy.before(replica, end) - busy.before(replica, end - COLLECTION_US)
        return total


def _replica_of(schedule: Schedule) -> Ints:
    """The replica that each device belongs to; -1 if none."""
    owner = np.full(len(schedule.fleet.devices), -1, dtype=np.int64)
    for replica in schedule.replicas:
        owner[[device.index for device in replica.devices]] = replica.index
    return owner


def _outages(schedule: Schedule) -> list[tuple[int, int, int]]:
    """Two outages of an exporter: node, first and last minute."""
    third = schedule.calendar.days // 3 * DAY_MINUTES
    first = {node.pool.name: node.index for node in reversed(schedule.fleet.nodes)}
    return [
        (first["aws-p4d-tune"], third + 620, third + 845),
        (first["aws-g5-serve"], 2 * third + 1_000, 2 * third + 1_042),
    ]
