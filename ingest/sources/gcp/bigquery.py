"""Billing tables of BigQuery as a store: each partition is an object, fetched by one query.

The tables are only appended to: what Google learns later (credits, corrections) arrives as more
rows, in old partitions too, with a later export time. A partition is listed with its row count and
its newest export time; when either moves, the partition is a new delivery and is read again whole,
up to that export time. What did not move is not read again, and costs nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from apportion.errors import ConfigError, SourceUnavailable
from ingest.source import Delivery, Window
from ingest.sources.gcp.options import BigQueryOptions
from ingest.stores import ObjectInfo, object_changed, object_missing

if TYPE_CHECKING:
    from google.cloud.bigquery import Client
    from google.cloud.bigquery.table import RowIterator

GIGABYTE = 10**9
PAGE_ROWS = 50_000
LISTING = (
    "SELECT CAST({day} AS STRING) AS day, COUNT(*) AS row_count, "
    "FORMAT_TIMESTAMP('%FT%H:%M:%E6SZ', MAX({exported})) AS exported "
    "FROM `{table}` WHERE {day} >= @first GROUP BY day ORDER BY day"
)
ROWS = "SELECT * FROM `{table}` WHERE {day} = @day AND {exported} <= @exported"
"""Names stand in the text, and can be nothing but names: `options` checks their form."""

ZONES_APART = timedelta(days=1)
"""Partitions follow another time zone than usage: that of a day can lie a day before it."""


class BigQueryStore:
    """One table; nothing is contacted before its first use."""

    def __init__(self, options: BigQueryOptions) -> None:
        self._options = options
        self._client: Client | None = None

    def deliveries(self, source: str, window: Window) -> Iterator[Delivery]:
        """The partitions that can hold usage of the window or corrections of it.

        Raises:
            ConfigError: the table is not there, access is denied, or the client is not installed.
            SourceUnavailable: BigQuery did not answer.
        """
        options = self._options
        first = max(
            window.first - ZONES_APART, date.fromisoformat(options.first_partition or "0001-01-01")
        )
        day = f"DATE({options.partition_column})"
        sql = LISTING.format(day=day, exported=options.exported_at, table=options.table)
        rows = self._query(sql, {"first": ("DATE", first.isoformat())})
        for row in rows:
            name, count, exported = row["day"], int(row["row_count"]), row["exported"]
            version = f"{exported}/{count}"
            info = ObjectInfo(f"{name}.parquet", None, version)
            order = f"{exported}/{count:020d}"
            yield Delivery(
                source, f"partition-{name}", version, order, (info,), promised_rows=count
            )

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write the rows of a partition to a parquet file; refuse if they are not those listed."""
        options = self._options
        exported, _, count = info.fingerprint.partition("/")
        rows = self._query(
            ROWS.format(
                day=f"DATE({options.partition_column})",
                exported=options.exported_at,
                table=options.table,
            ),
            {
                "day": ("DATE", info.key.removesuffix(".parquet")),
                "exported": ("TIMESTAMP", exported),
            },
        )
        if rows.total_rows != int(count):
            raise object_changed(self.uri(info.key))
        writer: pq.ParquetWriter | None = None
        with self._explained():
            for batch in rows.to_arrow_iterable():
                writer = writer or pq.ParquetWriter(destination, batch.schema)
                writer.write_batch(batch)
        if writer is None:
            raise object_missing(self.uri(info.key))
        writer.close()

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Nothing: a table has partitions (`deliveries`), no objects that lie there."""
        del prefix
        yield from ()

    def read(self, key: str) -> bytes:
        """A table has no small objects.

        Raises:
            DeliveryRefused: always.
        """
        raise object_missing(self.uri(key))

    def uri(self, key: str) -> str:
        """The address of a partition, for messages."""
        return f"bigquery://{self._options.table}/{key}"

    def _query(self, sql: str, values: dict[str, tuple[str, str]]) -> "RowIterator":
        client = self._open()
        from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

        config = QueryJobConfig(
            query_parameters=[
                ScalarQueryParameter(name, kind, value) for name, (kind, value) in values.items()
            ],
            maximum_bytes_billed=self._options.maximum_gigabytes * GIGABYTE,
            use_query_cache=False,
        )
        with self._explained():
            job = client.query(sql, job_config=config, location=self._options.region)
            return job.result(page_size=PAGE_ROWS)

    def _open(self) -> "Client":
        if self._client is None:
            with self._explained():
                self._client = _client(self._options)
        return self._client

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the client's errors into those that a person, or the collector, can act on."""
        try:
            yield
        except ImportError as error:
            raise ConfigError(
                "EXTRA_MISSING",
                f"{self._options.table}: the client for BigQuery is not installed ({error}). The "
                "source cannot be collected. Install apportion[gcp].",
            ) from error
        except Exception as error:
            explained = _explain(error, self._options)
            if explained is None:
                raise
            raise explained from error


def _client(options: BigQueryOptions) -> "Client":
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.bigquery import Client

    project = options.query_project or options.table.split(".")[0]
    if options.endpoint_url is None:
        return Client(project=project)
    return Client(
        project=project,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=options.endpoint_url),
    )


def _explain(error: Any, options: BigQueryOptions) -> ConfigError | SourceUnavailable | None:
    from google.api_core import exceptions
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
    from requests.exceptions import ConnectionError as Unreachable

    table = options.table
    if isinstance(error, DefaultCredentialsError):
        return ConfigError(
            "CREDENTIALS_MISSING",
            f"{table}: no credentials were found. The source cannot be collected. Run `gcloud auth "
            "application-default login`, run under a service account, or set "
            "GOOGLE_APPLICATION_CREDENTIALS.",
        )
    if isinstance(error, exceptions.Forbidden | exceptions.Unauthorized):
        return ConfigError(
            "ACCESS_DENIED",
            f"{table}: BigQuery denies access ({error.message}). The source cannot be collected. "
            "Grant roles/bigquery.dataViewer on the data set, and roles/bigquery.jobUser on the "
            f"project {options.query_project or table.split('.')[0]}.",
        )
    if isinstance(error, exceptions.NotFound):
        return ConfigError(
            "LOCATION_MISSING",
            f"{table}: there is no such table, or not in this region ({error.message}). The source "
            "cannot be collected. Correct `table` and `region` in the configuration.",
        )
    if isinstance(error, exceptions.ClientError) and not isinstance(
        error, exceptions.TooManyRequests
    ):
        return ConfigError(
            "STORE_REFUSED",
            f"{table}: BigQuery refuses the query ({error.message}). The source cannot be "
            "collected. Check `partition_column`, `export_time_column` and `maximum_gigabytes`.",
        )
    if isinstance(error, exceptions.GoogleAPIError | GoogleAuthError | Unreachable):
        return SourceUnavailable(
            "SOURCE_UNAVAILABLE",
            f"{table}: {type(error).__name__}. BigQuery could not be reached. Trying again may "
            "help.",
        )
    return None
