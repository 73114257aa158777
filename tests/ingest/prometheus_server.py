"""A real Prometheus server on loopback, filled with samples of two days."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

PROGRAMS = ("prometheus", "promtool")
START_SECONDS = 30
MAX_SAMPLES = 1_000
FIRST = datetime(2026, 10, 3, tzinfo=UTC)
STEP, STEPS = timedelta(minutes=1), 2 * 1440 + 1
UTIL, POWER, NODE = "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_POWER_USAGE", "kube_node_info"
BLANK = 140737488355328.0
CONFIG = "global: {scrape_interval: 60s}\n"

Sample = tuple[str, str, datetime, float]
"""Metric, labels as canonical JSON, instant in UTC without a zone, value."""


@dataclass(frozen=True)
class PrometheusServer:
    """The server's address, and the samples that it holds."""

    url: str
    samples: list[Sample]

    def of_day(self, day: str) -> list[Sample]:
        return sorted(sample for sample in self.samples if f"{sample[2]:%Y-%m-%d}" == day)


@contextmanager
def serving(folder: Path) -> Iterator[PrometheusServer]:
    """A server with samples of two days, that answers little at once."""
    samples = _samples()
    with filled(folder, _open_metrics(samples), f"--query.max-samples={MAX_SAMPLES}") as url:
        yield PrometheusServer(url, samples)


@contextmanager
def filled(folder: Path, open_metrics: str, *options: str) -> Iterator[str]:
    """A server that holds these samples; gives its address. Skips where it is not installed."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed (Debian: apt-get install prometheus)")
    (folder / "samples.om").write_text(open_metrics, encoding="utf-8")
    (folder / "prometheus.yml").write_text(CONFIG)
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q"]
    fill += ["--max-block-duration=24h", "samples.om", "data"]
    subprocess.run(fill, cwd=folder, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    command += ["--storage.tsdb.retention.time=100y", f"--web.listen-address={address}"]
    command += ["--log.level=warn", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=_environment())
    try:
        _wait(f"http://{address}/-/ready", folder / "log")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def _wait(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(log.read_text())


def _environment() -> dict[str, str]:
    return os.environ | {"GOMAXPROCS": "2"}


def _samples() -> list[Sample]:
    """Four GPUs; a pod that moves, a lost measurement, a blank, and nodes that start one by one."""
    samples: list[Sample] = []
    for step in range(STEPS):
        at = (FIRST + step * STEP).replace(tzinfo=None)
        for gpu in range(4):
            pod = "train-0" if step < 700 else "train-1"
            labels = f'{{"UUID":"GPU-{gpu}","pod":"{pod}"}}'
            samples.append((UTIL, labels, at, float((step * 7 + gpu) % 101)))
        samples.append((POWER, '{"UUID":"GPU-0"}', at, BLANK if step == 10 else 60 + step / 8))
        if step >= 1000:
            samples.append((NODE, '{"node":"gpu-node-ü","provider_id":"aws:///i-1"}', at, 1.0))
    return samples


def _open_metrics(samples: list[Sample]) -> str:
    lines = []
    for metric in (UTIL, POWER, NODE):
        lines.append(f"# TYPE {metric} gauge")
        of_metric = (sample for sample in samples if sample[0] == metric)
        for _, labels, at, value in sorted(of_metric, key=lambda sample: sample[1:3]):
            named = labels.replace('":"', '="').replace('{"', "{").replace(',"', ",")
            lines.append(f"{metric}{named} {value} {at.replace(tzinfo=UTC).timestamp():.0f}")
    return "\n".join([*lines, "# EOF", ""])
