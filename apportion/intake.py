"""What became of each source the last time it was ingested: `ingested/<source>.json`.

Sources are ingested apart from each other, and one that fails stops nobody else; so what went wrong
is written down, for the build that follows and for whoever looks.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from apportion.errors import (
    ApportionError,
    Busy,
    ConfigError,
    DeliveryRefused,
    GateRefused,
    SourceUnavailable,
)
from apportion.settings import Settings
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


def problems(settings: Settings) -> list[Problem]:
    """What went wrong the last time each configured source was ingested, in their order."""
    paths = (settings.home / FOLDER / f"{source.name}.json" for source in settings.sources)
    found = (Intake.model_validate_json(path.read_bytes()) for path in paths if path.is_file())
    return [problem for intake in found for problem in intake.problems]


def refuse_without_input(settings: Settings) -> None:
    """Raise what a person must correct, and what nothing from before can stand in for.

    Raises:
        ConfigError: a setting or a reference table is wrong.
        SourceUnavailable, DeliveryRefused: a source failed that has never delivered anything, and
            is not optional.
    """
    from ingest.ledger import Ledger

    failed = problems(settings)
    if not failed:
        return
    delivered = {d.source_name for d in Ledger(settings.home).current_deliveries()}
    not_needed = delivered | _with_presence(settings, "optional")
    for problem in failed:
        error = problem.error()
        if isinstance(error, ConfigError) or problem.source_name not in not_needed:
            raise error


def refuse_without_required(settings: Settings) -> None:
    """Raise where a source failed without which no day is published.

    Raises:
        GateRefused: `REQUIRED_SOURCE_FAILED`.
    """
    required = _with_presence(settings, "required")
    failed = [problem for problem in problems(settings) if problem.source_name in required]
    if failed:
        raise GateRefused(
            "REQUIRED_SOURCE_FAILED",
            f"{', '.join(sorted({problem.source_name for problem in failed}))}: required, and not "
            "delivered. Nothing was published; what the other sources delivered is kept. Mend it "
            'and run again, or set presence = "expected" to publish with what it delivered before. '
            f"{' '.join(map(str, failed))}",
        )


def _with_presence(settings: Settings, presence: str) -> set[str]:
    return {source.name for source in settings.sources if source.presence == presence}
