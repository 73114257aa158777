"""Measurements in anybody's columns, read by a mapping."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.registry import open_source
from ingest.sources.telemetry_csv import TelemetryCsvSource
from tests.ingest.conftest import WINDOW
from tests.ingest.telemetry_files import Read, read_files

FILE = """\
value,at,device,host
71.5,1791000000.25,GPU-1,node-1
nan,1791000030,GPU-1,NULL
"""
OPTIONS = {
    "location": "/",
    "metric": "DCGM_FI_DEV_POWER_USAGE",
    "sample_at": "at",
    "value": "value",
    "epoch_unit": "s",
    "labels": {"UUID": "device", "Hostname": "host"},
}


def read(tmp_path: Path, text: str = FILE, name: str = "power.csv", **options: Any) -> Read:
    path = tmp_path / name
    path.write_text(text)
    source = TelemetryCsvSource.from_options("power", OPTIONS | options, Path("/"))
    return read_files(source, [path])


def test_mapped_columns_become_samples(tmp_path: Path) -> None:
    typed = read(tmp_path, constant_labels={"modelName": "A100"})
    assert typed.rows.rows(named=True) == [
        {
            "object_key": "power.csv",
            "object_row": 1,
            "metric": "DCGM_FI_DEV_POWER_USAGE",
            "labels": '{"Hostname":"node-1","UUID":"GPU-1","modelName":"A100"}',
            "sample_at": datetime.fromisoformat("2026-10-03T04:00:00.250000"),
            "value": 71.5,
        }
    ]
    assert typed.reasons == {"SAMPLE_NOT_FINITE": 1}
    assert json.loads(typed.quarantined["record"][0])["labels"] == (
        '{"UUID":"GPU-1","modelName":"A100"}'
    )


def test_a_metric_of_everything_needs_no_labels(tmp_path: Path) -> None:
    assert read(tmp_path, labels={}).rows["labels"].to_list() == ["{}"]


@pytest.mark.parametrize("row", ["71.5,soon,GPU-1,n", "71.5,,GPU-1,n", "many,1791000000,GPU-1,n"])
def test_a_row_that_cannot_be_read_is_quarantined(tmp_path: Path, row: str) -> None:
    typed = read(tmp_path, f"value,at,device,host\n{row}\n1,1791000000,GPU-1,n\n")
    assert typed.rows["value"].to_list() == [1.0]
    assert typed.quarantined.select("object_row", "reason_code").rows() == [(1, "MISSING_VALUE")]


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    line = json.dumps({"value": 5, "at": 1791000000, "device": "GPU-1"})
    typed = read(tmp_path, f"{line}\n", "power.jsonl")
    assert typed.rows.select("labels", "value").rows() == [('{"UUID":"GPU-1"}', 5.0)]


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match=r"COLUMN_MISSING.*no column gpu"):
        read(tmp_path, labels={"UUID": "gpu"})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"metric": "gpu power"}, "metric"),
        ({"label": {}}, "labels"),
        ({"constant_labels": {"UUID": "x"}}, "at once"),
        ({"timestamp_format": "%Y"}, "not both"),
    ],
)
def test_a_wrong_option_is_named(
    make_settings: Callable[..., Settings], options: dict[str, Any], problem: str
) -> None:
    section = {"name": "power", "kind": "telemetry_csv", **OPTIONS, **options}
    with pytest.raises(ConfigError, match=rf"SOURCE_INVALID.*{problem}"):
        open_source(make_settings(section), "power")


def test_a_file_is_collected_like_any_source(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "power.csv").write_text(FILE)
    section = {"name": "power", "kind": "telemetry_csv", **OPTIONS, "files": ["power.csv"]}
    settings = make_settings({**section, "location": "."})
    result = collect(settings, "power", WINDOW)
    assert (result.rows, result.quarantined_rows) == (1, 1)


@pytest.mark.data
@pytest.mark.parametrize(
    ("key", "metric", "count"),
    [
        ("pod_gpu_duty_cycle_anon.csv.gz", "DCGM_FI_DEV_GPU_UTIL", 136_162),
        ("pod_gpu_memory_used_bytes_anon.csv.gz", "gpu_memory_used_bytes", 139_754),
        ("pod_memory_util_anon.csv.gz", "pod_memory_utilization_ratio", 186_188),
    ],
)
def test_a_public_file_has_its_stated_samples(
    sample_data: Path, key: str, metric: str, count: int
) -> None:
    options = OPTIONS | {"sample_at": "timestamp_anon", "metric": metric}
    options["labels"] = {"pod": "container_ip"}
    source = TelemetryCsvSource.from_options("pods", options, Path("/"))
    typed = read_files(source, [sample_data / "gpu/alibaba-genai-2026" / key])
    assert (typed.rows.height, typed.quarantined.height) == (count, 0)
    assert set(typed.partitions) == {"2022-09-11", "2022-09-12"}


ANON = {"sample_at": "timestamp_anon", "value": "value", "epoch_unit": "s"}
MINUTES = {"sample_at": "time", "value": "running_gpu_num", "epoch_unit": None}
BENCH = {"sample_at": "t", "epoch_unit": "s", "epoch_start": "2026-10-03T00:00:00Z"}
PODS = "inference/alibaba-genai-2026"


@pytest.mark.data
@pytest.mark.parametrize(
    ("key", "options", "count"),
    [
        (f"{PODS}/qps.csv.gz", ANON, 19_314),
        (f"{PODS}/queue_rt_raw_anon.csv.gz", ANON, 18_349),
        (f"{PODS}/queue_size_raw_anon.csv.gz", ANON, 1_244),
        (f"{PODS}/pipeline_inference_data_anon.csv.gz", ANON, 27_001),
        (f"{PODS}/model_predict_data_anon.csv.gz", ANON, 5_059),
        (f"{PODS}/basemodel_update_latency_anon.csv.gz", ANON, 6_119),
        (f"{PODS}/lora_update_latency_anon.csv.gz", ANON, 21_145),
        (f"{PODS}/controlnet_latency_data_anon.csv.gz", ANON, 22_676),
        (f"{PODS}/pipeline_update_latency_anon.csv.gz", ANON, 28_259),
        ("gpu/helios-earth/vc6YE_cluster_sequence_vc.csv.gz", MINUTES, 44_640),
        ("gpu/helios-earth/vcJLV_cluster_sequence_vc.csv.gz", MINUTES, 44_640),
        ("gpu/helios-earth/vcpDC_cluster_sequence_vc.csv.gz", MINUTES, 44_640),
        ("gpu/helios-earth/Earth_gpu_number.csv.gz", {"sample_at": "date", "value": "total"}, 181),
        ("gpu/philly/philly_node_sequence.csv.gz", MINUTES | {"value": "active"}, 105_644),
    ],
)
def test_public_measurements_are_all_there(
    sample_data: Path, key: str, options: dict[str, Any], count: int
) -> None:
    given = {"location": "/", "metric": "measured"}
    given |= {name: value for name, value in options.items() if value is not None}
    source = TelemetryCsvSource.from_options("public", given, Path("/"))
    typed = read_files(source, [sample_data / key])
    assert (typed.rows.height, typed.quarantined.height) == (count, 0)


@pytest.mark.data
@pytest.mark.parametrize(
    ("run", "seconds"),
    [
        ("RTXPRO6000__Llama-3.1-8B", 67),
        ("RTXPRO6000__Qwen3-32B", 160),
        ("RTX4090__Llama-3.1-8B", 184),
    ],
)
def test_an_engine_counts_what_its_requests_used(sample_data: Path, run: str, seconds: int) -> None:
    folder = sample_data / "inference/vllm-bench" / run
    lines = gzip.decompress((folder / "requests.jsonl.gz").read_bytes()).splitlines()
    requests = [json.loads(line) for line in lines]
    for column, count in (("prompt_throughput", "input_toks"), ("gen_throughput", "output_toks")):
        given = {"location": "/", "metric": column, "value": column, **BENCH}
        source = TelemetryCsvSource.from_options("engine", given, Path("/"))
        typed = read_files(source, [folder / "timeseries.csv.gz"])
        assert (typed.rows.height, typed.quarantined.height) == (seconds, 0)
        assert typed.rows["value"].sum() == sum(request[count] for request in requests)
