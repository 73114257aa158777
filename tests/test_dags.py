"""The DAG, run for real: every task in Airflow's own runner, on a small simulated company."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apportion.sample import SampleOptions, simulate
from ingest.landing import Landing
from warehouse.releases import current

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[1]
SMALL = SampleOptions(first_day=date(2026, 10, 1), days=2, requests=600, gpus=40)
DAY = {"usage_date": "2026-10-02"}


@dataclass(frozen=True)
class World:
    """A company, its home folder, and an Airflow with a database of its own."""

    folder: Path

    @property
    def company(self) -> Path:
        return self.folder / "company"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def variables(self) -> dict[str, str]:
        return os.environ | {
            "AIRFLOW_HOME": str(self.folder / "airflow"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
            "APPORTION_CONFIG": str(self.company / "apportion.toml"),
            "APPORTION_HOME": str(self.home),
        }

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )

    def run_dag(self, conf: dict[str, str]) -> dict[str, Any]:
        """One DAG run; how it and its tasks ended."""
        finished = self.call("-m", "tests.dag_run", json.dumps(conf))
        assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-4000:]
        ended: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
        return ended

    def alerts(self) -> dict[str, str]:
        """The messages that were left, by task."""
        found = [json.loads(path.read_bytes()) for path in (self.home / "alerts").glob("*.json")]
        return {alert["task_id"]: alert["message"] for alert in found}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A company that has delivered, and an empty Airflow."""
    world = World(tmp_path_factory.mktemp("dags"))
    simulate(world.company, SMALL)
    migrated = world.call("-m", "airflow", "db", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    return world


@dataclass(frozen=True)
class Scheduled:
    """A world whose DAG has run a day."""

    world: World
    ended: dict[str, Any]


@pytest.fixture(scope="module")
def scheduled(prepared: World, tmp_path_factory: pytest.TempPathFactory) -> Scheduled:
    """A company whose second day was built by the DAG."""
    world = World(tmp_path_factory.mktemp("scheduled") / "world")
    shutil.copytree(prepared.folder, world.folder)
    return Scheduled(world, world.run_dag(DAY))


@pytest.fixture
def later(scheduled: Scheduled, prepared: World, tmp_path: Path) -> World:
    """The same company some time later, for a test to change."""
    world = World(tmp_path / "world")
    shutil.copytree(scheduled.world.folder, world.folder, symlinks=True)
    shutil.rmtree(world.folder / "airflow")
    shutil.copytree(prepared.folder / "airflow", world.folder / "airflow")
    return world


def test_the_dag_folder_parses_without_errors_and_stays_light(scheduled: Scheduled) -> None:
    assert scheduled.ended["import_errors"] == {}
    assert scheduled.ended["heavy_modules"] == []


def test_a_day_runs_through_every_step(scheduled: Scheduled) -> None:
    tasks = scheduled.ended["tasks"]
    assert set(tasks.values()) == {"success"}, tasks
    names = {name.partition("[")[0] for name in tasks}
    assert names == {
        *("sources", "ingest", "build", "gate", "publish", "export", "sources_delivered")
    }
    assert sum(name.startswith("ingest[") for name in tasks) == 10
    assert scheduled.ended["state"] == "success"
    release = current(scheduled.world.home)
    assert release
    assert release.usage_date == date(2026, 10, 2)
    assert (scheduled.world.home / "report" / "index.html").is_file()


def test_every_task_is_tried_again_ends_in_time_and_alerts(scheduled: Scheduled) -> None:
    for care in scheduled.ended["care"].values():
        assert care["retries"] == 3
        assert care["has_timeout"]
        assert care["alerts"]


def test_writers_never_overlap(scheduled: Scheduled) -> None:
    care = scheduled.ended["care"]
    writers = {name for name, task in care.items() if task["pool"] == "duckdb_writer"}
    assert writers == {"build", "gate", "publish", "export"}
    assert scheduled.ended["max_active_runs"] == 1


def test_the_command_has_nothing_to_add_to_what_the_scheduler_did(scheduled: Scheduled) -> None:
    arguments = ("--json", "--quiet", "run", "--usage-date", DAY["usage_date"])
    finished = scheduled.world.call("-m", "apportion.cli", *arguments)
    assert finished.returncode == 0, finished.stderr
    said = json.loads(finished.stdout)
    assert said["is_unchanged"]
    assert {row["difference"] for row in said["reconciliation"]} == {"0.000000000000000000"}


@pytest.mark.parametrize(
    "command", ["status", "top", "owners", "reconcile", "releases", "doctor", "report"]
)
def test_commands_answer_in_json(scheduled: Scheduled, command: str) -> None:
    finished = scheduled.world.call("-m", "apportion.cli", "--json", command)
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)


def test_a_run_without_a_day_is_refused_and_alerted(prepared: World, tmp_path: Path) -> None:
    world = World(tmp_path / "world")
    shutil.copytree(prepared.folder, world.folder)
    ended = world.run_dag({})
    assert ended["state"] == "failed"
    assert ended["tasks"]["sources"] == "failed"
    assert set(ended["tasks"].values()) == {"failed", "upstream_failed"}
    assert "NO_USAGE_DATE" in world.alerts()["sources"]
    assert not (world.home / "landing").exists()


@pytest.mark.faults
def test_a_refused_build_publishes_nothing(later: World) -> None:
    before = (later.home / "CURRENT").read_bytes()
    rates = later.company / "reference" / "exchange_rates.csv"
    rates.write_text(rates.read_text().splitlines()[0] + "\n")

    ended = later.run_dag(DAY)
    assert ended["state"] == "failed"
    assert ended["tasks"]["build"] == "failed"
    assert ended["tasks"]["publish"] == "upstream_failed"
    assert "BUILD_FAILED" in later.alerts()["build"]
    assert (later.home / "CURRENT").read_bytes() == before


@pytest.mark.faults
def test_a_source_that_fails_shows_while_the_others_are_published(
    later: World, change_a_team: Callable[[World], None]
) -> None:
    change_a_team(later)
    export = sorted((later.company / "exports" / "litellm").rglob("*.jsonl.gz"))[-1]
    export.write_bytes(gzip.compress(b"no log\n" * 100)[:-9])

    ended = later.run_dag(DAY)
    assert ended["tasks"]["publish"] == "success"
    assert ended["tasks"]["export"] == "success"
    assert ended["tasks"]["sources_delivered"] == "failed"
    assert ended["state"] == "failed"
    assert "INPUT_GZIP" in later.alerts()["sources_delivered"]
    release = current(later.home)
    assert release
    assert release.generation == 2

    configuration = later.company / "apportion.toml"
    text = configuration.read_text()
    kind = 'kind = "litellm"\n'
    assert text.count(kind) == 1
    configuration.write_text(text.replace(kind, kind + 'presence = "required"\n'))
    with Landing(later.home, "slurm").locked():  # as if another run were collecting it
        ended = later.run_dag(DAY)
    ingested = {name: ended["tasks"][f"ingest[{n}]"] for n, name in enumerate(sources(text))}
    assert [name for name, state in ingested.items() if state != "success"] == ["slurm"]
    assert "SOURCE_BUSY" in later.alerts()["ingest"]
    assert ended["tasks"]["build"] == "success"
    assert ended["tasks"]["gate"] == "failed"
    assert "REQUIRED_SOURCE_FAILED" in later.alerts()["gate"]
    assert current(later.home) == release


def sources(configuration: str) -> list[str]:
    """The names of the configured sources, in the order of their mapped tasks."""
    return [source["name"] for source in tomllib.loads(configuration)["sources"]]


@pytest.fixture
def change_a_team() -> Callable[[World], None]:
    """Move a team to another cost centre, so that there is something new to publish."""

    def change(world: World) -> None:
        teams = world.company / "reference" / "teams.csv"
        header, first, *rest = teams.read_text().splitlines()
        columns = header.split(",")
        cells = first.split(",")
        cells[columns.index("cost_center")] = "CC-MOVED"
        teams.write_text("\n".join([header, ",".join(cells), *rest]) + "\n")

    return change
