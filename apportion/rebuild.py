"""Making everything again from the landing zone, and comparing it with what is published."""

import shutil
from datetime import date

from apportion import steps
from apportion.errors import GateRefused
from apportion.settings import Settings

DERIVED = ("lake", "quarantine", "builds", "cache")


def rebuild(settings: Settings, usage_date: date, progress: steps.Progress) -> steps.RunResult:
    """Forget lake and results, make them again, and publish them if they say anything new.

    Raises:
        GateRefused: `REBUILD_DIFFERS`, the same input gave another result than the published one;
            or the build did not pass the gate.
        Busy: another run holds the warehouse.
    """
    from warehouse.build_result import BuildResult
    from warehouse.publish import table_contents
    from warehouse.releases import current

    forget(settings)
    before = current(settings.home)
    result = steps.run(settings, usage_date, progress, is_forced=True)
    built = BuildResult.load(settings.home / "builds" / result.run_id)
    if before is None or built.fingerprint != before.fingerprint:
        return result
    found = table_contents(built.path)
    differing = sorted(
        name
        for name in found.keys() | before.tables.keys()
        if found.get(name) != before.tables.get(name)
    )
    if differing:
        raise GateRefused(
            "REBUILD_DIFFERS",
            f"{built.path}: {', '.join(differing)} differ from generation {before.generation}, "
            "which was made from the same input. That generation stays current. Compare the two "
            "files; one of them was not made by this code from this input.",
        )
    return result


def forget(settings: Settings) -> None:
    """Delete what the next run makes from the landing zone: lake, quarantine and builds.

    The published release keeps being read until the new one replaces it, except for its views on
    lake files, which come back with the rebuild: their names are hashes of their content.
    """
    from warehouse.lock import writer

    with writer(settings.home, "rebuild"):
        for name in DERIVED:
            shutil.rmtree(settings.home / name, ignore_errors=True)
        for typed in (settings.home / "landing").glob("*/*/*/lake.json"):
            typed.unlink()
