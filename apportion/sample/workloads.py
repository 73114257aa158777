"""Who holds which GPU when: workloads and the leases that they have on devices."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from apportion.sample.calendar import HOUR_MINUTES, Calendar
from apportion.sample.fleet import Device, Fleet

FOREVER = 1 << 32
"""A minute after the end of any simulation; still an integer in microseconds."""

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Workload:
    """A pod or a Slurm job, what it does, and who is really behind it.

    `activity` is the mean share of SMs that are busy, `behaviour` how it varies (steady, bursty,
    serving); from minute `hung_from` on it holds its GPUs without using them. `ending` is what the
    kubelet says of its container once the lease is over.
    """

    index: int
    team: str
    model: str
    purpose: str
    behaviour: str
    activity: float
    namespace: str = ""
    pod: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    deployment: str = ""
    slurm_job: int = 0
    slurm_account: str = ""
    hung_from: int = FOREVER
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Lease:
    """A device held from one minute (since the start of the period) to another."""

    device: Device
    start: int
    end: int
    workload: Workload


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a served model: its devices on one node."""

    index: int
    deployment: str
    node: int
    devices: tuple[Device, ...]
    is_daytime_only: bool


class Schedule:
    """Workloads and leases, as they are drawn up."""

    def __init__(self, calendar: Calendar, fleet: Fleet) -> None:
        self.calendar = calendar
        self.fleet = fleet
        self.workloads: list[Workload] = []
        self.leases: list[Lease] = []
        self.replicas: list[Replica] = []

    def add(self, devices: list[Device], start: int, end: int, **workload: object) -> Workload:
        """A new workload that holds devices; the lease ends with the period at the latest."""
        created = Workload(len(self.workloads), **workload)  # type: ignore[arg-type]
        self.workloads.append(created)
        self.hold(created, devices, start, end)
        return created

    def hold(self, workload: Workload, devices: list[Device], start: int, end: int) -> None:
        """Lease devices to a workload, for as long as their nodes are up."""
        start, end = max(start, 0), min(end, self.calendar.minutes)
        for device in devices:
            for first, last in _up(device, start, end):
                self.leases.append(Lease(device, first, last, workload))

    def lease_frame(self) -> pl.DataFrame:
        """The leases as columns, ordered by device and start."""
        return pl.DataFrame(
            {
                "device": [lease.device.index for lease in self.leases],
                "node": [lease.device.node.index for lease in self.leases],
                "sevenths": [lease.device.sevenths for lease in self.leases],
                "start": [lease.start for lease in self.leases],
                "end": [lease.end for lease in self.leases],
                "workload": [lease.workload.index for lease in self.leases],
            },
            schema=dict.fromkeys(
                ("device", "node", "sevenths", "start", "end", "workload"), pl.Int64
            ),
        ).sort("device", "start")


def _up(device: Device, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of [start, end) in which the device's node is up."""
    if end <= start:
        return []
    first, last = start // HOUR_MINUTES, (end - 1) // HOUR_MINUTES + 1
    up = np.concatenate(([False], device.node.running[first:last], [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(up)) + first
    pairs = zip(edges[::2], edges[1::2], strict=True)
    spans = [(max(start, int(a) * 60), min(end, int(b) * 60)) for a, b in pairs]
    return [(a, b) for a, b in spans if b > a]
