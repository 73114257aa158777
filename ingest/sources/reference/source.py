"""A folder of CSV files, one per reference table, in the file system or a bucket.

The tables are delivered together, as one delivery: a change of any file is a new version of all. A
table whose file is absent is empty; `teams.csv` must be there. What is wrong in a table is for the
company to correct, so it is a `ConfigError` that names every line, and nothing is published.
"""

from collections.abc import Iterator

import polars as pl

from apportion.errors import ConfigError
from ingest import schemas
from ingest.registry import suggestion
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject, Window, version_of
from ingest.sources.reference import consistency
from ingest.sources.reference.parse import Row, TableError, parse
from ingest.sources.stored_source import StoredSource
from ingest.stores import ObjectInfo, StoreOptions

PERIOD = PARTITION = "reference"
MOST_PROBLEMS = 20


class ReferenceOptions(StoreOptions):
    """Options of a source of kind `reference`."""


class ReferenceSource(StoredSource[ReferenceOptions]):
    """The reference tables of one folder."""

    options_model = ReferenceOptions

    def discover(self, window: Window) -> Iterator[Delivery]:  # noqa: ARG002 - of no day
        """The one delivery: every table's file as it is now.

        Raises:
            ConfigError: a CSV file is named after no table, or `teams.csv` is missing.
        """
        listed = (info for info in self.store.list("") if "/" not in info.key)
        objects = tuple(info for info in listed if info.key.endswith(".csv"))
        self._check_names(objects)
        version = version_of(objects)
        yield Delivery(self.name, PERIOD, version, order="", objects=objects)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The rows of each table.

        Raises:
            ConfigError: `REFERENCE_INVALID`, with every line that is wrong.
        """
        tables: dict[str, list[Row]] = {}
        problems: list[str] = []
        for landed_object in landed.objects:
            table = landed_object.key.removesuffix(".csv")
            try:
                tables[table], wrong = parse(table, landed_object.path.read_bytes())
            except TableError as problem:
                wrong = [str(problem)]
            problems += wrong
        problems = problems or list(consistency.problems(tables))
        if problems:
            raise _invalid(problems)
        for landed_object in landed.objects:
            table = landed_object.key.removesuffix(".csv")
            yield _batch(table, tables[table], landed_object)

    def _check_names(self, objects: tuple[ObjectInfo, ...]) -> None:
        names = [f"{table}.csv" for table in schemas.REFERENCE]
        unknown = [info.key for info in objects if info.key not in names]
        if unknown:
            raise _invalid(
                [
                    f"{key}: there is no table of that name{suggestion(key, names)}."
                    for key in unknown
                ]
            )
        if "teams.csv" not in {info.key for info in objects}:
            raise ConfigError(
                "REFERENCE_MISSING",
                f"{self.store.uri('teams.csv')}: there is no such file. Without teams nothing can "
                "be attributed. Write it with the columns "
                f"{', '.join(schemas.REFERENCE['teams'])}.",
            )


def _batch(table: str, rows: list[Row], landed: LandedObject) -> Batch:
    schema = schemas.REFERENCE[table]
    frame = pl.DataFrame([row.values for row in rows], schema=pl.Schema(schema)).with_columns(
        object_key=pl.lit(landed.key),
        object_row=pl.Series([row.number for row in rows], dtype=pl.Int64),
    )
    return Batch(table, frame, pl.repeat(PARTITION, frame.height, dtype=pl.String, eager=True))


def _invalid(problems: list[str]) -> ConfigError:
    shown = problems[:MOST_PROBLEMS]
    if len(problems) > len(shown):
        shown.append(f"... and {len(problems) - len(shown)} more.")
    return ConfigError(
        "REFERENCE_INVALID",
        "\n".join([*shown, "Nothing was published. Correct the file and run again."]),
    )
