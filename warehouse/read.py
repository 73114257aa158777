"""How readers open the published warehouse."""

import re
import secrets
from pathlib import Path
from tempfile import gettempdir
from threading import Lock

import duckdb

from apportion.errors import ConfigError
from warehouse.closings import FOLDER as CLOSINGS
from warehouse.releases import Release, current, verify

PARQUET = re.compile(r"'((?:[^']|'')*\.parquet)'")
MOST_SPILL = "10GB"
OPENING = Lock()


def serving(home: Path) -> Release:
    """The current release.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
    """
    release = current(home)
    if release is None:
        raise ConfigError(
            "NOTHING_PUBLISHED",
            f"{home}: nothing is published here yet. {_refused(home)}Run `apportion run` first, or "
            "name the home folder that you mean: --home, or APPORTION_HOME.",
        )
    return release


def _refused(home: Path) -> str:
    """Which build was not published, where one is left."""
    reports = sorted(home.glob("builds/*/gate.json"), key=lambda path: path.stat().st_mtime)
    return f"{reports[-1]} says why the last build was refused. " if reports else ""


def published(home: Path) -> Path:
    """The file of the current release, under its own name.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
    """
    return serving(home).path(home)


def connect(
    home: Path, *, memory_limit: str = "1GB", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """Open the current release read-only.

    The connection keeps that release for as long as it stays open, and can read nothing outside it
    but the lake files that its views name: a DuckDB file is opened with the reader's rights, and
    what it says runs with them. Connections of one process to one release share the limits of the
    first.

    Args:
        home: the home folder.
        memory_limit: how much memory queries use before they spill to the system's temporary
            folder.
        threads: how many threads a query uses.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
        ReleaseTampered: `RELEASE_TAMPERED`, the file cannot be opened because it is damaged.
    """
    path = published(home)
    with OPENING:
        connection = _open(home, path)
        if not _is_locked(connection):
            for setting in (
                "global TimeZone = 'UTC'",
                f"memory_limit = '{memory_limit}'",
                f"threads = {threads}",
                f"temp_directory = '{_spill()}'",
                f"max_temp_directory_size = '{MOST_SPILL}'",
                f"allowed_paths = [{', '.join(_lake_files(connection, home))}]",
                "autoinstall_known_extensions = false",
                "autoload_known_extensions = false",
                "allow_community_extensions = false",
                "allow_persistent_secrets = false",
                "python_enable_replacements = false",
                "enable_external_access = false",
                "lock_configuration = true",
            ):
                connection.execute(f"set {setting}")
    return connection


def _open(home: Path, path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(path, read_only=True)
    except duckdb.Error:
        verify(home)
        raise


def _is_locked(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether this process has the release open already."""
    return connection.execute("select current_setting('lock_configuration')").fetchall() == [
        (True,)
    ]


def _spill() -> str:
    """A folder of this instance alone, which DuckDB makes when it spills and removes at the end."""
    return str(Path(gettempdir()) / f"apportion-{secrets.token_hex(8)}").replace("'", "''")


def _lake_files(connection: duckdb.DuckDBPyConnection, home: Path) -> list[str]:
    """The files of the lake that the release's views name, as SQL strings."""
    views = connection.execute("select sql from duckdb_views() where not internal").fetchall()
    names = {name for (sql,) in views for name in PARQUET.findall(sql)}
    folders = {name: Path(name.replace("''", "'")).parent for name in names}
    roots = [(home / name).resolve() for name in ("lake", CLOSINGS)]
    ours = {
        folder
        for folder in set(folders.values())
        if any(folder.resolve().is_relative_to(root) for root in roots)
    }
    return [f"'{name}'" for name in sorted(names) if folders[name] in ours]
