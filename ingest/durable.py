"""Files that are whole or absent, whatever stops the process: temporary name, fsync, rename."""

import hashlib
import os
from pathlib import Path
from typing import Any

import orjson

READ_ONLY = 0o444


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settle(temporary: Path, target: Path) -> None:
    """Give a finished file its final name, read-only, and make its bytes durable.

    The folder's own entry becomes durable with `sync_folder`, once for many files.
    """
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(READ_ONLY)
    temporary.replace(target)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, durably."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON file durably, replacing an earlier one whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    settle(temporary, path)
    sync_folder(path.parent)
