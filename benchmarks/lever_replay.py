"""The lever models of the pipeline over worlds whose true savings are known.

dbt's compiled SQL and its Python models run in memory over all worlds of a lever at once; worlds
differ by their name.
"""

import importlib.util
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from benchmarks.lever_worlds.world import World
from warehouse.build import default_transforms
from warehouse.mount import literal

MONDAY = date(2026, 1, 5)
TARGET = "optimization_opportunities"
FUTURE_DAYS = 196 * 7
"""Days that stand for all that may follow: their mean saving is the true one."""
PERSISTENCE = 0.3
"""How much of a day's deviation is left on the next."""


def draw(worlds: int, days: int, seed: int) -> pl.DataFrame:
    """The draws that a world's input and its true saving are made of: see `World`.

    Worlds differ in how much their days vary, in their weekends, and in their means.
    """
    dice = np.random.default_rng(seed)
    noise = dice.uniform(0.05, 0.4, worlds)
    weekend = dice.uniform(0.2, 1, worlds)
    mean_part = dice.uniform(0.3, 0.7, worlds)
    mean_hours = dice.uniform(2, 10, worlds)
    is_weekend = np.arange(days) % 7 >= 5  # noqa: PLR2004
    profile = np.where(is_weekend[:, None], weekend, 1)
    amount, part, hours = (_deviations(dice, days, worlds) for _ in range(3))
    amounts = 100 * profile * np.exp(noise * amount - noise**2 / 2)
    parts = np.clip(mean_part + 0.5 * noise * part, 0.05, 0.95)
    whole_hours = np.clip(np.rint(mean_hours * profile + 2 * hours), 0, 12)
    day, world = (index.ravel() for index in np.indices((days, worlds)))
    return pl.DataFrame(
        {
            "world": world,
            "day": day,
            "amount": np.rint(amounts * 100).astype(np.int64).ravel(),
            "part": np.rint(parts * 1000).astype(np.int64).ravel(),
            "hours": whole_hours.astype(np.int64).ravel(),
        }
    )


def _deviations(dice: np.random.Generator, days: int, worlds: int) -> Any:
    """Standard normal deviations by day and world, each a little like the day before."""
    found = dice.standard_normal((days, worlds))
    for day in range(1, days):
        found[day] = PERSISTENCE * found[day - 1] + (1 - PERSISTENCE**2) ** 0.5 * found[day]
    return found


class Replay:
    """The models in memory, to be run over the worlds of one lever at a time.

    Args:
        database: a warehouse with every model, built over no input.
        target: the folder of dbt's artifacts of that build.
    """

    def __init__(self, database: Path, target: Path) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(f"attach {literal(database)} as built (read_only)")
        self._models = _models(target)
        self._order = list(
            TopologicalSorter({m.name: m.parents for m in self._models.values()}).static_order()
        )
        self._filled: set[str] = set()
        tables = self.connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'built'"
        ).fetchall()
        self._schema = {table: schema for schema, table in tables}
        for schema in {schema for schema, _ in tables} - {"main"}:
            self.connection.execute(f"create schema {schema}")
        self.connection.execute("use built")
        for schema, table in tables:
            self.connection.execute(
                f"create table memory.{schema}.{table} as from built.{schema}.{table}"
            )
        self.connection.execute("use memory")
        self.connection.execute("set search_path = 'main,intermediate'")
        self.connection.execute("set enable_progress_bar = false")

    def known(self, lever: str, world: World, worlds: int, days: int, seed: int) -> pl.DataFrame:
        """Give the pipeline some days of every world.

        Args:
            lever: the lever's name.
            world: its process.
            worlds: how many worlds, at most 10,000.
            days: how many days the pipeline knows.
            seed: of the draws.

        Returns:
            A row per world in which the lever was found to save: `world`, `low`, `expected`,
            `high` and `baseline`, as published, and `replayed`, what those days truly saved.
        """
        self.set_draws(draw(worlds, days, seed), days)
        self.fill(world.tables, TARGET)
        found = self.connection.execute(FOUND, [lever]).pl()
        return found.join(self._saved(world, days, "replayed"), on="world").sort("world")

    def run(self, lever: str, world: World, worlds: int, days: int, seed: int) -> pl.DataFrame:
        """As `known`, with `truth`: what as many of the days that follow save on average."""
        found = self.known(lever, world, worlds, days, seed)
        self.set_draws(draw(worlds, days + FUTURE_DAYS, seed).filter(pl.col("day") >= days), days)
        return found.join(self._saved(world, days, "truth"), on="world")

    def set_draws(self, draws: pl.DataFrame, days: int) -> None:
        """Make `draws` of these, and the window of so many days the known one."""
        self.connection.register("raw_draws", draws.to_arrow())
        self.connection.execute(DRAWS.format(monday=MONDAY))
        self.connection.execute(DRAW_HOURS)
        last = MONDAY + timedelta(days=days - 1)
        self.connection.execute(
            f"update landing.run set usage_date = '{last}', first_usage_date = '{MONDAY}'"
        )

    def fill(self, tables: Mapping[str, str], target: str) -> None:
        """Run every model between the given tables and the target.

        Args:
            tables: queries by model, as in `World.tables`.
            target: the last model.
        """
        for table in self._filled:
            self.connection.execute(f"delete from {self._schema[table]}.{table}")
        days = "select distinct usage_date, 'direct' as cost_class from draws"
        given = {"cost_ledger": days, **tables}
        for table, query in given.items():
            self._insert(table, query)
        for name in self._between(given, target):
            self._insert(name, self._models[name].query(self.connection, self._schema))

    def _insert(self, table: str, query: str) -> None:
        full = f"{self._schema[table]}.{table}"
        columns = {row[0] for row in self.connection.execute(f"describe {full}").fetchall()}
        named = {row[0] for row in self.connection.execute(f"describe {query}").fetchall()}
        always = ", date '1970-01-01' as valid_from" if "valid_from" in columns - named else ""
        self.connection.execute(f"insert into {full} by name select *{always} from ({query})")
        self._filled.add(table)

    def _saved(self, world: World, days: int, name: str) -> pl.DataFrame:
        return self.connection.execute(
            f"select world, avg(cast(saved as double)) * {days} as {name} "
            f"from ({world.saved}) group by world"
        ).pl()

    def _between(self, given: Collection[str], target: str) -> Iterator[str]:
        """Models that depend on what is given and that the target depends on, in order."""
        needed, queue = {target}, [target]
        while queue:
            for parent in self._models[queue.pop()].parents - needed - set(given):
                needed.add(parent)
                queue.append(parent)
        touched = set(given)
        for name in self._order:
            if name not in given and touched & self._models[name].parents:
                touched.add(name)
                if name in needed:
                    yield name


@dataclass(frozen=True, slots=True)
class Model:
    """A model, the models that it reads, and its file: compiled SQL, or Python."""

    name: str
    parents: set[str]
    path: Path

    def query(self, connection: duckdb.DuckDBPyConnection, schemas: dict[str, str]) -> str:
        """The query that makes the model's rows."""
        if self.path.suffix == ".sql":
            return self.path.read_text("utf-8")
        spec = importlib.util.spec_from_file_location(self.name, self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        made = module.model(_Dbt(connection, schemas), connection)
        connection.register(f"made_by_{self.name}", made)
        return f"from made_by_{self.name}"


@dataclass(frozen=True, slots=True)
class _Dbt:
    """What a Python model calls `dbt`."""

    connection: duckdb.DuckDBPyConnection
    schemas: dict[str, str]

    def config(self, **_: object) -> None:
        """Nothing to configure: rows go where the test wants them."""

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        return self.connection.table(f"{self.schemas[name]}.{name}")

    def source(self, schema: str, name: str) -> duckdb.DuckDBPyRelation:
        return self.connection.table(f"{schema}.{name}")


def _models(target: Path) -> dict[str, Model]:
    """The models by name."""
    manifest = json.loads((target / "manifest.json").read_bytes())
    compiled = target / "compiled" / manifest["metadata"]["project_name"]
    return {
        node["name"]: Model(
            node["name"],
            {p.split(".")[-1] for p in node["depends_on"]["nodes"] if p.startswith("model.")},
            (compiled if node["language"] == "sql" else default_transforms())
            / node["original_file_path"],
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


FOUND = """
    select
        cast(regexp_extract(scope, 'w([0-9]{4})', 1) as bigint) as world,
        cast(saving_low as double) as low,
        cast(saving_expected as double) as expected,
        cast(saving_high as double) as high,
        cast(baseline_cost as double) as baseline
    from main.optimization_opportunities
    where lever = $1 and assessment = 'assessed'
"""
DRAWS = """
    create or replace table draws as
    select
        world, day, 'w' || lpad(cast(world as varchar), 4, '0') as name,
        date '{monday}' + cast(day as integer) as usage_date, day % 7 >= 5 as is_weekend,
        cast(amount * 0.01 as decimal(18, 2)) as amount,
        cast(part * 0.001 as decimal(18, 3)) as part, hours
    from raw_draws
"""
DRAW_HOURS = """
    create or replace view draw_hours as
    select draws.*, h, cast(usage_date as timestamp) + to_hours(h) as hour_start
    from draws, (select cast(range as integer) as h from range(24))
"""
