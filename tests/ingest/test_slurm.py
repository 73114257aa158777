"""Slurm's accounting files, typed allocation by allocation."""

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from apportion.errors import DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from ingest.sources.slurm import SlurmSource
from ingest.sources.slurm.jobs import gpus_of
from ingest.sources.slurm.node_lists import nodes_of
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


def records(typed: Read) -> int:
    """Lines of the file; one that ran on several days has a row for each."""
    return typed.rows["object_row"].n_unique()


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


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-10-{text}")


def test_a_job_is_cut_to_the_days_on_which_it_ran(tmp_path: Path) -> None:
    """Twenty-eight hours, of which it was suspended for four."""
    job = changed(Start="2026-10-03T22:00:00", End="2026-10-05T02:00:00", ElapsedRaw="86400")
    typed = read_lines(tmp_path, job)
    assert typed.partitions.to_list() == ["2026-10-03", "2026-10-04", "2026-10-05"]
    assert typed.rows.select("object_row", "started_at", "completed_at").rows() == [
        (1, at("03T22:00"), at("04T00:00")),
        (1, at("04T00:00"), at("05T00:00")),
        (1, at("05T00:00"), at("05T02:00")),
    ]
    assert typed.rows["elapsed_seconds"].to_list() == [6171, 74057, 6172]
    assert typed.rows["submit_at"].n_unique() == 1


def test_a_running_job_is_there_for_as_long_as_it_ran(tmp_path: Path) -> None:
    job = changed(Start="2026-10-03T22:00:00", End="Unknown", ElapsedRaw="9000", State="RUNNING")
    typed = read_lines(tmp_path, job)
    assert typed.rows.select("started_at", "completed_at", "elapsed_seconds").rows() == [
        (at("03T22:00"), at("04T00:00"), 7200),
        (at("04T00:00"), None, 1800),
    ]


def test_a_job_that_ends_at_midnight_ran_on_one_day(tmp_path: Path) -> None:
    job = changed(Start="2026-10-03T22:00:00", End="2026-10-04T00:00:00", ElapsedRaw="7200")
    typed = read_lines(tmp_path, job)
    assert typed.partitions.to_list() == ["2026-10-03"]
    assert typed.rows["completed_at"].to_list() == [at("04T00:00")]


@pytest.mark.parametrize(
    ("short", "written"),
    [
        ("hall-03", "hall-03"),
        ("hall-[01-03,07],login", "hall-01,hall-02,hall-03,hall-07,login"),
        ("r[1-2]n[09-10]", "r1n09,r1n10,r2n09,r2n10"),
        ("None assigned", "None assigned"),
        ("n[1-999999999]", "n[1-999999999]"),
        ("n[a-b]", "n[a-b]"),
        ("n[1-2", "n[1-2"),
    ],
)
def test_node_names_are_written_out(short: str, written: str) -> None:
    assert nodes_of(short) == written


def test_printed_times_are_of_the_configured_zone(tmp_path: Path) -> None:
    typed = read_lines(tmp_path, FIRST, time_zone="Europe/Berlin")
    assert typed.rows.select("started_at", "completed_at").rows() == [
        (at("02T22:00"), at("03T00:00")),
        (at("03T00:00"), at("03T04:00")),
    ]
    assert typed.partitions.to_list() == ["2026-10-02", "2026-10-03"]


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
    assert (records(typed), typed.quarantined.height) == (4285, 0)
    gpu_jobs = typed.rows.filter(typed.rows["gpu_count"] > 0)
    assert gpu_jobs.group_by("object_row").agg(pl.first("gpu_count")).height == 2
    assert gpu_jobs["gpu_count"].unique().to_list() == [2]
    whole = typed.rows.group_by("object_row").agg(
        pl.min("started_at"), pl.max("completed_at"), pl.sum("elapsed_seconds")
    )
    longest = whole.sort("elapsed_seconds", descending=True).row(0, named=True)
    lasted = longest["completed_at"] - longest["started_at"]
    assert longest["elapsed_seconds"] == lasted.total_seconds()
    days = typed.rows["started_at"].dt.strftime("%Y-%m-%d")
    assert (typed.partitions == days).all()


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
    assert (records(typed), typed.quarantined.height) == (count, 0)


@pytest.mark.data
def test_gpus_of_an_allocation_are_counted_as_xdmod_counts_them(sample_data: Path) -> None:
    path = sample_data / "gpu/slurm-sacct-xdmod/unit_alloc-tres-gpu-count.json.gz"
    for tres, count in unpacked(path):
        assert gpus_of(tres)[0] == count, tres


def newer(value: Any) -> Any:
    """A document as Slurm writes it from 23.11 on: numbers as structures, states as lists."""
    for job in value["jobs"]:
        time = job["time"]
        time["submission"] = {"set": True, "infinite": False, "number": time["submission"]}
        time["end"] = {"set": bool(time["end"]), "infinite": False, "number": time["end"]}
        job["state"]["current"] = [job["state"]["current"]]
        task = job["array"]["task_id"]
        job["array"]["task_id"] = {"set": task is not None, "infinite": False, "number": task or 0}
    return value


@pytest.mark.data
@pytest.mark.parametrize("version", [lambda value: value, newer], ids=["22.05", "newer"])
def test_a_document_says_what_the_printed_records_say(
    sample_data: Path, tmp_path: Path, version: Callable[[Any], Any]
) -> None:
    document = version(unpacked(sample_data / "gpu/slurm-sacct-22.05/sacct.json.gz"))
    path = tmp_path / "sacct.json"
    path.write_text(json.dumps(document))
    typed = read(path, time_zone="Europe/Berlin")
    printed = read(sample_data / "gpu/slurm-sacct-22.05/sacct_alloc.psv.gz")
    assert (typed.rows.height, typed.quarantined.height) == (71, 0)
    same = [name for name in printed.rows.columns if name not in ("object_key", "object_row")]
    order = ["job_id_raw", "submit_at", "started_at", "state"]
    assert typed.rows.sort(order)[same].rows() == printed.rows.sort(order)[same].rows()


@pytest.mark.parametrize("text", ["[]", "{", '{"jobs": 1}', '{"jobs": [], "errors": ["lost"]}'])
def test_a_document_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sacct.json"
    path.write_text(text)
    with pytest.raises(DeliveryRefused, match="SLURM_DOCUMENT"):
        read(path)
