"""What a build is made of, and the fingerprints that say whether it has been made before.

A usage day is computed from the lake files of that day and the reference rows in force on it. Its
fingerprint covers those, the organization's settings and the code; so a day whose fingerprint was
computed once is carried over file for file, and a run costs what changed. `valid_from` and
`valid_to` decide on which days a reference row counts and are no part of a day's fingerprint:
ending a rule today leaves the past untouched.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from apportion.errors import ConfigError
from apportion.settings import Settings
from ingest.ledger import CurrentDelivery, DeliveryVersion, LakeFile, Ledger
from ingest.records import Refusal
from ingest.schemas import DATES, REFERENCE, TABLES
from warehouse.closings import Closing, closings
from warehouse.mount import mount

CODE_SUFFIXES = {".sql", ".py", ".yml", ".csv"}
WRITTEN_BY_DBT = {"target", "logs"}
DAY_LENGTH = len("2026-10-03")
EMPTY = "empty"
TIMELESS = "reference"
"""The partition of rows that belong to no day and no month: tables of ours, commitments."""


@dataclass(frozen=True, slots=True)
class Day:
    """A usage day (`2026-10-03`), or `empty`: no rows at all, which gives every model's columns."""

    name: str
    fingerprint: str
    files: tuple[LakeFile, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a build's result depends on.

    `fingerprint` is equal for builds that would say the same; a refused delivery alone does not
    change it, since every number stays. `days` holds `empty` and every day of the window that has
    lake files; `files` are all lake files that the release shows.
    """

    fingerprint: str
    first_usage_date: date
    usage_date: date
    settings_version: str
    code_version: str
    days: tuple[Day, ...]
    files: tuple[LakeFile, ...]
    deliveries: tuple[CurrentDelivery, ...]
    versions: tuple[DeliveryVersion, ...]
    refusals: tuple[Refusal, ...]
    closings: tuple[Closing, ...]

    def covers(self, partition: str) -> bool:
        """Whether a day, or a billing period, lies in the window of the build."""
        return _overlaps(partition, self.first_usage_date, self.usage_date)

    @property
    def reference(self) -> tuple[LakeFile, ...]:
        """The lake files of the tables that the company edits."""
        return tuple(file for file in self.files if file.table in REFERENCE)

    @property
    def period_files(self) -> tuple[LakeFile, ...]:
        """The lake files of rows that belong to no single day: fees, support, tax."""
        return tuple(f for f in self.files if f.table not in REFERENCE and not _is_day(f))


def make_plan(settings: Settings, usage_date: date, transforms: Path) -> Plan:
    """Read the ledger and say what a build consists of; nothing is computed or written.

    Args:
        settings: the configuration.
        usage_date: the newest usage day (UTC) of the build.
        transforms: the dbt project.
    """
    ledger = Ledger(settings.home, {source.name for source in settings.sources})
    first = settings.schedule.first_usage_date
    last = min(usage_date, settings.schedule.last_usage_date or usage_date)
    files = tuple(file for file in ledger.current_files() if _is_within(file, first, last))
    deliveries, refusals = tuple(ledger.current_deliveries()), tuple(ledger.refusals())
    versions = tuple(ledger.versions())
    closed = closings(settings.home)
    _refuse_to_reopen(settings, closed)
    code = code_version(transforms)
    return Plan(
        fingerprint=_hash(
            settings.version,
            code,
            first,
            last,
            [(f.table, f.source_name, f.partition, f.sha256) for f in files],
            [_identity(delivery) for delivery in deliveries],
            [(version.counted.delivery_id, version.approval) for version in versions],
            [closing.model_dump(mode="json") for closing in closed],
        ),
        first_usage_date=first,
        usage_date=last,
        settings_version=settings.version,
        code_version=code,
        days=tuple(_days(files, settings.organization.model_dump_json(), code)),
        files=files,
        deliveries=deliveries,
        versions=versions,
        refusals=refusals,
        closings=closed,
    )


def _refuse_to_reopen(settings: Settings, closed: tuple[Closing, ...]) -> None:
    """A closed period must stay within the window, in the currency that it was closed in."""
    for closing in closed:
        for name, now, then in (
            ("schedule.first_usage_date", settings.schedule.first_usage_date, "first_usage_date"),
            (
                "organization.reporting_currency",
                settings.organization.reporting_currency,
                "currency",
            ),
        ):
            before = getattr(closing, then)
            if now > before if isinstance(now, date) else now != before:
                raise ConfigError(
                    "CLOSED_PERIOD_CHANGED",
                    f"{name} is {now}, but {closing.name} was closed with {before}: everything "
                    f"that was charged would look wrong. Nothing was built. Set {name} back.",
                )


def code_version(transforms: Path) -> str:
    """A hash of the dbt project's files and of the DuckDB release that runs them."""
    digest = hashlib.sha256(duckdb.__version__.encode())
    for path in sorted(p for p in transforms.rglob("*") if p.suffix in CODE_SUFFIXES):
        relative = path.relative_to(transforms)
        if relative.parts[0] not in WRITTEN_BY_DBT:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"\n{relative.as_posix()} {content}".encode())
    return digest.hexdigest()[:16]


def _is_day(file: LakeFile) -> bool:
    return len(file.partition) == DAY_LENGTH


def _is_within(file: LakeFile, first: date, last: date) -> bool:
    """Whether a file's rows lie in the window."""
    is_timeless = file.table in REFERENCE or file.partition == TIMELESS
    return is_timeless or _overlaps(file.partition, first, last)


def _overlaps(partition: str, first: date, last: date) -> bool:
    """Whether a day, or a billing period, lies in the window; what belongs to none always does."""
    length = len(partition)
    return first.isoformat()[:length] <= partition <= last.isoformat()[:length]


def _days(files: tuple[LakeFile, ...], *versions: str) -> Iterator[Day]:
    by_day: dict[str, list[LakeFile]] = defaultdict(list)
    for file in files:
        if file.table not in REFERENCE and _is_day(file):
            by_day[file.partition].append(file)
    names = sorted(by_day)
    in_force = _reference_hashes([f for f in files if f.table in REFERENCE], names)
    yield Day(EMPTY, _hash(*versions, EMPTY), ())
    for name in names:
        content = sorted((f.table, f.source_name, f.content_hash) for f in by_day[name])
        yield Day(name, _hash(*versions, content, in_force[name]), tuple(by_day[name]))


def _reference_hashes(files: list[LakeFile], days: list[str]) -> dict[str, list[tuple[str, str]]]:
    """For each day, a hash of the rows in force on it for every reference table that has any."""
    hashes: dict[str, list[tuple[str, str]]] = {day: [] for day in days}
    with duckdb.connect() as connection:
        connection.execute("create table days as select unnest($1::date[]) as usage_date", [days])
        for table, columns in REFERENCE.items():
            mount(connection, table, TABLES[table], [f.path for f in files if f.table == table])
            texts = ", ".join(f'cast("{name}" as varchar)' for name in columns if name not in DATES)
            rows = connection.execute(
                f"""
                select
                    cast(usage_date as varchar),
                    sha256(string_agg(content, '' order by content))
                from days
                inner join (
                    select valid_from, valid_to, sha256(to_json([{texts}])) as content from {table}
                ) on valid_from <= usage_date and (valid_to is null or valid_to > usage_date)
                group by usage_date
                """  # noqa: S608
            ).fetchall()
            for day, content in rows:
                hashes[day].append((table, content))
    return hashes


def _identity(delivery: CurrentDelivery) -> list[Any]:
    """What a release says of a delivery."""
    quarantined = delivery.quarantined
    return [
        delivery.source_name,
        delivery.kind,
        delivery.period,
        delivery.version,
        delivery.delivery_id,
        [asdict(total) for total in delivery.control_totals],
        quarantined.sha256 if quarantined else None,
    ]


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
