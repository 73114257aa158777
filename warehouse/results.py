"""Per-day results: what the day models said, one parquet file per model and usage day.

    lake/results/<model>/<day>/<sha256>.parquet     the rows, sorted, read-only
    lake/days/<day>/<fingerprint>.json              the files of one computed day, written last

A day counts as computed when its index exists and every file in it has the bytes it had when it was
written; anything else is computed again. So the cache mends itself and may be deleted at any time.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from apportion.errors import GateRefused
from ingest.durable import make_folder, settle, sha256_of, sync_folder, write_json
from warehouse.checks import CHECKS, Check
from warehouse.mount import literal, parquet
from warehouse.plan import EMPTY, Day

INEXACT_IN_PARQUET = {"HUGEINT", "UHUGEINT"}


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A model's rows of one day; `path` is relative to the lake."""

    model: str
    path: str
    sha256: str
    row_count: int


@dataclass(frozen=True, slots=True)
class DayResult:
    """The results of a day, and the checks that they passed."""

    files: tuple[ResultFile, ...]
    checks: tuple[Check, ...]


class ResultStore:
    """The computed days of a home folder."""

    def __init__(self, home: Path) -> None:
        self._lake = home / "lake"

    def find(self, day: Day) -> DayResult | None:
        """The results of a day with this fingerprint, if they are there and undamaged."""
        index = self._index(day)
        if not index.is_file():
            return None
        document = json.loads(index.read_bytes())
        files = tuple(ResultFile(**file) for file in document["files"])
        if not all(self._is_whole(file) for file in files):
            return None
        return DayResult(files, CHECKS.validate_python(document["checks"]))

    def write(
        self,
        connection: duckdb.DuckDBPyConnection,
        days: Sequence[Day],
        checks: Sequence[Check],
        spill: Path,
    ) -> dict[Day, DayResult]:
        """Write every model of schema `day` for the days of a build, then their indexes.

        Each model is read once. Rows are sorted by all columns and written by one thread, so equal
        rows give equal bytes.

        Raises:
            GateRefused: `DAY_FOREIGN`, a model has rows of a day that was not asked for.
        """
        connection.execute("set threads = 1")
        names = {day.name for day in days}
        found: dict[str, list[ResultFile]] = defaultdict(list)
        for (model,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'day' order by 1"
        ).fetchall():
            _refuse_inexact(connection, model)
            for day, file in self._write_model(connection, model, spill / model, names):
                found[day].append(file)
        shutil.rmtree(spill, ignore_errors=True)
        foreign = sorted(set(found) - names)
        if foreign:
            raise _foreign_day(foreign, found)
        return {day: self._conclude(day, found[day.name], checks) for day in days}

    def mount(self, connection: duckdb.DuckDBPyConnection, results: Iterable[DayResult]) -> None:
        """Create schema `day` with a view per model over the files of all days."""
        paths: dict[str, list[str]] = defaultdict(list)
        for result in results:
            for file in result.files:
                paths[file.model].append(literal(self._lake / file.path))
        connection.execute("create schema day")
        for model in sorted(paths):
            listed = ", ".join(paths[model])
            connection.execute(f'create view day."{model}" as select * from {parquet(listed)}')  # noqa: S608

    def _index(self, day: Day) -> Path:
        return self._lake / "days" / day.name / f"{day.fingerprint}.json"

    def _is_whole(self, file: ResultFile) -> bool:
        path = self._lake / file.path
        return path.is_file() and sha256_of(path) == file.sha256

    def _write_model(
        self, connection: duckdb.DuckDBPyConnection, model: str, folder: Path, names: set[str]
    ) -> Iterable[tuple[str, ResultFile]]:
        """Write a model's rows by usage day, and its columns alone where `empty` is asked for."""
        folder.mkdir(parents=True)
        if EMPTY in names:
            blank = folder / "empty.parquet"
            connection.execute(
                f'copy (select * from day."{model}" limit 0) to {literal(blank)} '  # noqa: S608
                "(format parquet, compression zstd)"
            )
            yield EMPTY, self._adopt(model, EMPTY, blank, 0)
        written = connection.execute(
            f'copy (select * from day."{model}" order by all) to {literal(folder)} '  # noqa: S608
            "(format parquet, compression zstd, partition_by (usage_date), "
            "write_partition_columns true, overwrite_or_ignore true, return_stats true)"
        ).fetchall()
        for path, count, _, _, _, keys in written:
            day = keys["usage_date"]
            yield day, self._adopt(model, day, Path(path), count)

    def _adopt(self, model: str, day: str, path: Path, row_count: int) -> ResultFile:
        digest = sha256_of(path)
        relative = Path("results") / model / day / f"{digest[:20]}.parquet"
        make_folder((self._lake / relative).parent)
        settle(path, self._lake / relative)
        sync_folder((self._lake / relative).parent)
        return ResultFile(model, relative.as_posix(), digest, row_count)

    def _conclude(
        self, day: Day, files: Sequence[ResultFile], checks: Sequence[Check]
    ) -> DayResult:
        """Write a day's index. Counts and samples belong to the build, not to one of its days."""
        kept = tuple(replace(check, failed_row_count=None, sample=()) for check in checks)
        make_folder(self._index(day).parent)
        write_json(
            self._index(day),
            {
                "files": [asdict(file) for file in files],
                "checks": [check.as_json() for check in kept],
            },
        )
        return DayResult(tuple(files), kept)


def _refuse_inexact(connection: duckdb.DuckDBPyConnection, model: str) -> None:
    """Parquet has no 128-bit integer: DuckDB would write a DOUBLE and lose the last digits."""
    for name, dtype in connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where schema_name = 'day' and table_name = ?",
        [model],
    ).fetchall():
        if dtype in INEXACT_IN_PARQUET:
            raise TypeError(f"day.{model}.{name} is {dtype}; publish it as DECIMAL(38,0)")


def _foreign_day(foreign: Sequence[str], found: dict[str, list[ResultFile]]) -> GateRefused:
    models = sorted({file.model for day in foreign for file in found[day]})
    rows = sum(file.row_count for day in foreign for file in found[day])
    return GateRefused(
        "DAY_FOREIGN",
        f"day.{models[0]}: {rows} rows of {', '.join(models)} are dated {', '.join(foreign[:5])}, "
        "which this build did not compute. They would count twice or get lost; nothing was "
        "published. A day model may only say something about the days of its own input.",
    )
