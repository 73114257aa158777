"""From landed deliveries to an unpublished release, in two dbt runs.

    days      the usage days that have no results yet, over their lake files alone
    release   everything readers see, over the results of all days

Both happen in a new `build.duckdb` (one name, so that dbt parses the project once for both) in
`builds/<run id>/`; a published file is never opened for writing.
"""

import shutil
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from apportion.settings import Settings
from ingest.durable import make_folder, write_json
from ingest.ledger import verify
from warehouse.build_result import BuildResult, ledger_totals
from warehouse.checks import Check, failures, refusal
from warehouse.dbt_run import DbtRun, Progress, dbt_build
from warehouse.descriptions import describe
from warehouse.mount import mount_lake, mount_ledger, mount_run
from warehouse.parsed_project import parsed_project
from warehouse.plan import Day, Plan, make_plan
from warehouse.prune import prune
from warehouse.results import DayResult, ResultStore
from warehouse.session import create_database, open_build


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where one build happens, and with what."""

    settings: Settings
    plan: Plan
    transforms: Path
    run_id: str
    progress: Progress

    @property
    def folder(self) -> Path:
        """The build's own folder."""
        return self.settings.home / "builds" / self.run_id

    @property
    def database(self) -> Path:
        """The file that is being built."""
        return self.folder / "build.duckdb"


def default_transforms() -> Path:
    """The dbt project of this distribution: packaged, or beside the package in a checkout."""
    packaged = Path(str(files("apportion"))) / "_transforms"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "transforms"


def plan(settings: Settings, usage_date: date, *, transforms: Path | None = None) -> Plan:
    """Say what a build would consist of; its fingerprint tells whether it is published already."""
    return make_plan(settings, usage_date, transforms or default_transforms())


def build(
    settings: Settings,
    usage_date: date,
    run_id: str,
    *,
    transforms: Path | None = None,
    progress: Progress,
) -> BuildResult:
    """Build a release in `builds/<run_id>/release.duckdb`.

    Args:
        settings: the configuration.
        usage_date: the newest usage day (UTC) of the release.
        run_id: names the build's folder; an earlier build of that name is replaced.
        transforms: the dbt project; this distribution's own by default.
        progress: told of every step.

    Raises:
        GateRefused: a model could not be built or a test found rows that must not exist.
        DeliveryRefused: a lake file is damaged.
    """
    project = transforms or default_transforms()
    work = Workplace(settings, make_plan(settings, usage_date, project), project, run_id, progress)
    shutil.rmtree(work.folder, ignore_errors=True)
    make_folder(work.folder)
    store = ResultStore(settings.home)
    found = {day: store.find(day) for day in work.plan.days}
    carried = {day: result for day, result in found.items() if result}
    missing = [day for day, result in found.items() if not result]
    computed = _build_days(work, store, missing) if missing else {}
    results = [(carried | computed)[day] for day in work.plan.days]
    run = _build_release(work, store, results)
    with open_build(work.database, settings.warehouse) as connection:
        prune(connection, run.manifest)
        describe(connection, run.manifest)
        totals = ledger_totals(connection)
    built = BuildResult(
        path=work.database.rename(work.folder / "release.duckdb"),
        fingerprint=work.plan.fingerprint,
        days_computed=_names(computed),
        days_carried=_names(carried),
        dbt_results=run.checks + _worst(results),
        lake_files=work.plan.files,
        totals=totals,
    )
    built.save()
    return built


def _names(days: dict[Day, DayResult]) -> tuple[str, ...]:
    return tuple(sorted(day.name for day in days if day.files))


def _build_days(work: Workplace, store: ResultStore, days: list[Day]) -> dict[Day, DayResult]:
    """Compute the days that have no results, and write their results."""
    lake = (*(file for day in days for file in day.files), *work.plan.reference)
    for file in lake:
        verify(file)
    database = work.database
    with create_database(database, work.settings.warehouse) as connection:
        mount_lake(connection, lake)
        mount_run(connection, work.settings, work.plan, has_dates=False)
    run = _run_dbt(work, database, "day")
    with open_build(database, work.settings.warehouse, read_only=True) as connection:
        results = store.write(connection, days, run.checks, work.folder / "results")
    database.unlink()
    return results


def _build_release(work: Workplace, store: ResultStore, results: list[DayResult]) -> DbtRun:
    for file in work.plan.period_files:
        verify(file)
    database = work.database
    with create_database(database, work.settings.warehouse) as connection:
        mount_lake(connection, work.plan.files)
        mount_run(connection, work.settings, work.plan, has_dates=True)
        mount_ledger(connection, work.settings, work.plan)
        store.mount(connection, results)
    return _run_dbt(work, database, "release")


def _run_dbt(work: Workplace, database: Path, tag: str) -> DbtRun:
    """Run dbt, and refuse the build where anything failed."""
    run = dbt_build(
        work.transforms,
        database,
        tag=tag,
        folder=work.settings.home / "runs" / work.run_id / "dbt" / tag,
        parsed=parsed_project(work.transforms, work.plan.code_version, work.settings.warehouse),
        settings=work.settings.warehouse,
        progress=work.progress,
    )
    if failed := failures(run.checks):
        report = work.folder / "gate.json"
        document = {"passed": False, "failed": [check.as_json() for check in failed]}
        write_json(report, document)
        raise refusal("BUILD_FAILED", report, failed, "what readers see is unchanged")
    return run


def _worst(results: list[DayResult]) -> tuple[Check, ...]:
    """One check per rule over all days: a warning on any day is a warning."""
    worst: dict[tuple[str, str], Check] = {}
    for check in sorted((c for r in results for c in r.checks), key=lambda c: c.status):
        worst[check.check_name, check.subject] = check
    return tuple(worst[key] for key in sorted(worst))
