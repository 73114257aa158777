"""LiteLLM's table of spend logs in PostgreSQL, in the form of a store: an object is a day.

    2026-10-03/LiteLLM_SpendLogs.jsonl

Only the columns that hold a kept field are ever asked for, so that prompts and answers do not leave
the database; the column with the prompt is, where it is to be hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from apportion.errors import ApportionError, ConfigError, DeliveryRefused, SourceUnavailable
from apportion.settings import resolve_secret
from ingest.sources.call_logs.redacting import Hashing, write_lines
from ingest.sources.litellm.fields import END_USER, FIELDS, RECORD, redact
from ingest.stores import ObjectInfo, object_changed, object_missing

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

TABLE = "LiteLLM_SpendLogs"
STARTED, ENDED = "startTime", "endTime"
COLUMNS = (
    *dict.fromkeys(name for places in FIELDS.values() for of, name in places if of == RECORD),
    *(name for of, name in END_USER if of == RECORD),
    "metadata",
    "request_tags",
)
PROMPT = "messages"
ROWS = 2_000
CONNECT_SECONDS = 10


class SpendLogStore:
    """The rows of one database; nothing is contacted before the first use."""

    def __init__(
        self,
        dsn: str,
        schema: str,
        secret: Callable[[], Hashing | None],
        timeout_seconds: int,
    ) -> None:
        """Describe a database.

        Args:
            dsn: where the connection string is (`env:NAME`, `file:/path`).
            schema: the schema of the table.
            secret: gives what end users and prompts are hashed with, when it is first needed.
            timeout_seconds: how long one query may take.
        """
        self._dsn = dsn
        self._schema = schema
        self._secret = secret
        self._timeout_seconds = timeout_seconds

    def list(self, prefix: str) -> Iterator[ObjectInfo]:  # noqa: ARG002
        """Nothing: what there is follows from `days`."""
        return iter(())

    def read(self, key: str) -> bytes:
        """Refused: a database holds no manifests."""
        raise object_missing(self.uri(key))

    def uri(self, key: str) -> str:
        """The table, and the day."""
        return f"{self._schema}.{TABLE} {key}"

    def days(self, first: date, last: date) -> Iterator[tuple[date, int, ObjectInfo]]:
        """The days with calls that started on them, how many, and the day as an object."""
        from psycopg import sql

        query = sql.SQL(
            "select cast({started} as date), count(*), max({ended}) from {table}"
            " where {started} >= %s and {started} < %s group by 1 order by 1"
        )
        with self._connected() as connection:
            rows = connection.execute(
                query.format(**self._names()), [first, last + timedelta(days=1)]
            ).fetchall()
        for day, count, ended in rows:
            yield day, count, ObjectInfo(_key(day), None, _fingerprint(count, ended))

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write the kept fields of a day's rows as of one moment; refuse if others were listed."""
        day = date.fromisoformat(info.key.partition("/")[0])
        key = self._secret()
        with self._connected() as connection:
            listed = next(self._listed(connection, day), None)
            if listed != info.fingerprint:
                raise object_changed(self.uri(info.key))
            write_lines(destination, self._rows(connection, day, key is not None), redact, key)

    def _listed(self, connection: psycopg.Connection[Any], day: date) -> Iterator[str]:
        from psycopg import sql

        query = sql.SQL(
            "select count(*), max({ended}) from {table} where {started} >= %s and {started} < %s"
        )
        rows = connection.execute(query.format(**self._names()), [day, day + timedelta(days=1)])
        return (_fingerprint(count, ended) for count, ended in rows)

    def _rows(
        self,
        connection: psycopg.Connection[Any],
        day: date,
        with_prompt: bool,  # noqa: FBT001
    ) -> Iterator[dict[str, Any]]:
        from psycopg import sql
        from psycopg.rows import dict_row

        query = sql.SQL(
            "select {columns} from {table} where {started} >= %s and {started} < %s"
            " order by {started}, request_id"
        )
        columns = self._columns(connection, (*COLUMNS, PROMPT) if with_prompt else COLUMNS)
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        with connection.cursor("spend_logs", row_factory=dict_row) as cursor:
            cursor.itersize = ROWS
            cursor.execute(
                query.format(columns=names, **self._names()), [day, day + timedelta(days=1)]
            )
            for row in cursor:
                yield {name: _plain(value) for name, value in row.items()}

    def _columns(
        self, connection: psycopg.Connection[Any], wanted: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The wanted columns that this version of LiteLLM has."""
        found = connection.execute(
            "select column_name from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            [self._schema, TABLE],
        )
        there = {name for (name,) in found}
        return tuple(name for name in wanted if name in there)

    def _names(self) -> dict[str, Any]:
        from psycopg import sql

        names = {"started": sql.Identifier(STARTED), "ended": sql.Identifier(ENDED)}
        return names | {"table": sql.Identifier(self._schema, TABLE)}

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A read-only transaction that sees one moment."""
        driver = _driver()
        dsn = resolve_secret(self._dsn)
        milliseconds = self._timeout_seconds * 1_000
        try:
            with driver.connect(
                dsn,
                connect_timeout=CONNECT_SECONDS,
                application_name="apportion",
                options=f"-c statement_timeout={milliseconds} -c timezone=UTC",
            ) as connection:
                connection.read_only = True
                connection.isolation_level = driver.IsolationLevel.REPEATABLE_READ
                yield connection
        except driver.Error as error:
            raise self._explained(error, driver) from error

    def _explained(self, error: psycopg.Error, driver: Any) -> ApportionError:
        reason = (str(error).strip().splitlines() or [""])[0]
        denied = (
            driver.errors.InsufficientPrivilege,
            driver.errors.InvalidAuthorizationSpecification,
        )
        if isinstance(error, denied) or "password authentication failed" in reason:
            return ConfigError(
                "ACCESS_DENIED",
                f"{self._schema}.{TABLE}: {reason}. No calls can be fetched. Grant the user "
                f'`usage` on the schema and `select` on "{TABLE}".',
            )
        if isinstance(error, driver.errors.UndefinedTable | driver.errors.UndefinedColumn):
            return ConfigError(
                "TABLE_MISSING",
                f"{self._schema}.{TABLE}: {reason}. No calls can be fetched. Check that the "
                "connection string names LiteLLM's own database, and `schema`.",
            )
        if isinstance(error, driver.OperationalError):
            return SourceUnavailable(
                "DATABASE_UNREACHABLE",
                f"{self._schema}.{TABLE}: {reason}. What landed before stays. Check that the "
                "database runs and that this machine may reach it, and run again.",
            )
        return DeliveryRefused(
            "DATABASE_REFUSED",
            f"{self._schema}.{TABLE}: {reason}. The day is not read. Check the table.",
        )


def _driver() -> Any:
    try:
        import psycopg
    except ImportError:
        raise ConfigError(
            "PACKAGE_MISSING",
            "litellm_database: the PostgreSQL driver is not installed. No calls can be fetched. "
            "Install it: pip install 'apportion[postgres]'.",
        ) from None
    return psycopg


def _key(day: date) -> str:
    return f"{day}/{TABLE}.jsonl"


def _fingerprint(count: int, ended: datetime | None) -> str:
    return hashlib.sha256(f"{count} {ended}".encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Times as the text that JSON would hold."""
    return value.isoformat() if isinstance(value, datetime) else value
