"""Folders of files that change as a whole: a reader sees all of the old ones or all of the new."""

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.durable import make_folder, sync_folder

AT_FDCWD = -100
RENAME_EXCHANGE = 2


@contextmanager
def replaced(destination: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `destination` when the block ends.

    If the block raises, or the process dies, `destination` stays as it was. One process replaces a
    folder at a time; a second one waits.
    """
    make_folder(destination.parent)
    fresh, old = (destination.with_name(f".{destination.name}.{n}") for n in ("new", "old"))
    with destination.with_name(f".{destination.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _finish_interrupted(destination, fresh, old)
        fresh.mkdir()
        try:
            yield fresh
            _sync_tree(fresh)
            _put(fresh, destination, old)
            sync_folder(destination.parent)
        finally:
            _finish_interrupted(destination, fresh, old)


def _finish_interrupted(destination: Path, fresh: Path, old: Path) -> None:
    """Bring back what stood there if its successor never came; remove what is left over."""
    if old.exists() and not destination.exists():
        old.rename(destination)
    _remove(fresh)
    _remove(old)


def _put(fresh: Path, destination: Path, old: Path) -> None:
    """Exchange the two folders in one step, or in two where the system cannot."""
    if not destination.exists():
        fresh.rename(destination)
    elif not _exchange(fresh, destination):
        destination.rename(old)
        fresh.rename(destination)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two names atomically (Linux); False where the system or its file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    names = (AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second))
    return bool(rename(*names, RENAME_EXCHANGE) == 0)


def _sync_tree(folder: Path) -> None:
    """Make the bytes and the names of everything in a folder durable."""
    for parent, _, files in os.walk(folder):
        for name in files:
            with (Path(parent) / name).open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(parent))


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
