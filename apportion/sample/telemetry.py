"""GPU telemetry as a Prometheus server holds it: dcgm-exporter and kube-state-metrics."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from apportion.sample import metric_labels
from apportion.sample.activity import Activity
from apportion.sample.calendar import DAY_HOURS, DAY_US, HOUR_US, MINUTE_US, Calendar
from apportion.sample.fleet import SEVENTHS
from apportion.sample.layouts import delivery_entry, write_manifest
from apportion.sample.noise import Bools, Floats, Ints, Noise
from apportion.sample.residency import Busy
from apportion.sample.telemetry_csv import TelemetryTable
from apportion.sample.telemetry_smi import SmiLog
from apportion.sample.workloads import NOBODY, Schedule

PODS_EVERY_US = 15 * MINUTE_US
SLOW_EVERY = 3
"""Memory and power are scraped by a slower job: every third time."""

UTIL, ENGINE = "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
SM = "DCGM_FI_PROF_SM_ACTIVE"
MEMORY, POWER = "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_POWER_USAGE"
AMD_METRICS = {UTIL: "gpu_gfx_activity", MEMORY: "gpu_used_vram", POWER: "gpu_package_power"}
"""What AMD's exporter calls the metrics that it has too."""
ANY_KERNEL = 0.005
RESIDENT_MEMORY, EMPTY_MIB = 0.84, 4.0
ENGINE_PER_SM = 1.25
POWER_EXPONENT = 0.8


class Telemetry:
    """Writes the telemetry of a schedule, day by day."""

    def __init__(
        self,
        folder: Path,
        noise: Noise,
        schedule: Schedule,
        interval_seconds: int,
        gap_share: float,
        *,
        tables: Sequence[TelemetryTable | SmiLog] = (),
    ) -> None:
        """Prepare.

        Args:
            folder: where the files go.
            noise: the randomness of the simulation.
            schedule: who holds which GPU when.
            interval_seconds: between two scrapes.
            gap_share: the share of half hours in which exporters are away.
            tables: take in turn what the data hall's GPUs say of their utilization.
        """
        self._folder = folder
        self._tables = tables
        self._schedule = schedule
        self._calendar: Calendar = schedule.calendar
        self._activity = Activity(noise, schedule, interval_seconds * 1_000_000, gap_share)
        self._devices = schedule.fleet.devices
        self._labels: dict[tuple[int, int], str] = {}
        self._entries: list[dict[str, Any]] = []
        self._busy_us: dict[int, Floats] = {}
        self.sample_count = 0

    def observe(self, day: int, busy: Busy) -> None:
        """Take note of when replicas had requests in flight; any number of times a day."""
        instants = self._activity.instants(day)
        known = self._busy_us.get(day, 0.0)
        self._busy_us[day] = known + self._activity.busy_before(instants, busy)

    def write_day(self, day: int) -> None:
        """Write the samples of a day, once all that happened on it was observed."""
        frames = self._device_metrics(day)
        for table in self._tables:
            frames[UTIL] = table.take(self._calendar.day(day), frames[UTIL])
        frames["kube_node_info"] = self._node_info(day)
        frames["kube_pod_labels"] = self._pod_labels(day)
        frames["kube_pod_container_status_terminated_reason"] = self._pod_endings(day)
        folder = self._folder / f"{self._calendar.day(day)}"
        folder.mkdir(parents=True)
        files = {}
        for metric, frame in frames.items():
            path = folder / f"{metric}.parquet"
            samples = frame.select(pl.lit(metric).alias("metric"), *frame.columns)
            samples.write_parquet(path, compression="zstd", statistics=False)
            files[path] = frame.height
        self.sample_count += sum(files.values())
        period = f"{self._calendar.day(day)}"
        self._entries.append(delivery_entry(self._folder, period, "1", files))

    def finish(self) -> None:
        """Write the manifest that names every file."""
        write_manifest(self._folder, self._entries)
        for table in self._tables:
            table.finish()

    def _device_metrics(self, day: int) -> dict[str, pl.DataFrame]:
        instants = self._activity.instants(day)
        holder = self._activity.holders(instants)
        level = self._activity.levels(instants, holder, self._busy_us.pop(day))
        kept = self._activity.scraped(instants)
        labels, index = self._label_texts(holder)
        is_amd = _column([device.node.is_amd for device in self._devices]) > 0
        frames: dict[str, pl.DataFrame] = {}
        for metric, (values, told) in self._values(holder, level, kept).items():
            parts = {metric: told & ~is_amd, AMD_METRICS.get(metric, ""): told & is_amd}
            frames |= {
                name: self._frame(instants[shown], labels.gather(index[shown]), values[shown])
                for name, shown in parts.items()
                if name == metric or (name and is_amd.any())
            }
        return frames

    def _values(self, holder: Ints, level: Floats, kept: Bools) -> dict[str, tuple[Floats, Bools]]:
        """The value of each metric, and where there is a sample of it."""
        pools = [device.node.pool for device in self._devices]
        sevenths = _column([device.sevenths for device in self._devices])
        memory = _column([pool.memory_mib for pool in pools]) * sevenths / SEVENTHS
        idle, peak = _column([p.idle_watts for p in pools]), _column([p.peak_watts for p in pools])
        whole = kept & (sevenths == SEVENTHS)
        has_sm = _column([pool.has_sm_active for pool in pools]) > 0
        slow = np.arange(holder.shape[1]) % SLOW_EVERY == 0
        busy = np.where(level > ANY_KERNEL, (38 + 160 * level).clip(0, 100), 0.0)
        resident = np.where(holder != NOBODY, memory * RESIDENT_MEMORY, EMPTY_MIB)
        return {
            UTIL: (np.rint(busy), whole),
            ENGINE: (np.round((level * ENGINE_PER_SM).clip(0, 1), 4), kept),
            SM: (np.round(level, 4), kept & has_sm),
            MEMORY: (np.rint(resident), kept & slow),
            POWER: (np.round(idle + (peak - idle) * level**POWER_EXPONENT, 1), whole & slow),
        }

    def _label_texts(self, holder: Ints) -> tuple[pl.Series, Ints]:
        """The distinct label texts of a day, and which one each device and instant has."""
        device = np.arange(len(self._devices))[:, None]
        pairs, index = np.unique(device * (1 << 32) + holder + 1, return_inverse=True)
        texts = [self._label_text(*divmod(int(pair), 1 << 32)) for pair in pairs]
        return pl.Series(texts), index.reshape(holder.shape)

    def _label_text(self, device: int, holder: int) -> str:
        found = self._labels.get((device, holder))
        if found is None:
            workload = self._schedule.workloads[holder - 1] if holder else None
            found = metric_labels.of_device(self._devices[device], workload)
            self._labels[device, holder] = found
        return found

    def _node_info(self, day: int) -> pl.DataFrame:
        """Hourly `kube_node_info` of the cluster nodes that are up."""
        rows = [
            (metric_labels.of_node(node), hour * HOUR_US)
            for node in self._schedule.fleet.nodes
            if node.provider_id
            for hour in range(day * DAY_HOURS, (day + 1) * DAY_HOURS)
            if node.running[hour]
        ]
        return self._ones([text for text, _ in rows], [instant for _, instant in rows])

    def _pod_labels(self, day: int) -> pl.DataFrame:
        """`kube_pod_labels` of every pod, every quarter of an hour that it lives."""
        spans = self._schedule.lease_frame().group_by("workload", maintain_order=True)
        texts: list[str] = []
        instants: list[int] = []
        for index, start, end in spans.agg(pl.min("start"), pl.max("end")).iter_rows():
            workload = self._schedule.workloads[index]
            if workload.pod:
                first = max(start * MINUTE_US, day * DAY_US)
                last = min(end * MINUTE_US, (day + 1) * DAY_US)
                scrapes = range(-(-first // PODS_EVERY_US) * PODS_EVERY_US, last, PODS_EVERY_US)
                texts += [metric_labels.of_pod(workload)] * len(scrapes)
                instants += scrapes
        return self._ones(texts, instants)

    def _pod_endings(self, day: int) -> pl.DataFrame:
        """What is said of a container that ended, twice before its pod is cleared away."""
        texts: list[str] = []
        instants: list[int] = []
        spans = self._schedule.lease_frame().group_by("workload", maintain_order=True)
        for index, end in spans.agg(pl.max("end")).iter_rows():
            workload = self._schedule.workloads[index]
            ended_at = end * MINUTE_US
            if workload.ending and end < self._calendar.minutes and ended_at // DAY_US == day:
                texts += [metric_labels.of_ending(workload)] * 2
                instants += [ended_at, min(ended_at + PODS_EVERY_US, (day + 1) * DAY_US - 1)]
        return self._ones(texts, instants)

    def _ones(self, labels: list[str], instants: list[int]) -> pl.DataFrame:
        """Samples with the value 1."""
        times = np.array(instants, dtype=np.int64)
        return self._frame(times, pl.Series(labels, dtype=pl.String), np.ones(len(times)))

    def _frame(self, instants: Ints, labels: pl.Series, values: Floats) -> pl.DataFrame:
        times = pl.Series(instants + self._calendar.origin_us).cast(pl.Datetime("us"))
        return pl.DataFrame({"labels": labels, "sample_at": times, "value": values})


def _column(values: list[int] | list[bool]) -> Floats:
    """One value per device, to be combined with values by device and instant."""
    return np.array(values, dtype=np.float64)[:, None]
