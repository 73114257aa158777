"""The environment of a child process: what it needs to start, and no secret of ours."""

import os
from pathlib import Path

INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Variables for a child process: a short list of ours, then `variables`.

    `home` stands in for the user's home directory, so that no personal configuration is read.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {"HOME": str(home), "DO_NOT_TRACK": "1"} | variables
