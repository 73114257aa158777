"""Single stages of the attribution, run over changed inputs: dbt's compiled SQL in a database."""

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.mount import literal

SCHEMAS = ("landing", "staging", "intermediate", "day")
COST = re.compile(r"(reporting_)?(billed|effective|list|contracted)_cost(_quanta|_rate|_residual)?")
MEASURES = ("billed_cost", "effective_cost", "reporting_billed_cost", "reporting_effective_cost")


class Stage(NamedTuple):
    """Models that take the amounts of one table to those of another, charge by charge.

    `key` names a charge in the result.
    """

    given: str
    models: tuple[str, ...]
    key: str = "charge_key"


class Bench:
    """A built warehouse, copied so that the inputs of any stage can be changed."""

    def __init__(self, built: Path, compiled: Path) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(f"attach {literal(built)} as built (read_only)")
        self._sql = {path.stem: path.read_text("utf-8") for path in compiled.rglob("*.sql")}
        self._schema_of: dict[str, str] = {}
        tables = self.connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'built'"
        ).fetchall()
        for schema in SCHEMAS:
            self.connection.execute(f"create schema {schema}")
        for schema, table in tables:
            if schema in SCHEMAS:
                self._schema_of[table] = schema
        self.connection.execute("use built")
        for table, schema in self._schema_of.items():
            self.connection.execute(
                f"create table memory.{schema}.{table} as from built.{schema}.{table}"
            )
        self.connection.execute("use memory")

    def name(self, table: str) -> str:
        """A table's full name."""
        return f"{self._schema_of[table]}.{table}"

    def change(self, table: str, query: str) -> None:
        """Replace a table by a query over it, which calls it `given`."""
        full = self.name(table)
        self.connection.execute(
            f"create or replace table {full} as with given as (from built.{full}) {query}"
        )

    def restore(self, table: str) -> None:
        """Take back every change of a table."""
        self.change(table, "from given")

    def run(self, models: Iterable[str]) -> None:
        """Build models over what the tables hold now."""
        for model in models:
            self.connection.execute(
                f"create or replace table {self.name(model)} as {self._sql[model]}"
            )

    def columns(self, table: str) -> list[str]:
        """The columns of a table."""
        rows = self.connection.execute(f"describe {self.name(table)}").fetchall()
        return [row[0] for row in rows]

    def amounts(self, table: str, key: str) -> dict[tuple[str, str], int]:
        """Every amount of a table in quanta of 10^-18, summed by charge and measure."""
        columns = self.columns(table)
        found: dict[tuple[str, str], int] = {}
        for measure in MEASURES:
            is_quanta = f"{measure}_quanta" in columns
            column = f"{measure}_quanta" if is_quanta else measure
            if column not in columns:
                continue
            rows = self.connection.execute(
                f"select {key}, sum({column}) from {self.name(table)} group by all"
            ).fetchall()
            scale = 0 if is_quanta else 18
            found |= {(charge, measure): int(Decimal(a).scaleb(scale)) for charge, a in rows}
        return found

    def rows(self, table: str, sign: str = "") -> list[tuple[object, ...]]:
        """All rows of a table in an order of their own, their amounts with another sign."""
        amounts = (name for name in self.columns(table) if COST.fullmatch(name))
        changed = ", ".join(f"{sign}{name} as {name}" for name in amounts)
        replaced = f" replace ({changed})" if changed else ""
        return self.connection.execute(
            f"select *{replaced} from {self.name(table)} order by all"
        ).fetchall()
