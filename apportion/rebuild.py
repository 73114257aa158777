"""Forgetting what can be made again: everything but the landing zone and what is published."""

import shutil

from apportion.settings import Settings

DERIVED = ("lake", "quarantine", "builds", "cache")


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
