"""Deliveries as providers lay them out: folders, files, manifests, earlier and final versions."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from apportion.sample import focus
from apportion.sample.calendar import next_month

AWS_EXPORT = "kestrel-focus"
AZURE_EXPORT = "kestrel-focus"
AZURE_SCOPE = "/providers/Microsoft.Billing/billingAccounts/77120934"
AZURE_EXPORT_ID = f"{AZURE_SCOPE}/providers/Microsoft.CostManagement/exports/{AZURE_EXPORT}"
ROWS_PER_FILE = 20_000
AWS_COLUMNS = (*focus.COLUMNS_1_2, "x_Discounts", "x_Operation", "x_ServiceCode")
AZURE_COLUMNS = (*focus.COLUMNS_1_2, "x_ResourceGroupName", "x_SkuMeterCategory")
FULL_INSTANT = "%Y-%m-%dT%H:%M:%S.000Z"
INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Written:
    """Charges of the final deliveries with the object and row that hold each."""

    source: str
    charges: pl.DataFrame


def write_aws(folder: Path, charges: pl.DataFrame) -> Written:
    """AWS Data Exports, create-new: an execution of the running month, then the final one.

    The earlier execution stops in the middle of the month, lacks the lines that come late, and does
    not know the enterprise discount yet.
    """
    placed = []
    for month, rows in by_month(charges):
        cutoff, early = _middle(rows), before_the_middle(rows)
        if early.height:
            _aws_execution(folder, month, _before_discount(early), cutoff)
        closed = rows.with_columns(invoice_id=pl.lit(f"EUINUS26-{month:%y%m}-77120"))
        files, execution = _aws_execution(
            folder,
            month,
            closed,
            datetime.combine(next_month(month), datetime.min.time()) + timedelta(days=6, hours=7),
        )
        _write_aws_manifest(folder, month, execution, files)
        placed.append(locate(closed, [f.relative_to(folder).as_posix() for f in files]))
    return Written("aws", pl.concat(placed))


def _aws_execution(
    folder: Path, month: date, rows: pl.DataFrame, finished: datetime
) -> tuple[list[Path], str]:
    execution = uuid.uuid5(uuid.NAMESPACE_URL, f"aws/{month}/{finished}")
    name = f"{finished:%Y-%m-%dT%H:%M:%S}.{finished.day:03d}Z-{execution}"
    target = folder / AWS_EXPORT / "data" / f"BILLING_PERIOD={month:%Y-%m}" / name
    target.mkdir(parents=True)
    table = focus.table(rows, AWS_COLUMNS, FULL_INSTANT)
    files = []
    for number, part in enumerate(table.iter_slices(ROWS_PER_FILE), start=1):
        path = target / f"{AWS_EXPORT}-{number:05d}.csv.gz"
        path.write_bytes(focus.csv_bytes(part, compressed=True))
        files.append(path)
    return files, str(execution)


def _write_aws_manifest(folder: Path, month: date, execution: str, files: list[Path]) -> None:
    target = folder / AWS_EXPORT / "metadata" / f"BILLING_PERIOD={month:%Y-%m}"
    target.mkdir(parents=True)
    bucket = "s3://kestrel-billing/focus"
    _write_json(
        target / f"{AWS_EXPORT}-Manifest.json",
        {
            "account": "410203941180",
            "executionId": execution,
            "exportName": AWS_EXPORT,
            "tableName": "FOCUS_1_2_AWS",
            "compression": "GZIP",
            "contentType": "text/csv",
            "billingPeriod": {
                "start": f"{month}T00:00:00.000Z",
                "end": f"{next_month(month)}T00:00:00.000Z",
            },
            "columns": [focus.focus_name(c) if c[:2] != "x_" else c for c in AWS_COLUMNS],
            "dataFiles": [f"{bucket}/{f.relative_to(folder).as_posix()}" for f in files],
        },
    )


def write_azure(folder: Path, charges: pl.DataFrame) -> Written:
    """Azure Cost Management: month-to-date runs, one in the middle of the month and the last."""
    placed = []
    for month, rows in by_month(charges):
        cutoff = _middle(rows)
        early = rows.filter(pl.col("charge_period_start") < cutoff)
        if early.height:
            _azure_run(folder, month, early, cutoff + timedelta(hours=9))
        end = datetime.combine(next_month(month), datetime.min.time())
        key = _azure_run(folder, month, rows, end + timedelta(days=4, hours=9))
        placed.append(locate(rows, [key]))
    return Written("azure", pl.concat(placed))


def _azure_run(folder: Path, month: date, rows: pl.DataFrame, submitted: datetime) -> str:
    run = str(uuid.uuid5(uuid.NAMESPACE_URL, f"azure/{month}/{submitted}"))
    last = min(next_month(month) - timedelta(days=1), submitted.date())
    span = f"{month:%Y%m%d}-{next_month(month) - timedelta(days=1):%Y%m%d}"
    key = f"{AZURE_EXPORT}/{span}/{submitted:%Y%m%d%H%M}/{run}"
    target = folder / key
    target.mkdir(parents=True)
    content = focus.csv_bytes(focus.table(rows, AZURE_COLUMNS, INSTANT), compressed=True)
    (target / "part_0_0001.csv.gz").write_bytes(content)
    _write_json(
        target / "manifest.json",
        {
            "manifestVersion": "2024-04-01",
            "byteCount": len(content),
            "blobCount": 1,
            "dataRowCount": rows.height,
            "exportConfig": {
                "exportName": AZURE_EXPORT,
                "resourceId": AZURE_EXPORT_ID,
                "dataVersion": "1.2-preview",
                "apiVersion": "2023-07-01-preview",
                "type": "FocusCost",
                "timeFrame": "MonthToDate",
                "granularity": "Daily",
            },
            "deliveryConfig": {
                "partitionData": True,
                "dataOverwriteBehavior": "CreateNewReport",
                "fileFormat": "Csv",
                "compressionMode": "Gzip",
                "rootFolderPath": "focus",
            },
            "runInfo": {
                "executionType": "Scheduled",
                "submittedTime": f"{submitted:%Y-%m-%dT%H:%M:%S}.1032074Z",
                "runId": run,
                "startDate": f"{month}T00:00:00",
                "endDate": f"{last}T00:00:00",
            },
            "blobs": [
                {
                    "blobName": f"focus/{key}/part_0_0001.csv.gz",
                    "byteCount": len(content),
                    "dataRowCount": rows.height,
                }
            ],
        },
    )
    return f"{key}/part_0_0001.csv.gz"


def write_gcp(folder: Path, charges: pl.DataFrame) -> Written:
    """Parquet files with decimal amounts, listed by `manifest.json`."""
    entries, placed = [], []
    numbers = (*focus.AMOUNTS, *focus.PRICES, *focus.QUANTITIES)
    decimals = [focus.focus_name(name) for name in numbers]
    instants = [focus.focus_name(name) for name in focus.INSTANTS]
    for month, rows in by_month(charges):
        table = focus.table(rows, focus.COLUMNS_1_2, INSTANT).with_columns(
            pl.col(decimals).cast(pl.Decimal(38, 12)),
            pl.col(instants).str.to_datetime(INSTANT, time_unit="us", time_zone="UTC"),
        )
        path = folder / f"{month:%Y-%m}" / "focus-000000000000.parquet"
        path.parent.mkdir(parents=True)
        table.write_parquet(path, compression="zstd")
        entries.append(delivery_entry(folder, f"{month:%Y-%m}", "2", {path: rows.height}))
        placed.append(locate(rows, [path.relative_to(folder).as_posix()]))
    _write_json(folder / "manifest.json", {"deliveries": entries})
    return Written("gcp", pl.concat(placed))


def write_vendor(name: str, folder: Path, charges: pl.DataFrame) -> Written:
    """FOCUS 1.4 as gzipped CSV, listed by `manifest.json`."""
    entries, placed = [], []
    for month, rows in by_month(charges):
        path = folder / f"{month:%Y-%m}" / "cost_and_usage.csv.gz"
        path.parent.mkdir(parents=True)
        table = focus.table(rows, focus.COLUMNS_1_4, INSTANT)
        path.write_bytes(focus.csv_bytes(table, compressed=True))
        entries.append(delivery_entry(folder, f"{month:%Y-%m}", "1", {path: rows.height}))
        placed.append(locate(rows, [path.relative_to(folder).as_posix()]))
    _write_json(folder / "manifest.json", {"deliveries": entries})
    return Written(name, pl.concat(placed))


def write_hall(folder: Path, charges: pl.DataFrame) -> Written:
    """The rate card of the own data hall: FOCUS 1.4 as plain CSV, a file for each month."""
    folder.mkdir(parents=True)
    placed = []
    for month, rows in by_month(charges):
        path = folder / f"rate-card-{month:%Y-%m}.csv"
        table = focus.table(rows, focus.COLUMNS_1_4, INSTANT)
        path.write_bytes(focus.csv_bytes(table, compressed=False))
        placed.append(locate(rows, [path.name]))
    return Written("data-hall", pl.concat(placed))


def delivery_entry(
    folder: Path, period: str, version: str, rows: dict[Path, int]
) -> dict[str, Any]:
    """An entry of our own `manifest.json`: files with their hashes and row counts."""
    return {
        "period": period,
        "version": version,
        "files": [
            {
                "key": path.relative_to(folder).as_posix(),
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "row_count": count,
            }
            for path, count in rows.items()
        ],
    }


def write_manifest(folder: Path, entries: list[dict[str, Any]]) -> None:
    """Our own `manifest.json`."""
    _write_json(folder / "manifest.json", {"deliveries": entries})


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def by_month(charges: pl.DataFrame) -> list[tuple[date, pl.DataFrame]]:
    """The charges of each billing month, in the order in which they are delivered."""
    order = [
        "billing_period_start",
        "charge_period_start",
        "sub_account_id",
        "resource_id",
        "sku_meter",
    ]
    ordered = charges.sort(order, maintain_order=True)
    months = ordered.partition_by("billing_period_start", maintain_order=True)
    return [(rows["billing_period_start"][0].date(), rows) for rows in months]


def _middle(rows: pl.DataFrame) -> datetime:
    """The day after three fifths of the month's days."""
    days = rows.filter(~pl.col("is_late"))["charge_period_start"].dt.truncate("1d").unique().sort()
    middle: datetime = days[len(days) * 3 // 5]
    return middle


def before_the_middle(rows: pl.DataFrame) -> pl.DataFrame:
    """What a delivery of the middle of a month has of its charges."""
    return rows.filter(~pl.col("is_late") & (pl.col("charge_period_start") < _middle(rows)))


def _before_discount(rows: pl.DataFrame) -> pl.DataFrame:
    """Services at list price: the first delivery comes before the enterprise discount."""
    is_service = pl.col("cause").is_in(["team", "shared"])
    return rows.with_columns(
        pl.when(is_service).then("list_cost").otherwise(name).alias(name)
        for name in ("billed_cost", "effective_cost", "contracted_cost")
    )


def locate(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Rows with the object and the 1-based row that hold them."""
    number = pl.int_range(pl.len())
    return rows.with_columns(
        object_key=pl.lit(pl.Series(keys)).gather(number // ROWS_PER_FILE)
        if len(keys) > 1
        else pl.lit(keys[0]),
        object_row=(number % ROWS_PER_FILE if len(keys) > 1 else number) + 1,
    )
