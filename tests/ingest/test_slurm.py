"""Slurm's accounting files, typed allocation by allocation."""

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from apportion.errors import DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from ingest.sources.slurm import SlurmSource
from ingest.sources.slurm.jobs import gpus_of
from tests.ingest.telemetry_files import FIXTURES, Read, read_files

DAY = FIXTURES / "slurm" / "sacct-2026-10-03.psv"
WINDOW = Window(date(2026, 10, 1), date(2026, 10, 31))
HEADER, FIRST = DAY.read_text(encoding="utf-8").splitlines()[:2]


def read(path: Path, **options: Any) -> Read:
    source = SlurmSource.from_options("slurm", {"location": "/", **options}, Path("/"))
    return read_files(source, [path])


def read_lines(tmp_path: Path, *lines: str, header: str = HEADER, **options: Any) -> Read:
    path = tmp_path / "sacct.psv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return read(path, **options)


def changed(**values: str) -> str:
    """The first record of the fixture with other values."""
    fields = dict(zip(HEADER.split("|"), FIRST.split("|", HEADER.count("|")), strict=True))
    return "|".join((fields | values).values())


def unpacked(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def test_every_record_of_a_day_is_an_allocation() -> None:
    typed = read(DAY)
    assert typed.quarantined.is_empty()
    columns = ("job_id", "job_id_raw", "state", "gpu_count", "gpu_type", "elapsed_seconds")
    assert typed.rows.select(columns).rows() == [
        ("41", 41, "COMPLETED", 4, "a100", 21600),
        ("42_0", 43, "REQUEUED", 3, "a100,h100", 1800),
        ("42_0", 43, "RUNNING", 1, "a100", 60000),
        ("44", 44, "CANCELLED", 0, None, 600),
        ("45_[0-3%2]", 45, "PENDING", 0, None, 0),
    ]
    assert typed.rows["job_name"].to_list() == [
        "train|llama 3",
        "sweep",
        "sweep",
        "étude",
        "waiting",
    ]


def test_a_job_that_runs_has_no_end_and_one_that_waits_no_start() -> None:
    rows = read(DAY).rows
    assert rows["completed_at"].null_count() == 2
    assert rows["started_at"].null_count() == 1


def test_a_waiting_job_belongs_to_the_day_of_its_submission() -> None:
    assert set(read(DAY).partitions) == {"2026-10-03"}


def test_printed_times_are_of_the_configured_zone(tmp_path: Path) -> None:
    typed = read_lines(tmp_path, FIRST, time_zone="Europe/Berlin")
    assert typed.rows["started_at"][0] == datetime(2026, 10, 2, 22)  # noqa: DTZ001
    assert typed.partitions.to_list() == ["2026-10-02"]


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a time zone"):
        SlurmSource.from_options("slurm", {"location": "/", "time_zone": "Mars"}, Path("/"))


@pytest.mark.parametrize(
    ("values", "code", "column"),
    [
        ({"Start": "2026-13-03T00:00:00"}, "BAD_TIMESTAMP", "started_at"),
        ({"End": "yesterday"}, "BAD_TIMESTAMP", "completed_at"),
        ({"Start": "Unknown", "Submit": "Unknown"}, "BAD_TIMESTAMP", "started_at"),
        ({"End": "2026-10-02T23:59:59"}, "BAD_PERIOD", "completed_at"),
        ({"JobIDRaw": "x"}, "BAD_NUMBER", "job_id_raw"),
        ({"ElapsedRaw": "-5"}, "BAD_NUMBER", "elapsed_seconds"),
        ({"ElapsedRaw": "1.5"}, "BAD_NUMBER", "elapsed_seconds"),
        ({"State": ""}, "MISSING_VALUE", "state"),
    ],
)
def test_a_record_that_cannot_be_trusted_is_quarantined(
    tmp_path: Path, values: dict[str, str], code: str, column: str
) -> None:
    typed = read_lines(tmp_path, FIRST, changed(**values))
    assert typed.rows["object_row"].to_list() == [1]
    bad = typed.quarantined.select("object_row", "reason_code", "column_name").rows()
    assert bad == [(2, code, column)]
    assert typed.quarantined["record"][0] == changed(**values)


def test_a_short_line_is_quarantined(tmp_path: Path) -> None:
    typed = read_lines(tmp_path, FIRST, "46|46|hall|a100")
    assert typed.reasons == {"INPUT_RAGGED": 1}


def test_a_long_line_is_quarantined_where_no_name_can_hold_the_rest(tmp_path: Path) -> None:
    header = "JobID|JobIDRaw|Account|Start|End|State|ElapsedRaw|AllocTRES"
    record = "1|1|ads|2026-10-03T00:00:00|2026-10-03T01:00:00|COMPLETED|3600|gres/gpu=2"
    typed = read_lines(tmp_path, record, record + "|more", header=header)
    assert typed.rows.select("gpu_count", "user_name", "node_list").rows() == [(2, None, None)]
    assert typed.reasons == {"INPUT_RAGGED": 1}


def test_a_record_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    typed = read_lines(tmp_path, FIRST, FIRST)
    assert typed.rows.height == 1
    assert typed.reasons == {"DUPLICATE_RECORD": 1}


@pytest.mark.parametrize(
    ("header", "record", "code"),
    [
        (HEADER.replace("AllocTRES", "TRES"), FIRST, "COLUMN_MISSING"),
        (HEADER.replace("ElapsedRaw", "Timelimit"), FIRST, "COLUMN_MISSING"),
        (HEADER.replace("NodeList", "JobName"), FIRST, "COLUMN_MISSING"),
        (HEADER + "|Comment", FIRST, "SLURM_JOB_NAME"),
        (HEADER, changed(JobID="41.batch"), "SLURM_STEPS"),
    ],
)
def test_a_file_that_would_mislead_is_refused(
    tmp_path: Path, header: str, record: str, code: str
) -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        read_lines(tmp_path, record, header=header)
    assert refusal.value.code == code


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sacct.psv"
    path.write_bytes(DAY.read_text(encoding="utf-8").encode("latin-1"))
    with pytest.raises(DeliveryRefused, match=r"INPUT_ENCODING.*line 5"):
        read(path)


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sacct.psv.gz"
    path.write_bytes(gzip.compress(DAY.read_bytes())[:-9])
    with pytest.raises(DeliveryRefused, match="INPUT_GZIP"):
        read(path)


def test_days_of_a_manifest_are_collected(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    entry = {"period": "2026-10-03", "version": "1", "files": [{"key": "day.psv", "row_count": 5}]}
    later = {"period": "2026-11-01", "version": "1", "files": [{"key": "absent.psv"}]}
    (tmp_path / "manifest.json").write_text(json.dumps({"deliveries": [entry, later]}))
    (tmp_path / "day.psv").write_bytes(DAY.read_bytes())
    settings = make_settings({"name": "slurm", "kind": "slurm", "location": "."})
    result = collect(settings, "slurm", WINDOW)
    assert (result.rows, result.quarantined_rows, result.refused) == (5, 0, [])
    assert [file.partition for file in Ledger(settings.home).current_files()] == ["2026-10-03"]
    assert collect(settings, "slurm", WINDOW).unchanged == 1


@pytest.mark.data
def test_slurm_22_05_has_its_71_allocations(sample_data: Path) -> None:
    typed = read(sample_data / "gpu/slurm-sacct-22.05/sacct_alloc.psv.gz")
    assert (typed.rows.height, typed.quarantined.height) == (71, 0)
    requeued = typed.rows.filter(job_id="29")
    assert requeued["state"].to_list() == ["REQUEUED", "FAILED"]
    assert typed.rows["job_name"][0] == "train|llama 3"
    document = unpacked(sample_data / "gpu/slurm-sacct-22.05/sacct.json.gz")
    expected = sum(
        tres["count"]
        for job in document["jobs"]
        for tres in job["tres"]["allocated"]
        if (tres["type"], tres["name"]) == ("gres", "gpu")
    )
    assert typed.rows["gpu_count"].sum() == expected


@pytest.mark.data
def test_steps_of_jobs_are_refused(sample_data: Path) -> None:
    with pytest.raises(DeliveryRefused, match="SLURM_STEPS"):
        read(sample_data / "gpu/slurm-sacct-22.05/sacct_steps.psv.gz")


@pytest.mark.data
def test_a_real_cluster_without_a_header_has_its_4285_allocations(sample_data: Path) -> None:
    typed = read(sample_data / "gpu/slurm-sacct-xdmod/phillips.log.gz")
    assert (typed.rows.height, typed.quarantined.height) == (4285, 0)
    gpu_jobs = typed.rows.filter(typed.rows["gpu_count"] > 0)
    assert gpu_jobs["gpu_count"].to_list() == [2, 2]
    longest = typed.rows.sort("elapsed_seconds", descending=True).row(0, named=True)
    lasted = longest["completed_at"] - longest["started_at"]
    assert longest["elapsed_seconds"] == lasted.total_seconds()


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "count"),
    [
        ("unit_accounting-logs", 4),
        ("unit_accounting-logs-with-job-arrays", 6),
        ("unit_non-ended-job-state", 2),
        ("unit_unknown-job-state", 2),
        ("unit_utf8-multibyte-chars", 1),
    ],
)
def test_odd_records_are_read(sample_data: Path, file: str, count: int) -> None:
    typed = read(sample_data / f"gpu/slurm-sacct-xdmod/{file}.log.gz")
    assert (typed.rows.height, typed.quarantined.height) == (count, 0)


@pytest.mark.data
def test_gpus_of_an_allocation_are_counted_as_xdmod_counts_them(sample_data: Path) -> None:
    path = sample_data / "gpu/slurm-sacct-xdmod/unit_alloc-tres-gpu-count.json.gz"
    for tres, count in unpacked(path):
        assert gpus_of(tres)[0] == count, tres
