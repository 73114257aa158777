"""One writer at a time: a lock on a file of the home folder, held by the kernel for a process.

The lock goes with the process, however it ends; the file says who held it last.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from apportion.errors import Busy
from ingest.durable import make_folder

LOCK_FILE = "writer.lock"


@contextmanager
def writer(home: Path, purpose: str) -> Iterator[None]:
    """Hold the warehouse for writing.

    Args:
        home: the home folder.
        purpose: what is being done, for whoever finds the warehouse busy.

    Raises:
        Busy: `WAREHOUSE_BUSY`, another process holds it.
    """
    make_folder(home)
    with (home / LOCK_FILE).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("WAREHOUSE_BUSY", _who_holds(home)) from None
        file.truncate(0)
        json.dump(
            {
                "purpose": purpose,
                "pid": os.getpid(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            },
            file,
        )
        file.flush()
        yield


def _who_holds(home: Path) -> str:
    try:
        holder = json.loads((home / LOCK_FILE).read_text(encoding="utf-8"))
        who = f"{holder['purpose']} (process {holder['pid']}, since {holder['since']})"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return f"{home}: held by {who}. Nothing was started. Wait for it to end, then run again."
