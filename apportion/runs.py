"""A run's own record: `runs/<run id>/run.json`, which its steps share across processes."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import BaseModel

from apportion.errors import ConfigError
from ingest.durable import make_folder, write_json

RECORD = "run.json"


class Run(BaseModel):
    """One run of the pipeline for one usage day.

    `base_generation` is the release that was current when the build began (0 for none);
    `is_unchanged` says that the current release already holds what this run would build. The clock
    (`started_at`, UTC) stands here and nowhere in what is published.
    """

    run_id: str
    usage_date: date
    started_at: datetime
    base_generation: int = 0
    is_unchanged: bool = False

    def save(self, home: Path) -> None:
        """Write the record, replacing an earlier one whole."""
        folder = home / "runs" / self.run_id
        make_folder(folder)
        write_json(folder / RECORD, self.model_dump(mode="json"))


def start(home: Path, usage_date: date) -> Run:
    """A new run: the usage day and the next free number."""
    folder = home / "runs"
    make_folder(folder)
    number = 1
    while (folder / f"{usage_date}-{number}").exists():
        number += 1
    run = Run(run_id=f"{usage_date}-{number}", usage_date=usage_date, started_at=datetime.now(UTC))
    run.save(home)
    return run


def clear_away(home: Path, *, keep: str) -> None:
    """Delete the builds of all runs but one; what they published stays in `releases/`."""
    for folder in (home / "builds").iterdir():
        if folder.name != keep:
            shutil.rmtree(folder)


def load(home: Path, run_id: str) -> Run:
    """Read a run's record.

    Raises:
        ConfigError: `NO_SUCH_RUN`.
    """
    path = home / "runs" / run_id / RECORD
    if not path.is_file():
        raise ConfigError(
            "NO_SUCH_RUN", f"{path}: there is no such run. Start one with `apportion run`."
        )
    return Run.model_validate_json(path.read_bytes())
