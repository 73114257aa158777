"""What a build leaves for the next steps, which may run in other processes."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from ingest.durable import write_json
from ingest.ledger import LakeFile
from warehouse.checks import Check

RECORD = "build.json"


@dataclass(frozen=True, slots=True)
class Total:
    """What a release attributes in one billing currency."""

    billing_currency: str
    billed_cost: Decimal
    effective_cost: Decimal


def ledger_totals(connection: duckdb.DuckDBPyConnection) -> tuple[Total, ...]:
    """What the ledger of a release attributes, by billing currency."""
    rows = connection.execute(
        "select billing_currency, sum(billed_cost), sum(effective_cost) from main.cost_ledger "
        "group by billing_currency order by billing_currency"
    ).fetchall()
    return tuple(Total(*row) for row in rows)


def amounts(totals: Iterable[Total]) -> dict[str, str]:
    """Totals as exact decimal text, by measure and currency."""
    return {
        f"{measure} {total.billing_currency}": str(getattr(total, measure))
        for total in totals
        for measure in ("billed_cost", "effective_cost")
    }


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A finished build, not yet checked as a whole and not yet published.

    `fingerprint` is the plan's: builds that would say the same have the same. `dbt_results` are the
    checks that dbt made on the way, those of carried days included.
    """

    path: Path
    fingerprint: str
    days_computed: tuple[str, ...]
    days_carried: tuple[str, ...]
    dbt_results: tuple[Check, ...]
    lake_files: tuple[LakeFile, ...]
    totals: tuple[Total, ...]

    @property
    def amounts(self) -> dict[str, str]:
        """The totals as exact decimal text, by measure and currency."""
        return amounts(self.totals)

    def save(self) -> None:
        """Write `build.json` beside the database."""
        write_json(self.path.parent / RECORD, ADAPTER.dump_python(self, mode="json"))

    @classmethod
    def load(cls, folder: Path) -> "BuildResult":
        """Read a build's `build.json`."""
        return ADAPTER.validate_json((folder / RECORD).read_bytes())


ADAPTER = TypeAdapter(BuildResult)
