"""What people open, written from the current release: statements and the report."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from apportion.errors import ConfigError
from ingest.durable import write_json
from warehouse.explained import Explain
from warehouse.releases import current
from warehouse.report import render_report
from warehouse.statements import write_statements

RECORD, STATEMENTS, REPORT = "exports.json", "statements", "report"


class Exported(BaseModel):
    """Which release the files on disk were written from."""

    generation: int
    sha256: str


def export(home: Path, explain: Explain | None = None) -> None:
    """Write statements and report, unless those on disk are of the current release.

    Args:
        home: the home folder.
        explain: explains what the report shows.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
    """
    release = current(home)
    if release is None:
        raise ConfigError(
            "NOTHING_PUBLISHED", f"{home}: nothing is published yet. Run `apportion run` first."
        )
    wanted = Exported(generation=release.generation, sha256=release.sha256)
    if _exported(home) == wanted and (home / REPORT / "index.html").is_file():
        return
    write_statements(release.path(home), home / STATEMENTS)
    render_report(release.path(home), home / REPORT, generation=release.generation, explain=explain)
    write_json(home / RECORD, wanted.model_dump())


def _exported(home: Path) -> Exported | None:
    try:
        return Exported.model_validate_json((home / RECORD).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
