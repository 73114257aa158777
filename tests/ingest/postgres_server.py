"""A real PostgreSQL server on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"


def program(name: str) -> str:
    """The path of a server program, which Debian keeps out of PATH; skips where there is none."""
    found = shutil.which(name) or next(map(str, sorted(DEBIAN.glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.skip(f"{name} not installed (Debian: apt-get install postgresql)")
    return found


@contextmanager
def serving() -> Iterator[str]:
    """Start a server without a single table; gives its connection string, and stops it."""
    initdb, postgres = program("initdb"), program("postgres")
    owner = USER if os.geteuid() == 0 else None  # the server refuses to run as root
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        if owner:
            shutil.chown(folder, owner)
        make = [initdb, "-D", "data", "-U", USER, "-A", "scram-sha-256", "--no-sync"]
        password = folder / "password"
        password.write_text("example")
        password.chmod(0o644)
        make.append("--pwfile=password")
        subprocess.run(make, cwd=folder, user=owner, check=True, capture_output=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [postgres, "-D", "data", "-p", str(port), "-k", str(folder), "-F"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-c", "listen_addresses=127.0.0.1"],
                cwd=folder, user=owner, stdout=log, stderr=log,
            )  # fmt: skip
        dsn = f"postgresql://{USER}:example@127.0.0.1:{port}/postgres"
        try:
            _wait(dsn)
            yield dsn
        finally:
            process.terminate()
            process.wait()


def _wait(dsn: str) -> None:
    import psycopg
    from tenacity import retry, stop_after_delay, wait_fixed

    @retry(stop=stop_after_delay(30), wait=wait_fixed(0.05), reraise=True)
    def connect() -> None:
        psycopg.connect(dsn, connect_timeout=2).close()

    connect()
