"""What people open, written from the current release: statements and the report."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from apportion.settings import Journal
from ingest.durable import write_json
from warehouse.build import default_transforms
from warehouse.closings import closings
from warehouse.explained import Explain
from warehouse.read import serving
from warehouse.report import render_report
from warehouse.reviews import reviews
from warehouse.schema_docs import schema_page
from warehouse.statements import Office, write_statements

RECORD, STATEMENTS, REPORT = "exports.json", "statements", "report"


class Exported(BaseModel):
    """What the files on disk were written from."""

    generation: int
    sha256: str
    closed: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    journal: Journal | None = None


def export(home: Path, explain: Explain | None = None, journal: Journal | None = None) -> None:
    """Write statements and report, unless those on disk are of the current release.

    Args:
        home: the home folder.
        explain: explains what the report shows.
        journal: the accounts of the chargeback journal; without them none is written.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`.
    """
    release, closed = serving(home), closings(home)
    office = Office(tuple(c.issue(home) for c in closed), reviews(home), journal)
    wanted = Exported(
        generation=release.generation,
        sha256=release.sha256,
        closed=tuple(sorted(closing.name for closing in closed)),
        reviews=tuple(sorted(office.reviews)),
        journal=journal,
    )
    if _exported(home) == wanted and (home / REPORT / "index.html").is_file():
        return
    write_statements(release.path(home), home / STATEMENTS, office)
    render_report(
        release.path(home),
        home / REPORT,
        generation=release.generation,
        explain=explain,
        schema=schema_page(default_transforms()),
    )
    write_json(home / RECORD, wanted.model_dump())


def _exported(home: Path) -> Exported | None:
    try:
        return Exported.model_validate_json((home / RECORD).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
