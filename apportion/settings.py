"""`apportion.toml`, read once, validated and frozen; passed to every step as an argument.

Precedence of the configuration file: `--config`, then `APPORTION_CONFIG`, then `./apportion.toml`.
Secrets never stand in the file: a secret is written `env:NAME` or `file:/path`, and resolved where
it is used.
"""

import difflib
import hashlib
import json
import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from apportion.errors import ConfigError


def _zone_key(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f'"{name}" is not a time zone such as Europe/Berlin') from error


TimeZone = Annotated[str, AfterValidator(_zone_key)]
"""The IANA name of a zone that exists."""


class Section(BaseModel):
    """A section: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Organization(Section):
    """Who the reports are for."""

    name: str = Field(description="Printed on statements and reports.")
    reporting_currency: str = Field("USD", pattern=r"^[A-Z]{3}$", description="ISO 4217 code.")
    statement_measure: Literal["billed_cost", "effective_cost"] = Field(
        "effective_cost", description="The measure that a chargeback statement charges."
    )
    reporting_time_zone: TimeZone = Field(
        "UTC", description="IANA name of the zone whose days the ledger charges on."
    )


class Schedule(Section):
    """Which usage days exist."""

    first_usage_date: date = Field(description="No usage before this day (UTC) is built.")
    last_usage_date: date | None = Field(
        None, description="Set for a fixed data set: no usage is expected after this day (UTC)."
    )


class SourceSettings(BaseModel):
    """One configured source.

    Every other key belongs to the kind, which validates it (`ingest.registry`).
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    kind: str
    presence: Literal["required", "expected", "optional"] = Field(
        "expected",
        description="What becomes of a day when it fails. `required`: not published. `expected`: "
        "published with what it delivered before, of which there must be some. `optional`: "
        "published, even if it has never delivered.",
    )

    @property
    def options(self) -> dict[str, Any]:
        """The keys that belong to the kind of source."""
        return dict(self.__pydantic_extra__ or {})


class Warehouse(Section):
    """How the DuckDB warehouse is built and kept."""

    memory_limit: str = Field("1GB", description="DuckDB memory limit of a build.")
    threads: int = Field(2, ge=1, description="DuckDB threads of a build.")
    keep_releases: int = Field(14, ge=2, description="Releases kept for rollback.")
    storage_version: str = Field(
        "v1.4.0", description="Oldest DuckDB release that can open a published file."
    )


class Journal(Section):
    """The accounts of the general ledger that the chargeback journal books to."""

    expense_account: str = Field(min_length=1, description="Debited, per cost centre.")
    clearing_account: str = Field(
        min_length=1, description="Credited, per provider: where the invoices were booked."
    )
    prepaid_account: str | None = Field(
        None,
        min_length=1,
        description="Where statements charge effective cost: takes its difference to billed cost, "
        "per provider, so that the clearing account is credited what the invoices say.",
    )
    cost_class_accounts: dict[str, str] = Field(
        default_factory=dict,
        description='Expense accounts of single cost classes: `idle_unheld = "6420"`.',
    )

    def account(self, cost_class: str) -> str:
        """The expense account of a cost class."""
        return self.cost_class_accounts.get(cost_class, self.expense_account)


class Settings(Section):
    """The whole of `apportion.toml`."""

    organization: Organization
    schedule: Schedule
    sources: tuple[SourceSettings, ...] = Field(min_length=1)
    warehouse: Warehouse = Field(default_factory=lambda: Warehouse.model_validate({}))
    journal: Journal | None = Field(None, description="Without it no journal is written.")
    home: Path = Field(Path("var"), exclude=True, description="Where all state is kept.")
    directory: Path = Field(
        Path(), exclude=True, description="The folder of the file; relative locations start here."
    )

    @property
    def version(self) -> str:
        """A hash of every setting that can change a result (not of where state is kept)."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path, home: Path) -> Settings:
    """Read and validate a configuration file.

    Raises:
        ConfigError: the file is missing, is not TOML, or has a wrong or unknown key.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            "CONFIG_MISSING",
            f"{path}: there is no such file. `apportion init` writes one, `apportion run --sample` "
            "tries a sample company (`apportion simulate` only writes it); --config or "
            "APPORTION_CONFIG name one that is elsewhere.",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("CONFIG_SYNTAX", f"{path}: not UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("CONFIG_SYNTAX", f"{path}: not valid TOML: {error}.") from None
    try:
        return Settings.model_validate(
            raw | {"home": home.absolute(), "directory": path.absolute().parent}
        )
    except ValidationError as error:
        raise ConfigError("CONFIG_INVALID", f"{path}: {_explain(error)}") from None


def _explain(error: ValidationError) -> str:
    """Say which key is wrong, why, and the nearest valid name."""
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            close = difflib.get_close_matches(str(problem["loc"][-1]), _known_keys(), n=1)
            hint = f' (did you mean "{close[0]}"?)' if close else ""
            lines.append(f'unknown key "{key}"{hint}')
        else:
            lines.append(f'"{key}": {problem["msg"]}')
    return "; ".join(lines) + "."


def _known_keys() -> list[str]:
    sections = (Settings, Organization, Schedule, Warehouse, Journal)
    return [name for section in sections for name in section.model_fields]


def resolve_secret(reference: str) -> str:
    """The value behind `env:NAME` or `file:/path`.

    Raises:
        ConfigError: the reference is not of that form, or nothing stands behind it.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env" and name in os.environ:
        return os.environ[name]
    if scheme == "file" and Path(name).is_file():
        return Path(name).read_text(encoding="utf-8").strip()
    raise ConfigError(
        "SECRET_MISSING",
        f'"{reference}": looked for an environment variable (env:NAME) or a file (file:/path) and '
        "found neither. Secrets are never written into the configuration itself.",
    )
