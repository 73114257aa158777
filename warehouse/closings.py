"""Closed billing periods: what was charged, for ever.

    closings/2026-10/closing.json       who closed it, when, from which release, and the hashes
    closings/2026-10/entries.parquet    what its statements charge, charge by charge
    closings/2026-10/statements/        the statements themselves, as they were issued

A closing is written once and never changes; it is an input of every later build, which shows the
closed statements as they were and posts what has changed since to the next open period.
"""

import calendar
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import polars as pl
from pydantic import BaseModel

from apportion.errors import ConfigError, GateRefused
from apportion.settings import Journal
from ingest.durable import make_folder, settle, sha256_of, sync_folder, write_json
from ingest.schemas import MONEY
from warehouse.register import Issue
from warehouse.releases import Release
from warehouse.reviews import Review, reviewed, reviews
from warehouse.statement_data import Sign, headers, read_statements
from warehouse.statements import Office, write_issued

FOLDER, RECORD, ENTRIES, STATEMENTS = "closings", "closing.json", "entries.parquet", "statements"
MOST_NAMED = 5

KEYS = (
    *("source_charge_key", "business_unit", "cost_center", "team", "model", "deployment"),
    *("purpose", "cost_class", "provider", "service_name", "currency"),
)
ENTRY: dict[str, pl.DataType | type[pl.DataType]] = {
    "statement_period": pl.Date,
    "billing_period": pl.Date,
    **dict.fromkeys(KEYS, pl.String),
    "billed_cost": MONEY,
    "effective_cost": MONEY,
}
"""An entry of a closed statement; one of an earlier `billing_period` is an adjustment."""

Accepted = Literal["quarantine", "refused", "unfinished", "unreviewed"]


class Closing(BaseModel, frozen=True):
    """The record of a closed period; `files` are the hashes of everything beside it."""

    billing_period: date
    closed_by: str
    closed_at: datetime
    accepted: tuple[str, ...]
    generation: int
    release_sha256: str
    charged_measure: str
    currency: str
    first_usage_date: date
    files: dict[str, str]
    reviews: tuple[Review, ...] = ()

    @property
    def name(self) -> str:
        """The period as `2026-10`."""
        return f"{self.billing_period:%Y-%m}"

    def folder(self, home: Path) -> Path:
        """Where the closing is kept."""
        return home / FOLDER / self.name

    def issue(self, home: Path) -> Issue:
        """What the statements' register says of the period."""
        return Issue(
            period=self.name,
            folder=self.folder(home) / STATEMENTS,
            issued_by=self.closed_by,
            issued_at=self.closed_at,
            reviews={review.statement_id: review for review in self.reviews},
        )


def closings(home: Path) -> tuple[Closing, ...]:
    """All closed periods, oldest first.

    Raises:
        GateRefused: `CLOSING_DAMAGED`, a file is not what it was when the period was closed.
    """
    found = []
    for record in sorted((home / FOLDER).glob(f"[0-9]*/{RECORD}")):
        closing = Closing.model_validate_json(record.read_bytes())
        for name, digest in closing.files.items():
            path = record.parent / name
            if not path.is_file() or sha256_of(path) != digest:
                raise GateRefused(
                    "CLOSING_DAMAGED",
                    f"{path}: it is not the file that was closed by {closing.closed_by} on "
                    f"{closing.closed_at:%Y-%m-%d}. Nothing was published. Restore it from a "
                    "backup.",
                )
        found.append(closing)
    return tuple(found)


def close(
    home: Path,
    release: Release,
    period: date,
    *,
    by: str,
    accept: Iterable[Accepted] = (),
    journal: Journal | None = None,
) -> Closing:
    """Close a billing period as the current release charges it.

    Args:
        home: the home folder.
        release: the current release.
        period: the first day of the month.
        by: who closes it.
        accept: findings to close in spite of: rows of the period in `quarantine`, deliveries of it
            that were `refused`, a period whose days are not all there yet (`unfinished`),
            statements that nobody reviewed as they are (`unreviewed`).
        journal: the accounts that the period's journal books to.

    Returns:
        The closing; of a period that is closed already, the one that there is.

    Raises:
        ConfigError: `CLOSE_REFUSED`, with everything that stands in the way.
    """
    before = closings(home)
    for closing in before:
        if closing.billing_period == period:
            return closing
    accepted = tuple(sorted(set(accept)))
    with duckdb.connect(release.path(home), read_only=True) as connection:
        held = _reviews(home, connection, period)
        problems = [
            *_order(connection, before, period),
            *_findings(connection, period, accepted),
            *_unreviewed(held, accepted),
        ]
        if problems:
            raise ConfigError(
                "CLOSE_REFUSED", f"{period:%Y-%m}: " + " ".join(problems) + " Nothing was closed."
            )
        signed = {
            "billing_period": period,
            "closed_by": by,
            "accepted": accepted,
            "closed_at": datetime.now(UTC).replace(microsecond=0),
            "reviews": tuple(review for review in held.values() if review),
        }
        return _write(home, connection, release, signed, journal)


def _reviews(
    home: Path, connection: duckdb.DuckDBPyConnection, period: date
) -> dict[str, Review | None]:
    wanted = [header for header in headers(connection) if header.billing_period == period]
    return reviewed(read_statements(connection, wanted), reviews(home))


def _unreviewed(held: dict[str, Review | None], accepted: tuple[str, ...]) -> Iterator[str]:
    missing = [statement for statement, review in held.items() if review is None]
    if missing and "unreviewed" not in accepted:
        named = ", ".join(missing[:MOST_NAMED]) + (" …" if len(missing) > MOST_NAMED else "")
        yield (
            f"Nobody reviewed {len(missing)} of {len(held)} statements as they are now ({named}): "
            "`apportion review`, or close with --accept unreviewed."
        )


def _order(
    connection: duckdb.DuckDBPyConnection, before: tuple[Closing, ...], period: date
) -> Iterator[str]:
    """A release closes its oldest open period, and knows all closings before."""
    rows = connection.execute(
        "select distinct billing_period, status from main.statements order by 1"
    ).fetchall()
    known = {day for day, status in rows if status != "draft"}
    is_open = [day for day, status in rows if status == "draft"]
    if period not in is_open:
        yield "The current release has no open statement of this period."
    elif is_open[0] != period:
        yield f"{is_open[0]:%Y-%m} is still open: periods are closed oldest first."
    if {closing.billing_period for closing in before} - known:
        yield "The current release does not know the last closing yet: `apportion run` first."


def _findings(
    connection: duckdb.DuckDBPyConnection, period: date, accepted: tuple[str, ...]
) -> Iterator[str]:
    month = f"{period:%Y-%m}"
    last = period.replace(day=calendar.monthrange(period.year, period.month)[1])
    counts = {
        "unfinished": (
            "select count(*) from landing.run where usage_date < ?",
            last,
            f"its days are not all there: the release ends before {last}.",
        ),
        "quarantine": (
            "select count(*) from main.quarantine where billing_period = ?",
            period,
            "rows of it are in quarantine.",
        ),
        "refused": (
            "select count(*) from landing.refused_deliveries where starts_with(period, ?)",
            month,
            "a delivery of it was refused.",
        ),
    }
    for name, (query, parameter, text) in counts.items():
        row = connection.execute(query, [parameter]).fetchone()
        if row and row[0] and name not in accepted:
            yield f"{text[0].upper()}{text[1:]} Mend that, or close with --accept {name}."


def _write(
    home: Path,
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    signed: dict[str, Any],
    journal: Journal | None,
) -> Closing:
    """Write everything beside its final place, then give it its name in one step."""
    period = signed["billing_period"]
    target = home / FOLDER / f"{period:%Y-%m}"
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    make_folder(fresh)
    _entries(connection, period).write_parquet(fresh / ENTRIES, compression="zstd")
    sign = Sign(signed["closed_by"], signed["closed_at"])
    office = Office(reviews=reviews(home), journal=journal)
    write_issued(connection, period, fresh / STATEMENTS, sign, office)
    paths = sorted(path for path in fresh.rglob("*") if path.is_file())
    for path in paths:
        settle(path, path)
        sync_folder(path.parent)
    closing = Closing(
        generation=release.generation,
        release_sha256=release.sha256,
        files={str(path.relative_to(fresh)): sha256_of(path) for path in paths},
        **signed,
        **_terms(connection),
    )
    write_json(fresh / RECORD, closing.model_dump(mode="json"))
    fresh.rename(target)
    sync_folder(target.parent)
    return closing


def _terms(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    row = connection.execute(
        "select statement_measure, reporting_currency, first_usage_date from landing.run"
    ).fetchone()
    assert row is not None  # noqa: S101 - a release has one row of parameters
    return dict(zip(("charged_measure", "currency", "first_usage_date"), row, strict=True))


def _entries(connection: duckdb.DuckDBPyConnection, period: date) -> pl.DataFrame:
    """What the period's statements charge: its own ledger, and adjustments of earlier periods."""
    keys = ", ".join(KEYS)
    rows = connection.execute(
        f"""
        select $1 as statement_period, billing_period, {keys}, sum(billed_cost) as billed_cost,
            sum(effective_cost) as effective_cost
        from (
            select
                billing_period, {keys.replace("currency", "reporting_currency as currency")},
                reporting_billed_cost as billed_cost, reporting_effective_cost as effective_cost
            from main.cost_ledger
            where billing_period = $1
            union all
            select adjusted_period, {keys}, billed_cost, effective_cost
            from main.adjustments
            where billing_period = $1
        )
        group by all
        order by all
        """,  # noqa: S608 - our own column names
        [period],
    ).pl()
    return rows.match_to_schema(pl.Schema(ENTRY))
