"""Which files make up a delivery, per layout, through the collector."""

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.errors import ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from ingest.registry import open_source
from ingest.source import Window
from tests.conftest import Bucket
from tests.ingest.focus_files import BILLED, CHARGES, as_csv, changed, table

OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))
RESTATED = changed(3, BilledCost="60.04")
MakeSettings = Callable[..., Settings]


class Export:
    """A provider's folder, and the home it is collected into."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder

    def put(self, key: str, content: bytes | dict[str, Any]) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    def collect(self, window: Window = OCTOBER) -> CollectResult:
        return collect(self.settings, "bills", window)

    def refusals(self) -> list[str]:
        return [refusal.code for refusal in self.collect().refused]

    def billed(self) -> Decimal:
        return billed(self.settings)

    def periods(self) -> list[tuple[str, str]]:
        deliveries = Ledger(self.settings.home).current_deliveries()
        return sorted((delivery.period, delivery.version) for delivery in deliveries)


def billed(settings: Settings) -> Decimal:
    """What the current lake files say was billed, equal to the control totals."""
    ledger = Ledger(settings.home)
    files = [file for file in ledger.current_files() if file.table == "focus_charges"]
    stored = sum((pl.read_parquet(file.path)["billed_cost"].sum() for file in files), Decimal(0))
    totals = [t for delivery in ledger.current_deliveries() for t in delivery.control_totals]
    assert stored == sum((Decimal(total.billed_cost) for total in totals), Decimal(0))
    return stored


@pytest.fixture
def make_export(make_settings: MakeSettings, tmp_path: Path) -> Callable[..., Export]:
    def make(**options: Any) -> Export:
        folder = tmp_path / "bills"
        folder.mkdir(exist_ok=True)
        section = {"name": "bills", "kind": "focus", "location": "bills", **options}
        return Export(make_settings(section), folder)

    return make


def aws_keys(execution: str = "", month: str = "2026-10") -> tuple[str, str]:
    folder = f"{execution}/" if execution else ""
    return (
        f"focus/data/BILLING_PERIOD={month}/{folder}focus-00001.csv.gz",
        f"focus/metadata/BILLING_PERIOD={month}/focus-Manifest.json",
    )


def aws_manifest(execution: str, *data_keys: str) -> dict[str, Any]:
    return {
        "executionId": execution,
        "dataFiles": [f"s3://bucket/exports/{key}" for key in data_keys],
        "columns": [],
    }


@pytest.fixture
def aws(make_export: Callable[..., Export]) -> Export:
    return make_export(layout="aws_data_exports", export="focus")


def test_aws_overwrites_its_files_and_the_manifest_names_the_current_ones(aws: Export) -> None:
    data, manifest = aws_keys()
    aws.put(data, gzip.compress(CHARGES, mtime=0))
    aws.put(data.replace("00001", "00002"), gzip.compress(CHARGES, mtime=0))
    aws.put(manifest, aws_manifest("e1", data))
    assert aws.collect().landed == 1
    assert aws.billed() == BILLED
    aws.put(data, gzip.compress(RESTATED, mtime=0))
    aws.put(manifest, aws_manifest("e2", data))
    assert aws.collect().landed == 1
    assert (aws.billed(), aws.periods()) == (BILLED + 5, [("2026-10", "e2")])
    assert aws.collect().unchanged == 1


def test_aws_creates_new_files_and_only_the_newest_execution_counts(aws: Export) -> None:
    first, manifest = aws_keys("2026-10-02T13:14:43.337Z-e1")
    second, _ = aws_keys("2026-10-03T13:14:43.337Z-e2")
    aws.put(first, gzip.compress(CHARGES, mtime=0))
    aws.put(second, gzip.compress(RESTATED, mtime=0))
    aws.put(manifest, aws_manifest("e2", second))
    aws.collect()
    assert aws.billed() == BILLED + 5


def test_aws_manifests_in_execution_folders_are_ordered_by_their_time(aws: Export) -> None:
    for execution, content in (("2026-10-02T01Z-b", CHARGES), ("2026-10-03T01Z-a", RESTATED)):
        data, manifest = aws_keys(execution)
        aws.put(data, gzip.compress(content, mtime=0))
        folder, _, name = manifest.rpartition("/")
        aws.put(f"{folder}/{execution}/{name}", aws_manifest(execution, data))
    aws.collect()
    assert aws.billed() == BILLED + 5


def test_a_missing_file_refuses_the_period_and_the_next_run_heals(aws: Export) -> None:
    data, manifest = aws_keys()
    other = data.replace("00001", "00002")
    aws.put(data, gzip.compress(as_csv(table()[:5])))
    aws.put(manifest, aws_manifest("e1", data, other))
    (refusal,) = aws.collect().refused
    assert refusal.code == "MANIFEST_INCOMPLETE"
    assert "1 of 2 files" in refusal.message
    assert aws.periods() == []
    aws.put(other, gzip.compress(as_csv(table()[5:])))
    assert aws.collect().refused == []
    assert aws.billed() == BILLED


def test_a_bad_period_does_not_stop_the_others(aws: Export) -> None:
    data, manifest = aws_keys()
    aws.put(data, gzip.compress(CHARGES, mtime=0))
    aws.put(manifest, aws_manifest("e1", data))
    aws.put(aws_keys(month="2026-09")[1], b"<html>")
    aws.put(aws_keys(month="2026-08")[1], {"dataFiles": []})
    result = aws.collect(Window(date(2026, 8, 1), date(2026, 10, 31)))
    assert [refusal.code for refusal in result.refused] == ["MANIFEST_INVALID"] * 2
    assert aws.billed() == BILLED


def test_a_restatement_that_cannot_be_read_leaves_the_last_good_one(aws: Export) -> None:
    data, manifest = aws_keys()
    aws.put(data, gzip.compress(CHARGES, mtime=0))
    aws.put(manifest, aws_manifest("e1", data))
    aws.collect()
    for number, (content, code) in enumerate(
        {
            gzip.compress(RESTATED, mtime=0)[:-9]: "INPUT_GZIP",
            gzip.compress(b"<Error>SlowDown</Error>\n"): "NOT_A_DATA_FILE",
            gzip.compress(CHARGES.replace(b"BilledCost", b"Cost")): "SCHEMA_DRIFT",
            gzip.compress(CHARGES.replace(b"2026-10-01T00:00:00Z,U", b"2026-09-01T00:00:00Z,U")): (
                "PERIOD_MISMATCH"
            ),
            gzip.compress(CHARGES.partition(b"\n")[0] + b"\n"): "EMPTY_DELIVERY",
        }.items()
    ):
        aws.put(data, content)
        aws.put(manifest, aws_manifest(f"bad{number}", data))
        assert aws.refusals() == [code]
        assert aws.billed() == BILLED
    aws.put(data, gzip.compress(RESTATED, mtime=0))
    aws.put(manifest, aws_manifest("e9", data))
    assert aws.refusals() == []
    assert aws.billed() == BILLED + 5


@pytest.mark.parametrize("folder", ["BILLING_PERIOD", "billing_period"])
@pytest.mark.server
def test_aws_exports_are_read_from_s3(
    s3_bucket: Bucket, make_settings: MakeSettings, folder: str
) -> None:
    data, manifest = (key.replace("BILLING_PERIOD", folder) for key in aws_keys("e1"))
    s3_bucket.put(f"exports/{data}", gzip.compress(CHARGES, mtime=0))
    s3_bucket.put(f"exports/{data}.bak.csv.gz", gzip.compress(CHARGES, mtime=0))
    content = json.dumps(aws_manifest("e1", data)).encode()
    s3_bucket.put(f"exports/{manifest}", content)
    settings = make_settings(
        {
            "name": "bills",
            "kind": "focus",
            "layout": "aws_data_exports",
            "location": f"s3://{s3_bucket.name}/exports",
            "endpoint_url": s3_bucket.endpoint_url,
            "export": "focus",
        }
    )
    assert collect(settings, "bills", OCTOBER).rows == 12
    assert billed(settings) == BILLED


AZURE = "focus/daily/20261001-20261031/{time}/{run}"


def azure_manifest(
    run: str, submitted: str, content: bytes, row_count: int = 12, **changes: Any
) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "manifestVersion": "2024-04-01",
        "byteCount": len(content),
        "blobCount": 1,
        "dataRowCount": row_count,
        "exportConfig": {
            "exportName": "daily",
            "resourceId": "/billingAccounts/1/exports/daily",
            "type": "FocusCost",
        },
        "runInfo": {
            "submittedTime": submitted,
            "runId": run,
            "startDate": "2026-10-01T00:00:00",
            "endDate": "2026-10-31T00:00:00",
        },
        "blobs": [
            {
                "blobName": f"container/focus/{run}/part_0_0001.csv",
                "byteCount": len(content),
                "dataRowCount": row_count,
            }
        ],
    }
    for path, value in changes.items():
        section, _, key = path.rpartition("__")
        (manifest[section] if section else manifest)[key] = value
    return manifest


@pytest.fixture
def azure(make_export: Callable[..., Export]) -> Export:
    return make_export(layout="azure_exports")


def put_run(
    azure: Export, run: str, submitted: str, content: bytes, row_count: int = 12, **changes: Any
) -> None:
    folder = AZURE.format(time=submitted[:10], run=run)
    azure.put(f"{folder}/part_0_0001.csv", content)
    manifest = azure_manifest(run, submitted, content, row_count, **changes)
    azure.put(f"{folder}/manifest.json", manifest)


def test_azure_runs_replace_the_month_by_the_time_they_were_submitted(azure: Export) -> None:
    put_run(azure, "b", "2026-10-03T18:33:03.1032074Z", CHARGES)
    put_run(azure, "a", "2026-10-04T18:33:03.1032074Z", RESTATED.rstrip(b"\n"))
    assert azure.collect().landed == 1
    assert (azure.billed(), azure.periods()) == (BILLED + 5, [("2026-10", "a")])


def test_an_azure_run_that_covers_fewer_days_does_not_replace_the_month(azure: Export) -> None:
    put_run(azure, "a", "2026-10-03T18:33:03Z", CHARGES)
    put_run(azure, "b", "2026-10-05T18:33:03Z", RESTATED, runInfo__endDate="2026-10-04T00:00:00")
    assert azure.refusals() == ["RESTATED_SHORTER"]
    assert azure.billed() == BILLED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"row_count": 13}, "ROW_COUNT"),
        ({"blobCount": 2}, "MANIFEST_INVALID"),
        ({"runInfo__endDate": "2026-11-04T00:00:00"}, "MANIFEST_INVALID"),
        ({"runInfo__submittedTime": "yesterday"}, "MANIFEST_INVALID"),
        ({"blobs": [{"blobName": "a/part_0_0001.csv", "byteCount": 7}]}, "MANIFEST_INVALID"),
        ({"blobs": [{"blobName": "a/part_0_0002.csv"}]}, "MANIFEST_INCOMPLETE"),
    ],
)
def test_an_azure_run_that_contradicts_itself_is_refused(
    azure: Export, changes: dict[str, Any], code: str
) -> None:
    put_run(azure, "a", "2026-10-03T18:33:03Z", CHARGES, **changes)
    assert azure.refusals() == [code]
    assert azure.periods() == []


def test_unreadable_azure_manifests_leave_the_good_run_of_the_month(azure: Export) -> None:
    put_run(azure, "a", "2026-10-03T18:33:03Z", CHARGES)
    for run in ("b", "c"):
        azure.put(f"{AZURE.format(time='2026-10-04', run=run)}/manifest.json", b"{")
    assert azure.refusals() == ["MANIFEST_INVALID"] * 2
    assert azure.billed() == BILLED


def test_an_azure_run_without_rows_never_replaces_charges(azure: Export) -> None:
    put_run(azure, "a", "2026-10-03T18:33:03Z", CHARGES)
    azure.collect()
    put_run(azure, "b", "2026-10-04T18:33:03Z", b"", 0, blobCount=0, blobs=[])
    assert azure.refusals() == ["EMPTY_RESTATEMENT"]
    assert azure.billed() == BILLED


def test_other_azure_exports_are_left_alone_and_two_focus_exports_need_a_name(
    azure: Export, make_export: Callable[..., Export]
) -> None:
    put_run(azure, "a", "2026-10-03T18:33:03Z", CHARGES)
    put_run(azure, "c", "2026-10-04T18:33:03Z", CHARGES, exportConfig__type="ActualCost")
    azure.collect()
    assert azure.billed() == BILLED
    put_run(azure, "d", "2026-10-04T18:33:04Z", RESTATED, exportConfig__exportName="other")
    with pytest.raises(ConfigError, match="daily, other"):
        azure.collect()
    named = make_export(layout="azure_exports", export="other")
    named.collect()
    assert named.billed() == BILLED + 5


def own_entry(version: str, key: str, content: bytes, /, **fields: Any) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    file = {"key": key, "sha256": digest, "row_count": 12, **fields}
    return {"period": "2026-10", "version": version, "files": [file]}


@pytest.fixture
def own(make_export: Callable[..., Export]) -> Export:
    return make_export(layout="manifest")


def test_our_manifest_names_versions_of_periods(own: Export) -> None:
    own.put("a.csv", CHARGES)
    own.put("b.csv", RESTATED)
    entries = [own_entry("v9", "a.csv", CHARGES), own_entry("v10", "b.csv", RESTATED)]
    own.put("manifest.json", {"deliveries": entries})
    assert own.collect().refused == []
    assert (own.billed(), own.periods()) == (BILLED + 5, [("2026-10", "v10")])


def test_deliveries_outside_the_window_are_left_alone(own: Export) -> None:
    own.put("a.csv", CHARGES)
    own.put("manifest.json", {"deliveries": [own_entry("v1", "a.csv", CHARGES)]})
    assert own.collect(Window(date(2026, 11, 1), date(2026, 11, 2))).landed == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sha256": "0" * 64}, "INPUT_CHECKSUM"),
        ({"row_count": 11}, "ROW_COUNT"),
        ({"key": "b.csv"}, "MANIFEST_INCOMPLETE"),
        ({"key": "../a.csv"}, "MANIFEST_INCOMPLETE"),
    ],
)
def test_what_our_manifest_promises_is_held_against_what_came(
    own: Export, fields: dict[str, Any], code: str
) -> None:
    own.put("a.csv", CHARGES)
    own.put("manifest.json", {"deliveries": [own_entry("v1", "a.csv", CHARGES, **fields)]})
    assert own.refusals() == [code]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"deliveries": [{"period": "2026-10"}]}'])
def test_our_manifest_must_be_readable(own: Export, content: bytes) -> None:
    own.put("manifest.json", content)
    with pytest.raises(DeliveryRefused) as caught:
        own.collect()
    assert caught.value.code == "MANIFEST_INVALID"


def test_configured_files_are_deliveries_of_their_own(make_export: Callable[..., Export]) -> None:
    export = make_export(layout="files", files=["a.csv", "b.csv"])
    export.put("a.csv", CHARGES)
    with pytest.raises(ConfigError) as caught:
        export.collect()
    assert caught.value.code == "FILE_MISSING"
    export.put("b.csv", RESTATED)
    export.put("c.csv", RESTATED)
    export.collect()
    assert export.billed() == BILLED * 2 + 5
    export.put("a.csv", RESTATED)
    export.collect()
    assert export.billed() == BILLED * 2 + 10


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"layout": "aws_data_exports"}, "export"),
        ({"layout": "files"}, "files"),
        ({"layout": "manifest", "files": ["a.csv"]}, "files"),
        ({"layout": "manifest", "focus_versions": "1.2"}, "focus_version"),
        ({"layout": "s3"}, "layout"),
    ],
)
def test_wrong_options_are_explained(
    make_settings: MakeSettings, options: dict[str, Any], hint: str
) -> None:
    settings = make_settings({"name": "bills", "kind": "focus", "location": "bills", **options})
    with pytest.raises(ConfigError, match=hint):
        open_source(settings, "bills")
