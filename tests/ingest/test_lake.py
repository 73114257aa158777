"""Lake files: merged, sorted, hashed; the same rows always give the same bytes."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest import lake, schemas, totals
from ingest.lake import SORT_KEYS, LakeWriter
from ingest.records import FileRecord
from ingest.source import Batch, ControlTotal

SAMPLES = "prometheus_samples"
CHARGES = "focus_charges"
OCTOBER = datetime.fromisoformat("2026-10-01")


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a lake table; columns that are not given are null, the object is `a`."""
    complete = [
        {"object_key": "a", "object_row": number, **row} for number, row in enumerate(rows, 1)
    ]
    return pl.DataFrame(complete, schema=pl.Schema(schemas.TABLES[table])).drop("object_sha256")


def samples(values: list[float], day: int = 1, **columns: Any) -> Batch:
    rows = [
        {
            "metric": "m",
            "labels": "{}",
            "sample_at": OCTOBER + timedelta(days=day - 1, seconds=number),
            "value": value,
            **columns,
        }
        for number, value in enumerate(values)
    ]
    partition = f"2026-10-{day:02d}"
    return Batch(SAMPLES, frame(SAMPLES, rows), pl.Series([partition] * len(rows), dtype=pl.String))


def write(home: Path, *batches: Batch, source: str = "s", **limits: Any) -> list[FileRecord]:
    with LakeWriter(home, source, "0001-x", {"a": "aa", "b": "bb"}, **limits) as writer:
        for batch in batches:
            writer.add(batch)
        files, _, _ = writer.finish()
    return list(files)


def test_batches_of_one_partition_become_one_sorted_file(home: Path) -> None:
    first, second, other = samples([2, 4]), samples([1, 3]), samples([9], day=2)
    files = write(home, first, other, second)
    assert [(file.partition, file.row_count) for file in files] == [
        ("2026-10-01", 4),
        ("2026-10-02", 1),
    ]
    rows = pl.read_parquet(home / files[0].path)
    assert rows.schema == pl.Schema(schemas.TABLES[SAMPLES])
    assert sorted(rows["value"].to_list()) == [1, 2, 3, 4]
    assert rows.equals(rows.sort("sample_at", "metric", "object_key", "object_row"))
    assert rows["source_name"].unique().to_list() == ["s"]
    assert rows["object_sha256"].unique().to_list() == ["aa"]


def test_a_file_is_named_by_its_bytes_and_read_only(home: Path) -> None:
    (file,) = write(home, samples([1]))
    assert file.path == f"lake/{SAMPLES}/2026-10-01/{file.sha256[:20]}.parquet"
    assert (home / file.path).stat().st_mode & 0o777 == 0o444
    assert list((home / "lake" / ".incoming").iterdir()) == []


def test_the_order_and_cut_of_batches_change_no_byte(home: Path) -> None:
    batch = samples([float(number) for number in range(500)])
    whole = write(home, batch)
    shuffled = batch.rows.sample(fraction=1, shuffle=True, seed=7)
    pieces = [
        Batch(SAMPLES, piece, batch.partitions[: piece.height])
        for piece in shuffled.iter_slices(60)
    ]
    assert write(home, *pieces) == whole


def test_threads_and_spilling_change_no_byte(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several row groups and several spilled parts, on one thread and on four."""
    count = 400_000
    numbers = pl.int_range(count, eager=True)
    rows = (
        frame(SAMPLES, [])
        .clear(count)
        .with_columns(
            object_key=pl.lit("a"),
            object_row=numbers,
            metric=pl.lit("m"),
            labels=(numbers * 7919 % 1000).cast(pl.String),
            sample_at=pl.lit(OCTOBER).dt.cast_time_unit("us"),
            value=(numbers * 104729 % count).cast(pl.Float64),
        )
    )
    day = pl.repeat("2026-10-01", count, dtype=pl.String, eager=True)
    whole = write(home, Batch(SAMPLES, rows, day), threads=1)
    parts = [
        Batch(SAMPLES, part, day[: part.height])
        for part in rows.sample(fraction=1, shuffle=True, seed=1).iter_slices(50_000)
    ]
    monkeypatch.setattr(lake, "SPILL_BYTES", 1 << 20)
    assert write(home, *parts, threads=4, memory_limit="200MB") == whole


def test_many_requests_become_files_of_one_range_of_ids_each(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "inference_requests"
    rows = [{"request_id": f"{n * 7919 % 1000:04}", "started_at": OCTOBER} for n in range(1000)]
    batch = Batch(table, frame(table, rows), pl.Series(["2026-10-01"] * 1000))
    (whole,) = write(home, batch, threads=1)
    monkeypatch.setattr(lake, "MOST_GROUPS", {table: 3})
    monkeypatch.setattr(lake, "ROW_GROUP", {table: 100})
    files = write(home, batch, threads=1)
    assert [file.row_count for file in files] == [200, 300, 200, 300]
    ids = [pl.read_parquet(home / file.path)["request_id"].to_list() for file in files]
    assert [name for listed in ids for name in listed] == [f"{n:04}" for n in range(1000)]
    pieces = [pl.read_parquet(home / file.path) for file in files]
    assert pl.concat(pieces).equals(pl.read_parquet(home / whole.path))
    assert write(home, batch, threads=4) == files


def test_the_content_hash_ignores_the_object_that_rows_came_from(home: Path) -> None:
    (one,) = write(home, samples([1, 2]))
    (other,) = write(home, samples([1, 2], object_key="b", object_row=77))
    assert one.content_hash == other.content_hash
    assert one.sha256 != other.sha256


@pytest.mark.parametrize(
    "change",
    [
        {"value": 1.5},
        {"metric": "n"},
        {"labels": '{"a":"b"}'},
        {"labels": None},
        {"labels": ""},
        {"sample_at": OCTOBER + timedelta(hours=1)},
    ],
)
def test_the_content_hash_tells_any_other_difference(home: Path, change: dict[str, Any]) -> None:
    (one,) = write(home, samples([1.0]))
    (other,) = write(home, samples([1.0], **change))
    assert one.content_hash != other.content_hash


def test_the_content_hash_tells_moved_and_repeated_values(home: Path) -> None:
    hashes = {
        write(home, batch)[0].content_hash
        for batch in (
            samples([1, 2]),
            samples([2, 1]),
            samples([1, 2, 2]),
            samples([1, 2], metric="{}", labels="m"),
            samples([1, 2], metric=None, labels="m{}"),
        )
    }
    assert len(hashes) == 5


def test_the_content_hash_belongs_to_a_source(home: Path) -> None:
    (one,) = write(home, samples([1]), source="one")
    (other,) = write(home, samples([1]), source="other")
    assert one.content_hash != other.content_hash


def test_amounts_keep_every_digit(home: Path) -> None:
    amounts = [Decimal("99999999999999999999.999999999999999999"), Decimal("-1E-18"), None]
    rows = [
        {"charge_key": str(number), "billed_cost": amount} for number, amount in enumerate(amounts)
    ]
    month = pl.Series(["2026-10"] * 3)
    (file,) = write(home, Batch(CHARGES, frame(CHARGES, rows), month))
    assert pl.read_parquet(home / file.path)["billed_cost"].to_list() == amounts


def test_quarantined_rows_become_one_file_of_the_delivery(home: Path) -> None:
    def quarantined(row: int) -> pl.DataFrame:
        record = {"object_key": "a", "object_row": row, "billed_cost": Decimal("0.1")}
        return pl.DataFrame([record], schema=pl.Schema(schemas.QUARANTINE))

    batches = [
        Batch(SAMPLES, frame(SAMPLES, []), pl.Series([], dtype=pl.String), quarantined(row))
        for row in (2, 1)
    ]
    with LakeWriter(home, "s", "0001-x", {"a": "aa"}) as writer:
        for batch in batches:
            writer.add(batch)
        files, file, _ = writer.finish()
    assert files == ()
    assert file is not None
    rows = pl.read_parquet(home / file.path)
    assert rows["object_row"].to_list() == [1, 2]
    assert rows["delivery_id"].unique().to_list() == ["0001-x"]
    assert file.path.startswith("quarantine/s/")


def test_rows_outside_the_schema_are_a_programming_error(home: Path) -> None:
    good = samples([1])
    wrong_type = good.rows.with_columns(pl.col("value").cast(pl.Float32))
    extra = good.rows.with_columns(extra=pl.lit(1))
    missing = good.rows.drop("labels")
    for rows in (wrong_type, extra, missing):
        with pytest.raises(TypeError, match="lake schema"):
            write(home, Batch(SAMPLES, rows, good.partitions))
    unknown = good.rows.with_columns(object_key=pl.lit("z"))
    with pytest.raises(ValueError, match="not in the delivery"):
        write(home, Batch(SAMPLES, unknown, good.partitions))


@pytest.mark.parametrize("partition", ["../x", "2026", "2026-10-1", "2026-10-01/x", None])
def test_a_partition_is_a_day_a_month_or_reference(home: Path, partition: str | None) -> None:
    rows = samples([1]).rows
    with pytest.raises(ValueError, match="is not a partition"):
        write(home, Batch(SAMPLES, rows, pl.Series([partition], dtype=pl.String)))


def test_sort_keys_are_columns_of_their_tables() -> None:
    for table, keys in SORT_KEYS.items():
        assert set(keys) <= set(schemas.TABLES[table])


def test_control_totals_add_up_exactly_beyond_the_default_precision() -> None:
    def total(amount: str, count: int, account: str = "1") -> ControlTotal:
        return ControlTotal(
            "example", account, date(2026, 10, 1), "USD", row_count=count, billed_cost=amount
        )

    merged = totals.merge(
        [
            total("1000000000000000000000.000000000000000001", 1),
            total("5", 1, account="2"),
            total("-0.000000000000000000000000001", 2),
        ]
    )
    assert [(one.billing_account_id, one.row_count, one.billed_cost) for one in merged] == [
        ("1", 3, "1000000000000000000000.000000000000000000999999999"),
        ("2", 1, "5"),
    ]
