"""The dbt project by itself: its unit tests, and that everything public is described and typed."""

import csv
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from apportion.settings import Organization, Schedule, Settings, SourceSettings
from benchmarks.lever_replay import Replay, draw
from benchmarks.lever_worlds import WORLDS
from tests import plans
from tests.day_build import DATABASE, PROJECT, run_dbt
from warehouse.mount import mount_lake, mount_ledger, mount_run
from warehouse.plan import make_plan
from warehouse.session import create_database

FIGURES = {
    *("depreciation", "energy_share", "tooling_share", "staff", "total_cost", "return_per_dollar"),
}
"""Levers whose row is a figure to watch and no saving."""
with (PROJECT / "seeds" / "lever_definitions.csv").open(encoding="utf-8") as definitions:
    ASSESSED = [
        row["lever"]
        for row in csv.DictReader(definitions)
        if row["is_replayed"] == "1" and row["lever"] not in FIGURES
    ]
ROUNDING = 1e-8
"""Parts of the baseline: levers split costs in billionths."""


@dataclass(frozen=True)
class Built:
    """What dbt said after building every model over empty inputs."""

    results: list[dict[str, Any]]
    manifest: dict[str, Any]
    database: Path
    target: Path

    def models(self) -> list[dict[str, Any]]:
        nodes = self.manifest["nodes"].values()
        return [node for node in nodes if node["resource_type"] == "model"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Every model built over empty inputs in one file, with all tests."""
    folder = tmp_path_factory.mktemp("transforms")
    settings = Settings(
        organization=Organization(name="Example AG"),
        schedule=Schedule(first_usage_date=date(2026, 10, 1)),
        sources=(SourceSettings(name="bill", kind="focus"),),
        home=folder,
    )
    plan = make_plan(settings, date(2026, 10, 31), PROJECT)
    with create_database(folder / DATABASE, settings.warehouse) as connection:
        mount_lake(connection, ())
        mount_run(connection, settings, plan, has_dates=True)
        mount_ledger(connection, settings, plan)
    child = run_dbt(folder, settings)
    target = folder / "target"
    assert (target / "run_results.json").exists(), child.stdout + child.stderr
    results = json.loads((target / "run_results.json").read_bytes())["results"]
    manifest = json.loads((target / "manifest.json").read_bytes())
    return Built(results, manifest, folder / DATABASE, target)


def test_every_unit_test_of_the_arithmetic_passes(built: Built) -> None:
    unit_tests = {
        result["unique_id"]: (result["status"], result["message"])
        for result in built.results
        if result["unique_id"].startswith("unit_test.")
    }
    assert unit_tests.keys() == built.manifest["unit_tests"].keys()
    assert len(unit_tests) >= 9
    assert {name: said for name, said in unit_tests.items() if said[0] != "pass"} == {}


def test_no_input_gives_no_rows_and_no_error(built: Built) -> None:
    failed = {
        r["unique_id"]: r["message"] for r in built.results if r["status"] in {"error", "fail"}
    }
    assert failed == {}


def test_every_model_and_column_is_described(built: Built) -> None:
    bare = [
        f"{model['name']}.{column}"
        for model in built.models()
        for column, about in ({"": model} | model["columns"]).items()
        if not about["description"].strip()
    ]
    assert bare == []


def test_marts_and_day_results_have_enforced_contracts(built: Built) -> None:
    public = [model for model in built.models() if model["schema"] in {"main", "day"}]
    assert len(public) > 15
    assert [model["name"] for model in public if not model["contract"]["enforced"]] == []


def test_money_has_one_type_everywhere(built: Built) -> None:
    wrong = [
        f"{model['name']}.{column['name']} {column['data_type']}"
        for model in built.models()
        for column in model["columns"].values()
        if column["name"].endswith("_cost") and column.get("data_type")
        if column["data_type"].replace(" ", "").lower() != "decimal(38,18)"
    ]
    assert wrong == []


def test_every_metric_can_be_asked_for(built: Built) -> None:
    """dbt reads the semantic models, but asks no database whether their expressions hold."""
    metrics = {name.rsplit(".", 1)[1] for name in built.manifest["metrics"]}
    assert {"effective_cost", "cost_per_request", "gpu_utilization", "idle_share"} <= metrics
    for semantic in built.manifest["semantic_models"].values():
        dimensions = ", ".join(dimension["name"] for dimension in semantic["dimensions"])
        measures = ", ".join(f"{m['agg']}({m['expr'] or m['name']})" for m in semantic["measures"])
        table = semantic["node_relation"]["alias"]
        query = f"select {dimensions}, {measures} from main.{table} group by {dimensions}"
        with duckdb.connect(built.database, read_only=True) as connection:
            assert connection.execute(query).fetchall() == []


@pytest.fixture(scope="module")
def replay(built: Built) -> Replay:
    """The models in memory, to run them over worlds."""
    return Replay(built.database, built.target)


@pytest.mark.parametrize("lever", ASSESSED)
def test_a_lever_finds_what_the_known_days_truly_saved(replay: Replay, lever: str) -> None:
    assert lever in WORLDS, f"add a world of {lever} to benchmarks/lever_worlds: see World"
    found = replay.known(lever, WORLDS[lever], worlds=3, days=14, seed=1)
    assert found.height == found["world"].n_unique() == 3
    for low, expected, high, baseline, truth in found.drop("world").rows():
        assert abs(expected - truth) <= ROUNDING * baseline
        assert low <= expected <= high


@pytest.mark.parametrize("seed", [1, 2])
def test_no_commitment_for_several_skus_saves_more_than_the_recommended_one(
    replay: Replay, seed: int
) -> None:
    replay.set_draws(draw(worlds=2, days=14, seed=seed), 14)
    replay.fill(plans.TABLES, "commitment_plans")
    used = replay.connection.execute(plans.USE).pl().sort("provider", "hour_start", "sku")
    found = replay.connection.execute(
        "select provider, level_name, scenario, commitment_per_hour_cost, saving, "
        "net_present_saving from main.commitment_plans"
    ).fetchall()
    rows = {row[:3]: [float(amount) for amount in row[3:]] for row in found}
    assert len(rows) == 2 * 2 * 6
    for (name,), hours in used.group_by("provider"):
        use = hours["cost"].to_numpy().astype(float).reshape(-1, 3)
        level, saving, present = rows[name, "recommended", "as known"]
        assert saving == pytest.approx(plans.best_saving(use))
        assert saving == pytest.approx(plans.covered(use, level) - len(use) * level)
        per_hour = plans.covered(use, level) / len(use)
        assert present == pytest.approx(plans.present_value(per_hour, level))
        careful = rows[name, "conservative", "use half"]
        assert careful[0] <= level
        assert careful[1] == pytest.approx(
            plans.covered(use, careful[0], scale=0.5) - len(use) * careful[0]
        )


@pytest.mark.parametrize("word", ["now()", "current_date", "current_timestamp", "random("])
def test_no_model_asks_the_clock_or_the_dice(word: str) -> None:
    asking = [path.name for path in PROJECT.rglob("*.sql") if word in path.read_text().lower()]
    assert asking == []


def test_a_model_fits_on_a_page() -> None:
    lengths = {
        path.relative_to(PROJECT).as_posix(): len(path.read_text().splitlines())
        for path in Path(PROJECT / "models").rglob("*.sql")
    }
    assert {name: length for name, length in lengths.items() if length > 160} == {}
