"""Typed rows become lake files: one or more per table and partition of a delivery, named by hash.

Batches are spilled, then merged and sorted, so that a delivery of any size needs little memory and
the same rows always give the same bytes.

A file's `content_hash` says whether its rows mean the same as those of another delivery: two
64-bit sums of row hashes and the row count, over all columns but those that say which object a row
came from (`object_key`, `object_sha256`, `object_row`). It does not depend on the order of rows.
DuckDB's `hash()` is the same on every machine but may change with a DuckDB release; then every day
counts as changed once, and is computed again with the same results.
"""

import hashlib
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import polars as pl

from ingest import schemas, totals
from ingest.durable import make_folder, settle, sha256_of, sync_folder
from ingest.records import FileRecord
from ingest.source import Batch, ControlTotal

PARTITION = re.compile(r"\d{4}-\d{2}(-\d{2})?|reference")
SPILL_BYTES = 64 << 20
SPILL_FRAMES = 5_000
ROW_GROUP: Mapping[str, int] = defaultdict(lambda: 122_880, inference_requests=61_440)
"""Rows of a row group. A single request is found by reading one, so theirs are small."""
MOST_GROUPS: Mapping[str, int] = {"inference_requests": 32}
"""Row groups of a file, where more make several. Opening a file means reading about all of its row
groups; a single request is looked up in the file whose range of ids it lies in."""
OBJECT_COLUMNS = ("object_key", "object_sha256", "object_row")
SORT_KEYS: Mapping[str, tuple[str, ...]] = {
    "focus_charges": ("charge_period_start", "charge_key"),
    "prometheus_samples": ("sample_at", "metric"),
    "inference_requests": ("request_id", "started_at", "trace_id"),
    "slurm_jobs": ("started_at", "job_id_raw", "submit_at"),
}
"""The order of rows in a file, before `object_key` and `object_row`; a table that is not listed is
sorted by all its columns."""


class LakeWriter:
    """Takes the batches of one delivery and writes its lake files."""

    def __init__(
        self,
        home: Path,
        source_name: str,
        delivery_id: str,
        object_hashes: Mapping[str, str],
        *,
        memory_limit: str = "1GB",
        threads: int = 2,
    ) -> None:
        self._home = home
        self._source_name = source_name
        self._delivery_id = delivery_id
        self._hashes = pl.DataFrame(
            {"object_key": list(object_hashes), "object_sha256": list(object_hashes.values())},
            schema={"object_key": pl.String, "object_sha256": pl.String},
        )
        self._spill = home / "lake" / ".incoming" / source_name
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(self._spill / "duckdb"),
        }
        self._buffers: dict[tuple[str, str], list[pl.DataFrame]] = defaultdict(list)
        self._buffered_bytes = self._buffered_frames = self._part_count = 0
        self._parts: dict[tuple[str, str], list[Path]] = defaultdict(list)
        self._totals: tuple[ControlTotal, ...] = ()
        self.row_count = self.quarantined_row_count = 0

    def __enter__(self) -> Self:
        shutil.rmtree(self._spill, ignore_errors=True)
        self._spill.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        shutil.rmtree(self._spill, ignore_errors=True)

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch."""
        rows = self._complete(batch.rows, schemas.TABLES[batch.table], batch.table)
        self.row_count += rows.height
        for partition, part in _split(rows, batch.partitions):
            self._keep(batch.table, partition, part)
        if batch.quarantined is not None and batch.quarantined.height:
            rows = batch.quarantined.with_columns(delivery_id=pl.lit(self._delivery_id))
            self.quarantined_row_count += rows.height
            self._keep("quarantine", "", self._complete(rows, schemas.QUARANTINE, "quarantine"))
        self._totals = totals.merge((*self._totals, *batch.control_totals))

    def finish(self) -> tuple[tuple[FileRecord, ...], FileRecord | None, tuple[ControlTotal, ...]]:
        """Write the files; returns them, the file of quarantined rows, and the control totals."""
        self._flush()
        with duckdb.connect(config=self._config) as connection:
            files = {key: self._merge(connection, *key) for key in sorted(self._parts)}
        (quarantined,) = files.pop(("quarantine", ""), (None,))
        return tuple(file for cut in files.values() for file in cut), quarantined, self._totals

    def _complete(self, rows: pl.DataFrame, schema: schemas.Columns, table: str) -> pl.DataFrame:
        """Fill in what the collector knows, and hold the columns to the schema."""
        rows = rows.with_columns(source_name=pl.lit(self._source_name))
        if "object_sha256" in schema and "object_sha256" not in rows.columns:
            rows = rows.join(self._hashes, on="object_key", how="left", maintain_order="left")
            if rows["object_sha256"].null_count():
                raise ValueError(f"{table}: a row names an object that is not in the delivery")
        differences = set(rows.schema.items()) ^ set(pl.Schema(schema).items())
        if differences:
            named = sorted(map(str, differences))
            raise TypeError(f"{table}: rows do not have the lake schema: {', '.join(named)}")
        return rows.select(list(schema))

    def _keep(self, table: str, partition: str, rows: pl.DataFrame) -> None:
        self._buffers[table, partition].append(rows)
        self._buffered_bytes += int(rows.estimated_size())
        self._buffered_frames += 1
        if self._buffered_bytes > SPILL_BYTES or self._buffered_frames > SPILL_FRAMES:
            self._flush()

    def _flush(self) -> None:
        for key, frames in self._buffers.items():
            part = self._spill / f"{self._part_count}.parquet"
            pl.concat(frames).write_parquet(part, compression="lz4")
            self._part_count += 1
            self._parts[key].append(part)
        self._buffers.clear()
        self._buffered_bytes = self._buffered_frames = 0

    def _merge(
        self, connection: duckdb.DuckDBPyConnection, table: str, partition: str
    ) -> tuple[FileRecord, ...]:
        """Merge and sort the parts of one partition, and settle the file or files that it makes."""
        schema = schemas.TABLES.get(table, schemas.QUARANTINE)
        merged = self._spill / "merged.parquet"
        parts = connection.read_parquet([str(part) for part in self._parts[table, partition]])
        pieces = _pieces(parts, table)
        parts.order(", ".join(_quoted(_sort_columns(table, schema)))).write_parquet(
            str(merged),
            compression="lz4" if len(pieces) > 1 else "zstd",
            row_group_size=ROW_GROUP[table],
        )
        files = _cut(connection, merged, pieces, table)
        return tuple(self._settle(connection, file, table, partition) for file in files)

    def _settle(
        self, connection: duckdb.DuckDBPyConnection, file: Path, table: str, partition: str
    ) -> FileRecord:
        """Hash a file and put it where it belongs."""
        schema = schemas.TABLES.get(table, schemas.QUARANTINE)
        row_count, content_hash = _measure(connection, file, table, schema)
        digest = sha256_of(file)
        folder = self._folder(table, partition)
        make_folder(folder)
        target = folder / f"{digest[:20]}.parquet"
        settle(file, target)
        sync_folder(folder)
        return FileRecord(
            table=table,
            partition=partition,
            path=target.relative_to(self._home).as_posix(),
            sha256=digest,
            row_count=row_count,
            content_hash=content_hash,
        )

    def _folder(self, table: str, partition: str) -> Path:
        if table == "quarantine":
            return self._home / "quarantine" / self._source_name
        return self._home / "lake" / table / partition


def _cut(
    connection: duckdb.DuckDBPyConnection,
    merged: Path,
    pieces: Sequence[tuple[int, int]],
    table: str,
) -> list[Path]:
    """Cut a sorted file into files of as many row groups each, if it has more than one may have.

    Args:
        connection: any.
        merged: the file; of several pieces, each stands beside it.
        pieces: the ranges of rows that make a file each; at most one for a file that stays whole.
        table: whose rows these are.
    """
    if len(pieces) <= 1:
        return [merged]
    rows = connection.read_parquet(str(merged), file_row_number=True)
    found = []
    for number, (first, end) in enumerate(pieces):
        piece = merged.with_name(f"{merged.stem}-{number}.parquet")
        rows.filter(f"file_row_number >= {first} and file_row_number < {end}").project(
            "* exclude (file_row_number)"
        ).write_parquet(str(piece), compression="zstd", row_group_size=ROW_GROUP[table])
        found.append(piece)
    return found


def ranges(count: int, table: str) -> list[tuple[int, int]]:
    """The first row of each file that so many rows of a table make, and the one after its last."""
    size = ROW_GROUP[table]
    groups = -(-count // size)
    pieces = max(1, -(-groups // MOST_GROUPS[table]))
    return [
        (size * (groups * n // pieces), size * (groups * (n + 1) // pieces)) for n in range(pieces)
    ]


def _pieces(rows: duckdb.DuckDBPyRelation, table: str) -> list[tuple[int, int]]:
    """The ranges of rows that make a file each, if these may make several."""
    if table not in MOST_GROUPS:
        return []
    ((count,),) = rows.count("*").fetchall()
    return ranges(int(count), table)


def _split(rows: pl.DataFrame, partitions: pl.Series) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each partition, in the order of their first row."""
    if not rows.height:
        return []
    names = partitions.unique(maintain_order=True).to_list()
    for name in names:
        if name is None or not PARTITION.fullmatch(name):
            raise ValueError(f"{name!r} is not a partition: a day, a month or `reference`")
    if len(names) == 1:
        return [(names[0], rows)]
    return [(name, rows.filter(partitions == name)) for name in names]


def _sort_columns(table: str, schema: schemas.Columns) -> list[str]:
    columns = SORT_KEYS.get(table) or tuple(schema)
    return list(dict.fromkeys((*columns, "object_key", "object_row")))


def _measure(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, schema: schemas.Columns
) -> tuple[int, str]:
    """The row count and content hash of a file."""
    columns = _quoted([name for name in schema if name not in OBJECT_COLUMNS])
    listed = ", ".join(columns)
    aggregates = f"count(*), sum(hash(1, {listed})), sum(hash(2, {listed}))"
    answer = connection.read_parquet(str(path)).aggregate(aggregates).fetchone()
    if answer is None:
        raise AssertionError("an aggregate without groups has one row")
    return answer[0], hashlib.sha256(repr((table, columns, answer)).encode()).hexdigest()[:32]


def _quoted(names: list[str]) -> list[str]:
    return [f'"{name}"' for name in names]
