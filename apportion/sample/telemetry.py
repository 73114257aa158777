"""GPU telemetry as a Prometheus server holds it: dcgm-exporter and kube-state-metrics, day by day."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from apportion.sample.calendar import DAY_MINUTES, DAY_US, HOUR_US, MINUTE_US, Calendar
from apportion.sample.fleet import Device, Node
from apportion.sample.layouts import delivery_entry, write_manifest
from apportion.sample.noise import Bools, Floats, Ints, Noise
from apportion.sample.residency import Busy
from apportion.sample.workloads import Schedule, Workload

COLLECTION_US = 30_000_000
"""dcgm-exporter averages its profiling counters over its collect interval."""

LOST_SCRAPE_SHARE = 0.002
PODS_EVERY_US = 15 * MINUTE_US
DRIVER = "570.124.06"
UTIL, ENGINE, SM = "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_PROF_SM_ACTIVE"
MEMORY, POWER = "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_POWER_USAGE"
CHECKPOINT_EVERY, CHECKPOINT_MINUTES = 240, 6
BURST_MINUTES = 10
BURST_SHARE = 0.55
RESIDENT_MEMORY = 0.84
NOBODY = -1


class Telemetry:
    """Writes the telemetry of a schedule."""

    def __init__(
        self, folder: Path, noise: Noise, schedule: Schedule, interval_seconds: int
    ) -> None:
        self._folder = folder
        self._noise = noise
        self._schedule = schedule
        self._calendar: Calendar = schedule.calendar
        self._interval_us = interval_seconds * 1_000_000
        self._devices = schedule.fleet.devices
        self._leases = schedule.lease_frame()
        self._replica_of = _replica_of(schedule)
        self._labels: dict[tuple[int, int], str] = {}
        self._entries: list[dict[str, Any]] = []
        self.sample_count = 0

    def write_day(self, day: int, busy: list[Busy]) -> None:
        """Write the samples of a day; `busy` tells when the replicas had requests in flight."""
        instants = self._instants(day)
        holder = self._holders(instants)
        activity = self._activity(instants, holder, busy)
        kept = self._kept(day, instants)
        frames = self._device_metrics(instants, holder, activity, kept)
        frames["kube_node_info"] = self._node_info(day)
        frames["kube_pod_labels"] = self._pod_labels(day)
        folder = self._folder / f"{self._calendar.day(day)}"
        folder.mkdir(parents=True)
        files = {}
        for metric, frame in frames.items():
            path = folder / f"{metric}.parquet"
            frame.select(
                pl.lit(metric).alias("metric"), "labels", "sample_at", "value"
            ).write_parquet(path, compression="zstd", statistics=False)
            files[path] = frame.height
        self.sample_count += sum(files.values())
        self._entries.append(delivery_entry(self._folder, f"{self._calendar.day(day)}", "1", files))

    def finish(self) -> None:
        """Write the manifest that names every file."""
        write_manifest(self._folder, self._entries)

    def _instants(self, day: int) -> Ints:
        """Scrape times by device: every node has its own offset within the interval."""
        nodes = np.array([device.node.index for device in self._devices])
        offset = self._noise.uniform("scrape-offset", nodes) * min(self._interval_us, 60_000_000)
        steps = np.arange(DAY_US // self._interval_us, dtype=np.int64) * self._interval_us
        return np.asarray(day * DAY_US + steps + (offset.astype(np.int64) // 1000 * 1000)[:, None])

    def _holders(self, instants: Ints) -> Ints:
        """The workload that holds each device at each instant; `NOBODY` if none does."""
        leases = {
            name: self._leases[name].to_numpy() for name in ("device", "start", "end", "workload")
        }
        span = (self._calendar.minutes + DAY_MINUTES) * MINUTE_US
        device = np.arange(len(self._devices))[:, None]
        order = leases["device"] * span + leases["start"] * MINUTE_US
        index = np.searchsorted(order, device * span + instants, side="right") - 1
        last = np.maximum(index, 0)
        held = (
            (index >= 0)
            & (leases["device"][last] == device)
            & (leases["end"][last] * MINUTE_US > instants)
        )
        return np.where(held, leases["workload"][last], NOBODY)

    def _activity(self, instants: Ints, holder: Ints, busy: list[Busy]) -> Floats:
        """Share of SMs that were busy over the collect interval."""
        workloads = self._schedule.workloads
        level = np.array([w.activity for w in workloads] + [0.0])[holder]
        behaviour = np.array(
            [("steady", "bursty", "serving").index(w.behaviour) for w in workloads] + [0]
        )[holder]
        hung = np.array([w.hung_from for w in workloads] + [0])[holder] * MINUTE_US <= instants
        keys = np.arange(len(self._devices))[:, None] * (1 << 40) + instants // 1000
        jitter = 1 + 0.07 * self._noise.normal("activity", keys)
        minute = instants // MINUTE_US
        checkpoint = (minute + holder * 37) % CHECKPOINT_EVERY < CHECKPOINT_MINUTES
        burst = (
            self._noise.uniform("burst", holder * 100_003 + minute // BURST_MINUTES) < BURST_SHARE
        )
        factor = np.select(
            [behaviour == 0, behaviour == 1],
            [np.where(checkpoint, 0.08, 1.0), np.where(burst, 1.0, 0.0)],
            self._busy_share(instants, busy),
        )
        return np.asarray(np.where(hung, 0.0, level * factor * jitter).clip(0.0, 1.0))

    def _busy_share(self, instants: Ints, busy: list[Busy]) -> Floats:
        """Share of the collect interval in which a device's replica had requests in flight."""
        replica = np.broadcast_to(self._replica_of[:, None], instants.shape).ravel()
        until = (instants + self._calendar.origin_us).ravel()
        total = np.zeros(len(until))
        for part in busy:
            total += part.before(replica, until) - part.before(replica, until - COLLECTION_US)
        return (total / COLLECTION_US).clip(0.0, 1.0).reshape(instants.shape)

    def _kept(self, day: int, instants: Ints) -> Bools:
        """Samples that exist: the node is up, the scrape was not lost, the exporter was there."""
        hours = (instants // HOUR_US).clip(0, self._calendar.hours - 1)
        running = np.stack([device.node.running for device in self._devices])
        nodes = np.array([device.node.index for device in self._devices])[:, None]
        lost = self._noise.uniform("lost-scrape", nodes * (1 << 44) + instants // self._interval_us)
        kept = np.take_along_axis(running, hours, axis=1) & (lost >= LOST_SCRAPE_SHARE)
        for gap_node, first, last in self._gaps():
            minute = instants // MINUTE_US
            kept &= ~((nodes == gap_node) & (minute >= first) & (minute < last))
        del day
        return np.asarray(kept)

    def _gaps(self) -> list[tuple[int, int, int]]:
        """Two outages of an exporter: node, first and last minute."""
        third = self._calendar.days // 3 * DAY_MINUTES
        nodes = self._schedule.fleet.nodes
        tuning = next(node.index for node in nodes if node.pool.name == "aws-p4d-tune")
        serving = next(node.index for node in nodes if node.pool.name == "aws-g5-serve")
        return [(tuning, third + 620, third + 845), (serving, 2 * third + 1_000, 2 * third + 1_042)]

    def _device_metrics(
        self, instants: Ints, holder: Ints, activity: Floats, kept: Bools
    ) -> dict[str, pl.DataFrame]:
        pools = [device.node.pool for device in self._devices]
        column = lambda values: np.array(values)[:, None]  # noqa: E731 - one shape, six uses
        is_slice = column([bool(device.mig_id) for device in self._devices])
        has_sm = column([pool.has_sm_active for pool in pools])
        memory = column(
            [
                pool.memory_mib * device.sevenths / 7
                for pool, device in zip(pools, self._devices, strict=True)
            ]
        )
        idle, peak = column([p.idle_watts for p in pools]), column([p.peak_watts for p in pools])
        loaded = holder != NOBODY
        utilisation = np.where(activity > 0.005, (38 + 160 * activity).clip(0, 100), 0.0)
        values = {
            UTIL: (np.rint(utilisation), kept & ~is_slice),
            ENGINE: (np.round((activity * 1.25).clip(0, 1), 4), kept),
            SM: (np.round(activity, 4), kept & has_sm),
            MEMORY: (np.rint(np.where(loaded, memory * RESIDENT_MEMORY, 4.0)), kept),
            POWER: (np.round(idle + (peak - idle) * activity**0.8, 1), kept & ~is_slice),
        }
        labels, index = self._label_texts(holder)
        return {
            metric: self._frame(instants, shown, labels, index, value)
            for metric, (value, shown) in values.items()
        }

    def _frame(
        self, instants: Ints, shown: Bools, labels: pl.Series, index: Ints, values: Floats
    ) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "labels": labels.gather(index[shown]),
                "sample_at": pl.Series(instants[shown] + self._calendar.origin_us).cast(
                    pl.Datetime("us")
                ),
                "value": values[shown],
            }
        )

    def _label_texts(self, holder: Ints) -> tuple[pl.Series, Ints]:
        """The distinct label texts of a day, and which one each device and instant has."""
        device = np.arange(len(self._devices))[:, None]
        pairs, index = np.unique(device * (1 << 32) + holder + 1, return_inverse=True)
        texts = [self._label_text(int(pair) >> 32, (int(pair) & 0xFFFFFFFF) - 1) for pair in pairs]
        return pl.Series(texts), index.reshape(holder.shape)

    def _label_text(self, device: int, workload: int) -> str:
        found = self._labels.get((device, workload))
        if found is None:
            holder = None if workload == NOBODY else self._schedule.workloads[workload]
            found = _dcgm_labels(self._devices[device], holder)
            self._labels[device, workload] = found
        return found

    def _node_info(self, day: int) -> pl.DataFrame:
        """Hourly `kube_node_info` of the nodes that are up."""
        rows = [
            (_text({"node": node.name, "provider_id": node.provider_id, "instance": "10.20.0.14:8080",
                    "job": "kube-state-metrics", "kernel_version": "6.8.0-1031"}), hour)
            for node in self._schedule.fleet.nodes
            if node.provider_id
            for hour in range(day * 24, day * 24 + 24)
            if node.running[hour]
        ]  # fmt: skip
        return self._constant([text for text, _ in rows], [hour * HOUR_US for _, hour in rows])

    def _pod_labels(self, day: int) -> pl.DataFrame:
        """`kube_pod_labels` of every pod, every quarter of an hour that it lives."""
        leases = (
            self._leases.group_by("workload")
            .agg(pl.col("start").min(), pl.col("end").max())
            .sort("workload")
        )
        labels, instants = [], []
        for index, start, end in leases.iter_rows():
            workload = self._schedule.workloads[index]
            if not workload.pod:
                continue
            first = max(start * MINUTE_US, day * DAY_US)
            last = min(end * MINUTE_US, (day + 1) * DAY_US)
            scrapes = range(-(-first // PODS_EVERY_US) * PODS_EVERY_US, last, PODS_EVERY_US)
            text = _text({"namespace": workload.namespace, "pod": workload.pod, **workload.labels,
                          "instance": "10.20.0.14:8080", "job": "kube-state-metrics"})  # fmt: skip
            labels += [text] * len(scrapes)
            instants += list(scrapes)
        return self._constant(labels, instants)

    def _constant(self, labels: list[str], instants: list[int]) -> pl.DataFrame:
        """Samples with the value 1."""
        times = np.array(instants, dtype=np.int64) + self._calendar.origin_us
        return pl.DataFrame(
            {
                "labels": pl.Series(labels, dtype=pl.String),
                "sample_at": pl.Series(times).cast(pl.Datetime("us")),
                "value": np.ones(len(times)),
            }
        )


def _replica_of(schedule: Schedule) -> Ints:
    """The replica that each device belongs to; -1 if none."""
    owner = np.full(len(schedule.fleet.devices), -1, dtype=np.int64)
    for replica in schedule.replicas:
        owner[[device.index for device in replica.devices]] = replica.index
    return owner


def _dcgm_labels(device: Device, holder: Workload | None) -> str:
    """Labels as dcgm-exporter writes them; its newest release spells `hostname` in lower case."""
    node: Node = device.node
    host_label = "hostname" if node.pool.provider == "azure" else "Hostname"
    labels = {
        "gpu": str(device.gpu),
        "UUID": device.uuid,
        "pci_bus_id": f"00000000:{16 + device.gpu * 11:02X}:00.0",
        "device": f"nvidia{device.gpu}",
        "modelName": node.pool.gpu_model,
        host_label: node.name,
        "DCGM_FI_DRIVER_VERSION": DRIVER,
    }
    if device.mig_id:
        labels |= {"GPU_I_PROFILE": "1g.5gb", "GPU_I_ID": device.mig_id}
    if holder is not None and holder.slurm_job:
        labels["hpc_job"] = str(holder.slurm_job)
    elif holder is not None:
        container = "vllm" if holder.deployment else "main"
        labels |= {"namespace": holder.namespace, "pod": holder.pod, "container": container}
    return _text(labels)


def _text(labels: dict[str, str]) -> str:
    return json.dumps(labels, sort_keys=True, separators=(",", ":"))
