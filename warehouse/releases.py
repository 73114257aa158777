"""Published releases: immutable files, and one pointer to the one that readers see.

    releases/000041.duckdb    a release, read-only, never written again
    releases/000041.json      what it is: hash, fingerprint, usage date, rows per table
    CURRENT                   the generation that is served
    current.duckdb            a link to its file, for tools that open a path

A generation exists once its JSON stands. `CURRENT` is replaced as a whole, so a reader sees one
release or the other and never a mixture.
"""

import logging
import os
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from apportion.errors import ApportionError, ConfigError
from ingest.durable import sha256_of, sync_folder, write_json

LOG = logging.getLogger(__name__)
POINTER, LINK, FOLDER = "CURRENT", "current.duckdb", "releases"


class TableContent(BaseModel):
    """A published table: how many rows, and a hash that does not depend on their order."""

    model_config = ConfigDict(frozen=True)

    row_count: int
    content_hash: str


class Release(BaseModel):
    """One published generation."""

    model_config = ConfigDict(frozen=True)

    generation: int
    file: str
    sha256: str
    size: int
    fingerprint: str
    usage_date: date
    run_id: str
    tables: dict[str, TableContent]
    totals: dict[str, str]

    def path(self, home: Path) -> Path:
        """The release's DuckDB file."""
        return home / FOLDER / self.file


class Pointer(BaseModel):
    """The content of `CURRENT`."""

    model_config = ConfigDict(frozen=True)

    generation: int
    file: str
    sha256: str


class ReleaseTampered(ApportionError):
    """A published file is not what was published."""

    exit_code = 3


def list_releases(home: Path) -> list[Release]:
    """Every published generation, oldest first."""
    found = []
    for path in sorted((home / FOLDER).glob("[0-9]*.json")):
        try:
            release = Release.model_validate_json(path.read_bytes())
        except ValidationError:
            LOG.warning("RELEASE_UNREADABLE %s: not a release manifest; it is ignored", path)
            continue
        if release.path(home).is_file():
            found.append(release)
    return found


def current(home: Path) -> Release | None:
    """The release that readers see; the newest whole one where the pointer is of no use."""
    try:
        pointer = Pointer.model_validate_json((home / POINTER).read_bytes())
    except FileNotFoundError:
        pointer = None
    except ValidationError:
        LOG.warning("POINTER_UNREADABLE %s: falling back to the newest release", home / POINTER)
        pointer = None
    releases = list_releases(home)
    for release in releases:
        if pointer and release.generation == pointer.generation:
            return release
    return next((r for r in reversed(releases) if is_whole(home, r)), None)


def is_whole(home: Path, release: Release) -> bool:
    """Whether the file has the bytes that were published."""
    path = release.path(home)
    return path.stat().st_size == release.size and sha256_of(path) == release.sha256


def verify(home: Path) -> Release | None:
    """Check the current release byte for byte, and fall back to the newest whole one.

    Raises:
        ReleaseTampered: `RELEASE_TAMPERED`, after pointing readers to an older release if
            there is one.
    """
    release = current(home)
    if release is None or is_whole(home, release):
        return release
    older = (r for r in reversed(list_releases(home)) if r.generation < release.generation)
    fallback = next((r for r in older if is_whole(home, r)), None)
    if fallback:
        point_to(home, fallback)
        served = f"Readers are served generation {fallback.generation} of {fallback.usage_date}."
    else:
        served = "There is no older release."
    raise ReleaseTampered(
        "RELEASE_TAMPERED",
        f"{release.path(home)}: the bytes are not those of generation {release.generation}. "
        f"{served} Run `apportion rebuild` to make the release again from the landing zone.",
    )


def rollback(home: Path, generation: int | None = None) -> Release:
    """Point readers to an older release (the one before the current by default).

    Raises:
        ConfigError: `NO_SUCH_RELEASE`, there is no such generation, or it is damaged.
    """
    serving = current(home)
    releases = list_releases(home)
    if generation is None and serving:
        releases = [r for r in releases if r.generation < serving.generation]
    elif generation is not None:
        releases = [r for r in releases if r.generation == generation]
    if not releases or not is_whole(home, releases[-1]):
        known = ", ".join(str(r.generation) for r in list_releases(home)) or "none"
        raise ConfigError(
            "NO_SUCH_RELEASE",
            f"{home}: generation {generation or 'before the current one'} is not there or not "
            f"whole (published: {known}). Readers still see the current one.",
        )
    point_to(home, releases[-1])
    return releases[-1]


def point_to(home: Path, release: Release) -> None:
    """Make a release the current one: the pointer first, then the link."""
    write_json(
        home / POINTER,
        Pointer(
            generation=release.generation, file=release.file, sha256=release.sha256
        ).model_dump(),
    )
    temporary = home / f".{LINK}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(Path(FOLDER) / release.file)
    temporary.replace(home / LINK)
    sync_folder(home)


def retire(home: Path, keep: int) -> None:
    """Delete the oldest releases beyond `keep`; never the current one or a newer one."""
    serving = current(home)
    releases = list_releases(home)
    for release in releases[: max(len(releases) - keep, 0)]:
        if serving and release.generation < serving.generation:
            (home / FOLDER / release.file).with_suffix(".json").unlink()
            release.path(home).unlink()
    sync_folder(home / FOLDER)
