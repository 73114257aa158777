"""What an explanation is asked of: one release, one measure."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import duckdb

from apportion.errors import ConfigError
from warehouse.read import connect

Row = dict[str, Any]
Measure = Literal["billed_cost", "effective_cost"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The open release and how amounts are shown.

    Attributes:
        connection: read-only, on one release.
        measure: `billed_cost` or `effective_cost`.
        currency: the reporting currency.
        top: how many of the largest parts a line shows.
    """

    connection: duckdb.DuckDBPyConnection
    measure: Measure
    currency: str
    top: int

    @property
    def amount(self) -> str:
        """The measure's column in the reporting currency."""
        return f"reporting_{self.measure}"

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """Ask the release; `{amount}` and `{measure}` in the query name the measure's columns."""
        text = query.replace("{amount}", self.amount).replace("{measure}", self.measure)
        cursor = self.connection.execute(text, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def names(self, query: str) -> list[str]:
        """The first column of a query, as names to suggest."""
        return [str(name) for (name, *_) in self.connection.execute(query).fetchall()]


@contextmanager
def opened(home: Path, measure: Measure | None, top: int) -> Iterator[Scope]:
    """Open the current release for explanations.

    Args:
        home: the home folder.
        measure: the measure to explain; the one that statements charge by default.
        top: how many of the largest parts a line shows.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
    """
    with connect(home) as connection:
        ((charged, currency),) = connection.execute(
            "select statement_measure, reporting_currency from runs"
        ).fetchall()
        yield Scope(connection, measure or charged, currency, top)


def unknown(what: str, name: str, advice: str, names: list[str] | None = None) -> ConfigError:
    """The error for something that the release does not hold, with the nearest name."""
    others = [other for other in names or [] if other != name]
    near = [] if len(others) < len(names or []) else get_close_matches(name, others, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return ConfigError(
        "EXPLAIN_UNKNOWN",
        f"{what} {name}: the published release has no cost of it.{hint} {advice}",
    )
