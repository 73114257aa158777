"""Every delivery is what its manifest says, and our own sources read it without a complaint."""

import csv
import gzip
import hashlib
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from apportion.sample import PROMPT_CANARY
from apportion.settings import load
from ingest import schemas
from ingest.collect import collect
from ingest.source import Window
from tests.sample.conftest import SMALL, Company

OWN_MANIFESTS = ("gcp", "openai", "anthropic", "prometheus", "slurm")
MONTHS = ("2026-10", "2026-11")


def rows_of(path: Path) -> int:
    if path.suffix == ".parquet":
        return pl.scan_parquet(path).select(pl.len()).collect().item()
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return text.count(b"\n") - 1


@pytest.mark.parametrize("source", OWN_MANIFESTS)
def test_own_manifests_name_every_file_with_hash_and_rows(company: Company, source: str) -> None:
    folder = company.result.exports / source
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [file for delivery in manifest["deliveries"] for file in delivery["files"]]
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {file["key"] for file in files} == found - {"manifest.json"}
    for file in files:
        path = folder / file["key"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        assert rows_of(path) == file["row_count"]


@pytest.mark.parametrize("month", MONTHS)
def test_aws_manifest_names_the_final_execution_only(company: Company, month: str) -> None:
    export = company.result.exports / "aws" / "focus" / "kestrel-focus"
    manifest = json.loads(
        (
            export / "metadata" / f"BILLING_PERIOD={month}" / "kestrel-focus-Manifest.json"
        ).read_text()
    )
    data = export / "data" / f"BILLING_PERIOD={month}"
    executions = sorted(path.name for path in data.iterdir())
    assert len(executions) == 2
    assert executions[-1].endswith(manifest["executionId"])
    named = [file.rpartition("/data/")[2] for file in manifest["dataFiles"]]
    assert {
        f"BILLING_PERIOD={month}/{executions[-1]}/{p.name}"
        for p in (data / executions[-1]).iterdir()
    } == set(named)


@pytest.mark.parametrize("month", MONTHS)
def test_aws_restates_the_month(company: Company, month: str) -> None:
    """The earlier execution has fewer rows, no late lines, and other amounts for the same usage."""
    data = company.result.exports / "aws/focus/kestrel-focus/data" / f"BILLING_PERIOD={month}"
    early, final = ([*_rows(path)] for path in sorted(data.iterdir()))
    assert 0 < len(early) < len(final)
    assert {row["ChargeCategory"] for row in early} == {"Usage", "Purchase"}
    assert {"Tax", "Credit", "Adjustment"} <= {row["ChargeCategory"] for row in final}
    assert not any(row["InvoiceId"] for row in early)
    assert all(row["InvoiceId"] for row in final)
    key = ("ChargePeriodStart", "ResourceId", "SkuMeter", "ChargeDescription")
    before = {tuple(row[k] for k in key): Decimal(row["EffectiveCost"]) for row in early}
    after = {tuple(row[k] for k in key): Decimal(row["EffectiveCost"]) for row in final}
    assert before.keys() <= after.keys()
    assert any(before[k] != after[k] for k in before)


def test_azure_runs_are_complete_and_the_last_covers_most(company: Company) -> None:
    runs = sorted((company.result.exports / "azure").rglob("manifest.json"))
    assert len(runs) == 4
    rows: dict[str, list[int]] = {}
    for path in runs:
        manifest = json.loads(path.read_text())
        blobs = manifest["blobs"]
        assert manifest["blobCount"] == len(blobs) == len([*path.parent.iterdir()]) - 1
        for blob in blobs:
            file = path.parent / blob["blobName"].rpartition("/")[2]
            assert file.stat().st_size == blob["byteCount"]
            assert rows_of(file) == blob["dataRowCount"]
        assert manifest["byteCount"] == sum(blob["byteCount"] for blob in blobs)
        rows.setdefault(manifest["runInfo"]["startDate"], []).append(manifest["dataRowCount"])
    assert all(len(counts) == 2 and counts[0] < counts[1] for counts in rows.values())


def test_every_source_is_read_without_quarantine(company: Company, home: Path) -> None:
    settings = load(company.result.config, home)
    window = Window(SMALL.first_day, date(2026, 11, 2))
    for source in settings.sources:
        result = collect(settings, source.name, window)
        assert result.refused == []
        assert result.quarantined_rows == 0
        assert result.rows > 0, source.name
    _assert_no_prompts(home)


def test_prompts_stand_in_the_log(company: Company) -> None:
    """Else the test that they never reach the lake would prove nothing."""
    file = next((company.result.exports / "litellm").rglob("*.jsonl.gz"))
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    assert all(PROMPT_CANARY in line for line in lines)


MADE_LATER = {"lever_assumptions", "opportunity_decisions"}
"""What the company fills once it has read its first report."""


def test_reference_tables_have_exactly_the_columns_of_the_schema(company: Company) -> None:
    for table, columns in schemas.REFERENCE.items():
        text = (company.directory / "reference" / f"{table}.csv").read_text()
        assert next(csv.reader(io.StringIO(text))) == list(columns)
        assert len(text.splitlines()) > 1 or table in MADE_LATER


def test_amounts_of_parquet_exports_are_decimals(company: Company) -> None:
    file = next((company.result.exports / "gcp").rglob("*.parquet"))
    schema = pl.read_parquet_schema(file)
    assert isinstance(schema["BilledCost"], pl.Decimal)
    assert pl.Float64 not in schema.dtypes()


def _rows(execution: Path) -> list[dict[str, str]]:
    text = "".join(gzip.decompress(p.read_bytes()).decode() for p in sorted(execution.iterdir()))
    return [*csv.DictReader(io.StringIO(text))]


def _assert_no_prompts(home: Path) -> None:
    files = [*(home / "lake").rglob("*.parquet")]
    assert files
    for file in files:
        frame = pl.read_parquet(file)
        texts = frame.select(pl.col(pl.String))
        found = texts.select(
            pl.any_horizontal(pl.all().str.contains(PROMPT_CANARY, literal=True).any())
        )
        assert not (texts.width and found.item()), file
