"""Published releases: immutable files, and one pointer to the one that readers see.

    releases/000041.duckdb    a release, read-only, never written again
    releases/000041.json      what it is: hash, fingerprint, usage date, rows per table
    CURRENT                   the generation that is served, and why
    current.duckdb            a link to its file, for tools that open a path

A generation exists once its JSON stands. `CURRENT` is replaced as a whole, so a reader sees one
release or the other and never a mixture.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from apportion.errors import ApportionError, ConfigError
from ingest.durable import make_folder, sha256_of, sync_folder, write_json

LOG = logging.getLogger(__name__)
POINTER, LINK, FOLDER = "CURRENT", "current.duckdb", "releases"
LOCK_FILE = ".publish.lock"


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


Reason = Literal["publish", "rollback", "recover"]
"""Why a release became the current one."""


class Pointer(BaseModel):
    """The content of `CURRENT`.

    `newest` is the highest generation that readers ever saw: what is above it was never published.
    """

    model_config = ConfigDict(frozen=True)

    generation: int
    file: str
    sha256: str
    reason: Reason
    newest: int


class ReleaseTampered(ApportionError):
    """A published file is not what was published."""

    exit_code = 3


def file_name(generation: int) -> str:
    """The name of a generation's DuckDB file."""
    return f"{generation:06d}.duckdb"


def list_releases(home: Path) -> list[Release]:
    """Every published generation whose file is there, oldest first."""
    manifests = sorted((home / FOLDER).glob("[0-9]*.json"))
    return [release for path in manifests if (release := _read_manifest(home, path))]


def _read_manifest(home: Path, path: Path) -> Release | None:
    try:
        release = Release.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        LOG.warning("RELEASE_UNREADABLE %s: not a release manifest. It is ignored.", path)
        return None
    return release if release.path(home).is_file() else None


def read_pointer(home: Path) -> Pointer | None:
    """What `CURRENT` says, if it says anything."""
    try:
        return Pointer.model_validate_json((home / POINTER).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def named(home: Path, pointer: Pointer) -> Release | None:
    """The release that a pointer means, if it is there."""
    path = (home / FOLDER / file_name(pointer.generation)).with_suffix(".json")
    release = _read_manifest(home, path)
    return release if release and release.sha256 == pointer.sha256 else None


def current(home: Path) -> Release | None:
    """The release that readers see; where the pointer is of no use, the one that stands in."""
    pointer = read_pointer(home)
    release = named(home, pointer) if pointer else None
    if release:
        return release
    release = stand_in(home, pointer.generation if pointer else None)
    if release:
        LOG.warning(
            "POINTER_UNUSABLE %s: it does not name a release that is there. Readers are served "
            "generation %d of %s, the newest whole one. The next run writes the pointer again.",
            *(home / POINTER, release.generation, release.usage_date),
        )
    return release


def stand_in(home: Path, broken: int | None) -> Release | None:
    """The release to serve instead of a broken one: the newest whole one before it, or at all."""

    def preference(release: Release) -> tuple[bool, int]:
        return broken is None or release.generation < broken, release.generation

    candidates = (r for r in list_releases(home) if r.generation != broken)
    ranked = sorted(candidates, key=preference, reverse=True)
    return next((release for release in ranked if is_whole(home, release)), None)


def is_whole(home: Path, release: Release) -> bool:
    """Whether the file has the bytes that were published, and no log that would change them."""
    path = release.path(home)
    return (
        path.stat().st_size == release.size
        and not path.with_name(path.name + ".wal").exists()
        and sha256_of(path) == release.sha256
    )


def verify(home: Path) -> Release | None:
    """Check the current release byte for byte; nothing is changed (`warehouse.recover` does that).

    Raises:
        ReleaseTampered: `RELEASE_TAMPERED`.
    """
    release = current(home)
    if release is None or is_whole(home, release):
        return release
    other = stand_in(home, release.generation)
    advice = (
        f"Generation {other.generation} of {other.usage_date} is whole: `apportion rollback "
        f"{other.generation}` serves it at once."
        if other
        else "There is no other whole release."
    )
    raise ReleaseTampered(
        "RELEASE_TAMPERED",
        f"{release.path(home)}: the bytes are not those of generation {release.generation}. "
        f"{advice} `apportion run` makes a new release from what is landed. Look at the disk.",
    )


@contextmanager
def swapping(home: Path) -> Iterator[None]:
    """Compare and swap of `CURRENT` happens in one process at a time; the others wait."""
    make_folder(home / FOLDER)
    with (home / FOLDER / LOCK_FILE).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def rollback(home: Path, generation: int | None = None) -> Release:
    """Point readers to an older release (the newest whole one before the current by default).

    Raises:
        ConfigError: `NO_SUCH_RELEASE`, there is no such generation, or it is damaged.
    """
    with swapping(home):
        serving = current(home)
        wanted = [
            release
            for release in reversed(list_releases(home))
            if release.generation == generation
            or (generation is None and serving and release.generation < serving.generation)
        ]
        found = next((release for release in wanted if is_whole(home, release)), None)
        if found is None:
            known = ", ".join(str(r.generation) for r in list_releases(home)) or "none"
            raise ConfigError(
                "NO_SUCH_RELEASE",
                f"{home}: generation {generation or 'before the current one'} is not there or not "
                f"whole (published: {known}). Readers still see the current one.",
            )
        point_to(home, found, "rollback")
        return found


def point_to(home: Path, release: Release, reason: Reason = "publish") -> None:
    """Make a release the current one: the pointer first, then the link; holding `swapping`."""
    before = read_pointer(home)
    seen = [before.newest] if before else [other.generation for other in list_releases(home)]
    pointer = Pointer(
        generation=release.generation,
        file=release.file,
        sha256=release.sha256,
        reason=reason,
        newest=max(release.generation, *seen),
    )
    write_json(home / POINTER, pointer.model_dump())
    link(home, release)


def link(home: Path, release: Release) -> None:
    """Let `current.duckdb` lead to a release, unless it does."""
    path, target = home / LINK, Path(FOLDER) / release.file
    if path.is_symlink() and path.readlink() == target:
        return
    temporary = home / f".{LINK}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)
    sync_folder(home)
