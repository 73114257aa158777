"""The parsed dbt project, kept for the next build: parsing takes longer than a small build.

It is kept per user, not per home, so that a new home starts as fast as an old one. A file counts
for one state of the project's files, one release of dbt and one set of limits. Without it only time
is lost, so a cache that cannot be read or written never stops a build.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from apportion.settings import Warehouse

KEPT = 8
"""Parsed projects that are kept: those used last."""


def parsed_project(transforms: Path, code_version: str, limits: Warehouse) -> Path:
    """Where the parsed form of a project belongs."""
    dbt = version("dbt-core")
    parts = f"{transforms.resolve()} {code_version} {dbt} {limits.model_dump_json()}"
    name = hashlib.sha256(parts.encode()).hexdigest()[:32]
    return user_cache_path("apportion") / "dbt" / f"{name}.msgpack"


def take(parsed: Path, target: Path) -> None:
    """Hand the parsed project to dbt, if there is one."""
    with suppress(OSError):
        shutil.copyfile(parsed, target)
        os.utime(parsed)


def keep(parsed: Path, target: Path) -> None:
    """Keep what dbt parsed, whole or not at all; other builds may do the same at the same time."""
    if parsed.exists():
        return
    temporary = parsed.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        parsed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, temporary)
        temporary.replace(parsed)
        used_last = sorted(parsed.parent.glob("*.msgpack"), key=lambda path: -path.stat().st_mtime)
        for path in used_last[KEPT:]:
            path.unlink(missing_ok=True)
