"""What became of each source the last time it was ingested: `ingested/<source>.json`.

Sources are ingested apart from each other, and one that fails stops nobody else; so what went wrong
is written down, for the build that follows and for whoever looks.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from apportion.errors import ApportionError, Busy, ConfigError, DeliveryRefused, SourceUnavailable
from ingest.durable import make_folder, write_json

FOLDER = "ingested"
ERRORS: dict[int, type[ApportionError]] = {
    kind.exit_code: kind for kind in (Busy, ConfigError, DeliveryRefused, SourceUnavailable)
}


class Problem(BaseModel):
    """Something that went wrong with a source, and the exit code that goes with it."""

    source_name: str
    code: str
    message: str
    exit_code: int

    def __str__(self) -> str:
        return f"{self.code} {self.message}"

    def error(self) -> ApportionError:
        """The problem as an error again."""
        return ERRORS[self.exit_code](self.code, self.message)


class Intake(BaseModel):
    """The last ingestion of one source."""

    source_name: str
    usage_date: date
    problems: list[Problem]

    def save(self, home: Path) -> None:
        """Write the record, replacing that of the ingestion before."""
        make_folder(home / FOLDER)
        write_json(home / FOLDER / f"{self.source_name}.json", self.model_dump(mode="json"))


def note(home: Path, source_name: str, usage_date: date, errors: Iterable[ApportionError]) -> None:
    """Write down what went wrong with a source, or that nothing did."""
    problems = [
        Problem(source_name=source_name, code=e.code, message=e.message, exit_code=e.exit_code)
        for e in errors
    ]
    Intake(source_name=source_name, usage_date=usage_date, problems=problems).save(home)


def problems(home: Path, sources: Iterable[str]) -> list[Problem]:
    """What went wrong the last time each of these sources was ingested, in their order."""
    paths = (home / FOLDER / f"{name}.json" for name in sources)
    found = (Intake.model_validate_json(path.read_bytes()) for path in paths if path.is_file())
    return [problem for intake in found for problem in intake.problems]
