"""Logs of nvidia-smi, typed as an exporter would have exported them."""

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.errors import ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.sources.nvidia_smi import NvidiaSmiSource
from ingest.sources.prometheus_dump import PrometheusDumpSource
from tests.ingest.conftest import WINDOW
from tests.ingest.telemetry_files import Read, read_files

HEADER = (
    "timestamp, uuid, name, hostname, "
    "utilization.gpu [%], power.draw [W], memory.used [MiB], pstate"
)
FIRST = "2026/10/03 04:00:00.250, GPU-1, NVIDIA H100, node-1, 35 %, 71.15 W, 2 MiB, P0"


def read(tmp_path: Path, *lines: str, ending: str = "\n", **options: Any) -> Read:
    folder = tmp_path / "node-9"
    folder.mkdir(exist_ok=True)
    path = folder / "gpu.csv"
    path.write_text("\n".join(lines) + ending)
    source = NvidiaSmiSource.from_options("gpus", {"location": "/", **options}, Path("/"))
    return read_files(source, [path])


def values(typed: Read) -> dict[str, float]:
    return dict(typed.rows.select("metric", "value").rows())


def test_fields_with_a_unit_become_samples_named_as_exporters_name_them(tmp_path: Path) -> None:
    typed = read(tmp_path, HEADER, FIRST)
    assert values(typed) == {
        "nvidia_smi_utilization_gpu_ratio": 0.35,
        "nvidia_smi_power_draw_watts": 71.15,
        "nvidia_smi_memory_used_bytes": 2_097_152.0,
    }
    assert typed.rows["labels"].unique().to_list() == [
        '{"Hostname":"node-1","modelName":"NVIDIA H100","uuid":"GPU-1"}'
    ]
    assert typed.rows["sample_at"].unique().to_list() == [
        datetime.fromisoformat("2026-10-03T04:00:00.250000")
    ]
    assert (typed.rows["object_row"].unique().to_list(), typed.reasons) == ([1], {})


def test_values_without_their_units_are_those_of_the_header(tmp_path: Path) -> None:
    bare = FIRST.replace(" %", "").replace(" W", "").replace(" MiB", "")
    assert values(read(tmp_path, HEADER, bare)) == values(read(tmp_path, HEADER, FIRST))


def test_what_a_gpu_does_not_tell_is_no_sample(tmp_path: Path) -> None:
    """As utilization in MIG mode, or power on old cards."""
    line = FIRST.replace("35 %", "[N/A]").replace("71.15 W", "[Not Supported]")
    typed = read(tmp_path, HEADER, line)
    assert list(values(typed)) == ["nvidia_smi_memory_used_bytes"]
    assert typed.reasons == {}


def test_a_log_that_was_started_again_repeats_its_header(tmp_path: Path) -> None:
    later = FIRST.replace("04:00:00", "04:00:30")
    typed = read(tmp_path, HEADER, FIRST, HEADER, later)
    assert (typed.rows.height, typed.reasons) == (6, {})
    assert sorted(set(typed.rows["object_row"])) == [1, 3]


@pytest.mark.parametrize(
    "line",
    [
        "Unable to determine the device handle for GPU0000:83:00.0: GPU is lost.",
        FIRST.replace("2026/10/03", "today"),
        FIRST.replace("71.15 W", "many"),
    ],
)
def test_a_line_that_cannot_be_read_is_quarantined(tmp_path: Path, line: str) -> None:
    typed = read(tmp_path, HEADER, line, FIRST)
    assert set(typed.reasons) == {"MISSING_VALUE"}
    assert set(typed.quarantined["object_row"]) == {1}
    assert typed.rows.filter(object_row=2).height == 3


def test_a_number_may_be_cut_where_a_file_ends_without_a_newline(tmp_path: Path) -> None:
    typed = read(tmp_path, HEADER, FIRST, FIRST[:-9], ending="")
    assert set(typed.rows["object_row"]) == {1}
    assert typed.quarantined["object_row"].to_list() == [2]


def test_times_are_those_of_the_configured_zone(tmp_path: Path) -> None:
    typed = read(tmp_path, HEADER, FIRST, time_zone="Europe/Berlin")
    assert typed.rows["sample_at"][0] == datetime.fromisoformat("2026-10-03T02:00:00.250000")


def test_a_log_of_a_job_says_who_held_the_gpus(tmp_path: Path) -> None:
    labels = read(tmp_path, HEADER, FIRST, slurm_job=r"/?g([a-z]+)\.csv$").rows["labels"][0]
    assert '"hpc_job":"pu"' in labels
    assert (
        "hpc_job" not in read(tmp_path, HEADER, FIRST, slurm_job="job-([0-9]+)").rows["labels"][0]
    )


@pytest.mark.parametrize("pattern", ["job-[0-9]+", "(", "(a)(b)"])
def test_a_pattern_without_a_job_is_refused(
    make_settings: Callable[..., Settings], pattern: str
) -> None:
    section = {"name": "gpus", "kind": "nvidia_smi", "location": "logs", "slurm_job": pattern}
    with pytest.raises(ConfigError, match=r"SOURCE_INVALID.*slurm_job"):
        collect(make_settings(section), "gpus", WINDOW)


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        (HEADER.replace("uuid", "serial"), "uuid"),
        (HEADER.replace("timestamp, ", ""), "timestamp"),
        ("timestamp, uuid, hostname, pstate", "utilization"),
    ],
)
def test_a_log_that_does_not_say_what_was_measured_is_refused(
    tmp_path: Path, header: str, missing: str
) -> None:
    with pytest.raises(DeliveryRefused, match=f"COLUMN_MISSING.*{missing}"):
        read(tmp_path, header, FIRST)


def test_the_folder_is_the_node_where_the_log_does_not_say_it(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "logs" / "node-9").mkdir(parents=True)
    lines = [line.replace(", hostname", "").replace(", node-1", "") for line in (HEADER, FIRST)]
    (tmp_path / "logs" / "node-9" / "gpu.csv").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "logs" / "gpu.csv").write_bytes((tmp_path / "logs/node-9/gpu.csv").read_bytes())
    section = {"name": "gpus", "kind": "nvidia_smi", "location": "logs"}
    settings = make_settings(section | {"files": ["node-9/gpu.csv"]})
    assert collect(settings, "gpus", WINDOW).rows == 3
    (file,) = Ledger(settings.home).current_files()
    labels = pl.read_parquet(file.path)["labels"][0]
    assert labels == '{"Hostname":"node-9","modelName":"NVIDIA H100","uuid":"GPU-1"}'
    (refused,) = collect(make_settings(section | {"files": ["gpu.csv"]}), "gpus", WINDOW).refused
    assert "named after the node" in str(refused)


CAPTURES = {
    "nvidia-geforce-rtx-2080-super__595.71.05": 2_099,
    "nvidia-geforce-rtx-2080-super__610.57.04": 2_721,
    "nvidia-geforce-rtx-4080-super__595.71.05": 2_197,
    "nvidia-h100-80gb-hbm3__590.48.01": 2_578,
    "nvidia-h100-mig__590.48.01": 2_777,
    "nvidia-h200__590.48.01": 2_167,
    "nvidia-l40s__595.80": 2_113,
}
SECTION = re.compile(r"^# (idle|load) :: query-gpu .*\n.*\n#+\n((?:.+\n)+)", re.MULTILINE)
OF_A_UNIT = re.compile(r"_(ratio|watts|bytes|clock_hz|seconds)$")


@pytest.mark.data
@pytest.mark.parametrize(("capture", "line_count"), CAPTURES.items())
def test_a_capture_says_what_an_exporter_made_of_it(
    sample_data: Path, tmp_path: Path, capture: str, line_count: int
) -> None:
    folder = sample_data / "gpu" / "nvidia-smi-captures"
    text = gzip.decompress((folder / f"linux-x86_64__{capture}.txt.gz").read_bytes()).decode()
    assert text.count("\n") == line_count
    logged = dict(SECTION.findall(text))
    assert set(logged) == {"idle", "load"}
    for load, log in logged.items():
        typed = read(tmp_path, *log.splitlines())
        assert typed.reasons == {}
        found = values(typed)
        assert found["nvidia_smi_power_draw_watts"] > 0
        assert ("nvidia_smi_utilization_gpu_ratio" in found) == ("mig" not in capture)
        scraped = folder / f"linux-x86_64__{capture}__{load}.metrics.gz"
        if scraped.exists():
            assert found == pytest.approx(dict(exported(scraped)), rel=1e-12)


def exported(path: Path) -> Iterator[tuple[str, float]]:
    """What the exporter made of the fields with a unit."""
    options = {"location": "/", "scrape_time": "2026-10-03T04:00:00Z"}
    for metric, value in values(
        read_files(PrometheusDumpSource.from_options("gpus", options, Path("/")), [path])
    ).items():
        if OF_A_UNIT.search(metric) and "compute_app_" not in metric:
            yield metric, value
