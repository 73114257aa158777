"""How readers open the published warehouse."""

from pathlib import Path

import duckdb

from apportion.errors import ConfigError
from warehouse.releases import current


def published(home: Path) -> Path:
    """The file of the current release, under its own name.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
    """
    release = current(home)
    if release is None:
        raise ConfigError(
            "NOTHING_PUBLISHED", f"{home}: nothing is published yet. Run `apportion run` first."
        )
    return release.path(home)


def connect(home: Path) -> duckdb.DuckDBPyConnection:
    """Open the current release read-only.

    The connection keeps that release for as long as it stays open, and can read nothing outside it
    but the lake that its views stand on: a DuckDB file is opened with the reader's rights.
    """
    path = published(home)
    connection = duckdb.connect(path, read_only=True)
    if connection.execute("select current_setting('lock_configuration')").fetchall() == [(True,)]:
        return connection  # this process has the release open already, and locked
    lake = str(home.absolute() / "lake").replace("'", "''")
    for setting in (
        "TimeZone = 'UTC'",
        f"allowed_directories = ['{lake}']",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "python_enable_replacements = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")
    return connection
