"""SQLAlchemy's DuckDB dialect without transactions, as `duckdb+ro`.

great-expectations reads a result after SQLAlchemy has closed the connection that made it; the
rollback that closing implies discards the result on DuckDB. A read-only session has nothing to roll
back.
"""

from typing import Any

import duckdb_engine
from sqlalchemy.dialects import registry


class ReadOnlyDialect(duckdb_engine.Dialect):
    """DuckDB for readers: a transaction is neither opened nor ended."""

    supports_statement_cache = False

    def do_begin(self, dbapi_connection: Any) -> None:
        """Open nothing."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing was changed."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing was changed; what was read stays readable."""


def register() -> None:
    """Make `duckdb+ro:///path` known to SQLAlchemy."""
    registry.register("duckdb.ro", __name__, ReadOnlyDialect.__name__)
