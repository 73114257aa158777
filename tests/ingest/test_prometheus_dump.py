"""Dumps of a Prometheus server and scrapes of exporters, typed sample by sample."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.errors import ApportionError, ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.sources.prometheus_dump import PrometheusDumpSource
from tests.ingest.conftest import WINDOW
from tests.ingest.telemetry_files import Read, read_files

SCRAPED = "2026-10-03T04:00:00+00:00"
DAY = datetime(2026, 10, 3)  # noqa: DTZ001
LABELS = '{"gpu": "0", "UUID": "GPU-1"}'


def read(path: Path, period: str = "file", **options: Any) -> Read:
    source = PrometheusDumpSource.from_options("gpus", {"location": "/", **options}, Path("/"))
    return read_files(source, [path], period)


def samples(*values: float | None, labels: str = LABELS, at: datetime = DAY) -> pl.DataFrame:
    times = [at + timedelta(seconds=30 * number) for number in range(len(values))]
    return pl.DataFrame(
        {
            "metric": ["DCGM_FI_DEV_POWER_USAGE"] * len(values),
            "labels": [labels] * len(values),
            "sample_at": times,
            "value": values,
        },
        schema_overrides={"value": pl.Float64, "sample_at": pl.Datetime("us")},
    )


def read_frame(tmp_path: Path, frame: pl.DataFrame, period: str = "2026-10-03") -> Read:
    frame.write_parquet(tmp_path / "power.parquet")
    return read(tmp_path / "power.parquet", period)


def test_samples_are_kept_as_they_are_with_canonical_labels(tmp_path: Path) -> None:
    typed = read_frame(tmp_path, samples(71.5, 72.0))
    assert typed.rows.select("object_row", "labels", "value").rows() == [
        (1, '{"UUID":"GPU-1","gpu":"0"}', 71.5),
        (2, '{"UUID":"GPU-1","gpu":"0"}', 72.0),
    ]
    assert typed.partitions.to_list() == ["2026-10-03"] * 2


def test_the_same_labels_in_another_order_are_the_same_series(tmp_path: Path) -> None:
    other = '{"__name__": "x", "UUID": "GPU-1", "empty": "", "gpu": "0"}'
    both = pl.concat([samples(1.0), samples(1.0, labels=other)])
    assert read_frame(tmp_path, both).rows["labels"].n_unique() == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "SAMPLE_NOT_FINITE"),
        (float("inf"), "SAMPLE_NOT_FINITE"),
        (None, "MISSING_VALUE"),
        (float(0x7FFFFFF0), "SAMPLE_BLANK"),
        (float(0x7FFFFFF2), "SAMPLE_BLANK"),
        (140737488355328.0, "SAMPLE_BLANK"),
        (140737488355330.0, "SAMPLE_BLANK"),
        (float(0x7FFFFFFFFFFFFFF0), "SAMPLE_BLANK"),
    ],
)
def test_what_stands_for_no_value_is_quarantined(
    tmp_path: Path, value: float | None, reason: str
) -> None:
    typed = read_frame(tmp_path, samples(1.0, value, 3.0))
    assert typed.rows["value"].to_list() == [1.0, 3.0]
    assert typed.quarantined.select("object_row", "reason_code").rows() == [(2, reason)]
    assert json.loads(typed.quarantined["record"][0])["metric"] == "DCGM_FI_DEV_POWER_USAGE"


@pytest.mark.parametrize("value", [2_147_483_631.0, 2_147_483_648.0, 1.5e14, 9.0e18])
def test_a_large_counter_is_no_blank(tmp_path: Path, value: float) -> None:
    assert read_frame(tmp_path, samples(value)).rows["value"].to_list() == [value]


def test_blank_values_are_those_of_dcgm_alone(tmp_path: Path) -> None:
    frame = samples(140737488355328.0).with_columns(metric=pl.lit("node_network_bytes"))
    assert read_frame(tmp_path, frame).rows.height == 1


@pytest.mark.parametrize("labels", ["{", "[]", '{"gpu": 0}', ""])
def test_labels_that_are_no_object_of_texts_are_quarantined(tmp_path: Path, labels: str) -> None:
    typed = read_frame(tmp_path, samples(1.0, labels=labels))
    assert typed.reasons == {"BAD_LABELS": 1}


def test_a_sample_belongs_to_one_day(tmp_path: Path) -> None:
    edges = [DAY - timedelta(microseconds=1), DAY, DAY + timedelta(days=1)]
    frame = pl.concat(samples(1.0, at=at) for at in edges)
    typed = read_frame(tmp_path, frame)
    assert typed.rows["sample_at"].to_list() == [DAY]
    assert typed.reasons == {"SAMPLE_OUTSIDE_PERIOD": 2}


def test_zoned_times_become_utc(tmp_path: Path) -> None:
    zoned = samples(1.0).with_columns(
        pl.col("sample_at").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Kolkata")
    )
    assert read_frame(tmp_path, zoned).rows["sample_at"].to_list() == [DAY]


@pytest.mark.parametrize(
    "frame",
    [samples(1.0).drop("labels"), samples(1.0).with_columns(pl.col("value").cast(pl.String))],
)
def test_a_file_without_the_four_columns_is_refused(tmp_path: Path, frame: pl.DataFrame) -> None:
    with pytest.raises(DeliveryRefused, match="COLUMN_MISSING"):
        read_frame(tmp_path, frame)


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "power.parquet"
    samples(*map(float, range(5000))).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DeliveryRefused, match="INPUT_PARQUET"):
        read(path)


def test_openmetrics_text_carries_its_own_times(tmp_path: Path) -> None:
    path = tmp_path / "day.om"
    path.write_text(
        "# TYPE DCGM_FI_DEV_GPU_UTIL gauge\n"
        'DCGM_FI_DEV_GPU_UTIL{UUID="GPU-1"} 97 1791000000.5\n'
        'DCGM_FI_DEV_GPU_UTIL{UUID="GPU-1"} NaN 1791000030.5\n'
        "# EOF\n"
    )
    typed = read(path)
    (taken,) = typed.rows["sample_at"]
    assert (taken.isoformat(), typed.rows["value"][0]) == ("2026-10-03T04:00:00.500000", 97.0)
    assert typed.reasons == {"SAMPLE_NOT_FINITE": 1}


def test_text_without_times_needs_the_time_of_the_scrape(tmp_path: Path) -> None:
    path = tmp_path / "now.prom"
    path.write_text('power{uuid="a\\"b"} 5.5\n')
    with pytest.raises(ConfigError, match="SCRAPE_TIME_MISSING"):
        read(path)
    typed = read(path, scrape_time="2026-10-03T06:00:00+02:00")
    assert typed.rows.select("labels", "sample_at").row(0) == (
        '{"uuid":"a\\"b"}',
        datetime(2026, 10, 3, 4),  # noqa: DTZ001
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"power{uuid=} five", "INPUT_SCRAPE"),
        (b"power 1\xff", "INPUT_ENCODING"),
    ],
)
def test_text_that_is_no_scrape_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "now.prom"
    path.write_bytes(content)
    with pytest.raises(DeliveryRefused) as refusal:
        read(path, scrape_time=SCRAPED)
    assert refusal.value.code == code


def test_a_cut_stream_and_a_bomb_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "now.prom.gz"
    path.write_bytes(gzip.compress(b"power 1\n" * 500)[:-9])
    with pytest.raises(DeliveryRefused, match="INPUT_GZIP"):
        read(path, scrape_time=SCRAPED)
    path.write_bytes(gzip.compress(b"\n" * 40_000_000))
    with pytest.raises(DeliveryRefused, match="DECOMPRESSION_LIMIT"):
        read(path, scrape_time=SCRAPED)


H100 = "nvidia-smi-captures/linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01"


@pytest.mark.data
@pytest.mark.parametrize(
    ("key", "count", "bad"),
    [
        ("dcgm-exporter/integrations_core_metrics.txt.gz", 38, 0),
        ("nvidia-smi-captures/linux-x86_64__nvidia-h100-mig__590.48.01__idle.metrics.gz", 122, 0),
        ("nvidia-smi-captures/linux-x86_64__nvidia-h100-mig__590.48.01__load.metrics.gz", 128, 0),
        ("nvidia-smi-captures/linux-x86_64__nvidia-l40s__595.80__load.metrics.gz", 134, 0),
        ("nvidia-smi-captures/linux-x86_64__nvidia-h200__590.48.01__load.metrics.gz", 139, 0),
        ("nvidia-smi-captures/linux-x86_64__nvidia-h200__590.48.01__idle.metrics.gz", 133, 0),
        ("nvidia-smi-captures/linux-x86_64__nvidia-l40s__595.80__idle.metrics.gz", 130, 0),
        (f"{H100}__idle.metrics.gz", 132, 0),
        (f"{H100}__load.metrics.gz", 138, 0),
    ],
)
def test_a_public_scrape_has_its_stated_samples(
    sample_data: Path, key: str, count: int, bad: int
) -> None:
    typed = read(sample_data / "gpu" / key, scrape_time=SCRAPED)
    assert (typed.rows.height, typed.quarantined.height) == (count - bad, bad)
    assert set(typed.partitions) == {"2026-10-03"}


class Dump:
    """A folder with a manifest, and the home it is collected into."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        folder.mkdir()

    def deliver(self, version: str = "1", **days: pl.DataFrame) -> None:
        entries = []
        for day, frame in days.items():
            key = f"{day}-{version}.parquet"
            frame.write_parquet(self.folder / key)
            entries.append({"period": f"2026-10-{day[1:]}", "version": version,
                            "files": [{"key": key, "row_count": frame.height}]})  # fmt: skip
        (self.folder / "manifest.json").write_text(json.dumps({"deliveries": entries}))

    def collect(self) -> dict[str, list[float]]:
        collect(self.settings, "gpus", WINDOW)
        files = Ledger(self.settings.home).current_files()
        return {file.partition: pl.read_parquet(file.path)["value"].to_list() for file in files}


@pytest.fixture
def dump(make_settings: Callable[..., Settings], tmp_path: Path) -> Dump:
    section = {"name": "gpus", "kind": "prometheus_dump", "location": "dump"}
    return Dump(make_settings(section), tmp_path / "dump")


def test_a_later_version_of_a_day_replaces_it_alone(dump: Dump) -> None:
    next_day = DAY + timedelta(days=1)
    dump.deliver(d03=samples(1.0, float("nan")), d04=samples(4.0, at=next_day))
    assert dump.collect() == {"2026-10-03": [1.0], "2026-10-04": [4.0]}
    dump.deliver("2", d03=samples(5.0, float("nan")))
    assert dump.collect() == {"2026-10-03": [5.0], "2026-10-04": [4.0]}


def test_a_day_outside_the_window_is_left_alone(dump: Dump) -> None:
    dump.deliver(d03=samples(1.0))
    text = (dump.folder / "manifest.json").read_text().replace("2026-10-03", "2026-11-03")
    (dump.folder / "manifest.json").write_text(text)
    assert dump.collect() == {}


def test_a_day_with_fewer_samples_than_promised_is_refused(dump: Dump) -> None:
    dump.deliver(d03=samples(1.0, 2.0))
    text = (dump.folder / "manifest.json").read_text().replace('"row_count": 2', '"row_count": 3')
    (dump.folder / "manifest.json").write_text(text)
    (refusal,) = collect(dump.settings, "gpus", WINDOW).refused
    assert refusal.code == "ROW_COUNT"


def test_an_unknown_option_is_named(make_settings: Callable[..., Settings]) -> None:
    section = {"name": "gpus", "kind": "prometheus_dump", "location": "dump", "scrape_tim": SCRAPED}
    with pytest.raises(ApportionError, match="scrape_time"):
        collect(make_settings(section), "gpus", WINDOW)
