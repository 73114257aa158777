"""Every model that a mart needs, compiled, and built over no input."""

import subprocess
from pathlib import Path

from apportion.settings import Organization, Schedule, Settings, SourceSettings
from benchmarks.lever_replay import MONDAY, TARGET, Replay
from warehouse.build import default_transforms
from warehouse.child import environment
from warehouse.dbt_run import DBT
from warehouse.mount import mount_lake, mount_ledger, mount_run
from warehouse.plan import make_plan
from warehouse.session import create_database


def build_empty(folder: Path, *marts: str) -> Replay:
    """Build the models, and take them into memory.

    Args:
        folder: an empty folder.
        marts: what is asked for; opportunities where none is named.
    """
    settings = Settings(
        organization=Organization(name="Example AG"),
        schedule=Schedule(first_usage_date=MONDAY),
        sources=(SourceSettings(name="bill", kind="focus"),),
        home=folder,
    )
    project = default_transforms()
    plan = make_plan(settings, MONDAY, project)
    database = folder / "empty.duckdb"
    with create_database(database, settings.warehouse) as connection:
        mount_lake(connection, ())
        mount_run(connection, settings, plan, has_dates=True)
        mount_ledger(connection, settings, plan)
    subprocess.run(
        [
            *(*DBT, "--quiet", "build", "--project-dir", str(project), "--profiles-dir"),
            *(str(project), "--target-path", str(folder / "target"), "--log-path", str(folder)),
            *(option for mart in marts or (TARGET,) for option in ("--select", f"+{mart}")),
            *("--exclude-resource-type", "unit_test"),
            *("--exclude-resource-type", "test"),
        ],
        cwd=folder,
        env=environment(folder, APPORTION_BUILD=database.name),
        check=True,
    )
    return Replay(database, folder / "target")
