"""Putting right what a crash, a full disk or a damaged one left in the releases."""

import logging
from collections.abc import Iterator
from pathlib import Path

from ingest.durable import sync_folder
from warehouse.releases import (
    FOLDER,
    LINK,
    LOCK_FILE,
    POINTER,
    Release,
    current,
    is_whole,
    link,
    list_releases,
    named,
    point_to,
    read_pointer,
    stand_in,
    swapping,
)

LOG = logging.getLogger(__name__)


def recover(home: Path) -> Release | None:
    """Make the releases fit to build on: no leftovers, and readers on a whole release.

    Where the release that `CURRENT` names is gone or damaged, readers are pointed to the newest
    whole one before it, and a warning says so; where there is none, nothing is published any more.

    Returns:
        The release that readers see.
    """
    with swapping(home):
        sweep(home)
        pointer = read_pointer(home)
        serving = named(home, pointer) if pointer else None
        if serving and is_whole(home, serving):
            link(home, serving)
            return serving
        release = stand_in(home, pointer.generation if pointer else None)
        if release:
            LOG.warning("%s Readers are served %s.", _damage(home, serving), _title(release))
            point_to(home, release, "recover")
        elif (home / POINTER).exists():
            LOG.warning("%s No other release is whole.", _damage(home, serving))
            for name in (LINK, POINTER):
                (home / name).unlink(missing_ok=True)
            sync_folder(home)
        return release


def _damage(home: Path, damaged: Release | None) -> str:
    if damaged is None:
        return f"POINTER_UNUSABLE {home / POINTER}: it does not name a release that is there."
    return (
        f"RELEASE_TAMPERED {damaged.path(home)}: the bytes are not those of generation "
        f"{damaged.generation}."
    )


def _title(release: Release) -> str:
    return f"generation {release.generation} of {release.usage_date}"


def sweep(home: Path) -> None:
    """Delete what interrupted publishes left: releases that were never current, temporary names."""
    pointer = read_pointer(home)
    if pointer:
        for release in list_releases(home):
            if release.generation > pointer.newest:
                release.path(home).with_suffix(".json").unlink()
    for path in _leftovers(home, kept={LOCK_FILE, pointer.file if pointer else ""}):
        path.unlink()


def _leftovers(home: Path, kept: set[str]) -> Iterator[Path]:
    """Temporary names, and files that have no manifest."""
    yield from home.glob(f".{POINTER}.*")
    yield from home.glob(f".{LINK}.*")
    for path in (home / FOLDER).iterdir():
        is_orphan = path.suffix == ".duckdb" and not path.with_suffix(".json").exists()
        if path.name not in kept and (is_orphan or path.name.startswith(".")):
            yield path


def retire(home: Path, keep: int) -> None:
    """Delete the oldest releases beyond `keep`; never the current one or a newer one."""
    serving = current(home)
    releases = list_releases(home)
    for release in releases[: max(len(releases) - keep, 0)]:
        if serving and release.generation < serving.generation:
            release.path(home).with_suffix(".json").unlink()
            release.path(home).unlink()
    sync_folder(home / FOLDER)
