"""A small lake, made by hand: deliveries as the collector would have left them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from ingest.lake import LakeWriter
from ingest.landing import Landing
from ingest.records import Typed
from ingest.schemas import REFERENCE, TABLES
from ingest.source import Batch, ControlTotal

FIRST = date(2026, 10, 1)


def charge(key: str, day: int, cost: str, sub_account: str | None = "acct-a") -> dict[str, Any]:
    """A usage charge of one day of October 2026."""
    start = datetime(2026, 10, day)  # noqa: DTZ001 - the lake keeps UTC without a zone
    return {
        "charge_key": key,
        "billing_account_id": "1000",
        "sub_account_id": sub_account,
        "service_provider_name": "Example Cloud",
        "billing_currency": "EUR",
        "billing_period_start": datetime(2026, 10, 1),  # noqa: DTZ001
        "billing_period_end": datetime(2026, 11, 1),  # noqa: DTZ001
        "charge_category": "Usage",
        "charge_period_start": start,
        "charge_period_end": start + timedelta(days=1),
        "billed_cost": Decimal(cost),
        "effective_cost": Decimal(cost),
    }


def fee(key: str, cost: str) -> dict[str, Any]:
    """A charge of the whole month."""
    return charge(key, 1, cost) | {"charge_period_end": datetime(2026, 11, 1)}  # noqa: DTZ001


def rule(
    sub_account: str, team: str, since: date = FIRST, until: date | None = None
) -> dict[str, Any]:
    """A row of `owner_rules`."""
    return {
        "rule_id": f"{sub_account}-{team}",
        "priority": 1,
        "match_field": "sub_account_id",
        "match_value": sub_account,
        "team": team,
        "valid_from": since,
        "valid_to": until,
    }


@dataclass
class Lake:
    """Writes deliveries into a home folder."""

    home: Path
    sequence: int = 0

    def deliver_charges(self, *rows: dict[str, Any], key: str = "october.csv") -> None:
        """Deliver the charges of October 2026; replaces the delivery before."""
        total = ControlTotal(
            service_provider_name="Example Cloud",
            billing_account_id="1000",
            billing_period=FIRST,
            billing_currency="EUR",
            row_count=len(rows),
            billed_cost=str(sum(row["billed_cost"] for row in rows)),
            effective_cost=str(sum(row["effective_cost"] for row in rows)),
        )
        partitions = [
            str(row["charge_period_start"].date())
            if row["charge_period_end"] - row["charge_period_start"] <= timedelta(days=1)
            else "2026-10"
            for row in rows
        ]
        self.deliver("bill", "2026-10", "focus_charges", rows, partitions, key=key, totals=(total,))

    def deliver_rules(self, *rows: dict[str, Any]) -> None:
        """Deliver `owner_rules`; replaces those before."""
        self.deliver("company", "reference", "owner_rules", rows, ["reference"] * len(rows))

    def deliver(
        self,
        source: str,
        period: str,
        table: str,
        rows: tuple[dict[str, Any], ...],
        partitions: list[str],
        *,
        key: str = "file.csv",
        totals: tuple[ControlTotal, ...] = (),
    ) -> None:
        """Write lake files and make the delivery current."""
        self.sequence += 1
        lineage = [{"object_key": key, "object_row": i + 1} for i in range(len(rows))]
        frame = pl.DataFrame(
            [row | line for row, line in zip(rows, lineage, strict=True)], schema=TABLES[table]
        ).drop("source_name", "object_sha256")
        identity = f"{self.sequence:04d}-{source}"
        with LakeWriter(self.home, source, identity, {key: f"sha-of-{key}"}) as writer:
            writer.add(Batch(table, frame, pl.Series(partitions), None, totals))
            files, quarantined, control_totals = writer.finish()
        Landing(self.home, source).complete(
            Typed(
                source_name=source,
                kind="reference" if table in REFERENCE else "focus",
                period=period,
                version=f"v{self.sequence}",
                order=f"{self.sequence:04d}",
                sequence=self.sequence,
                delivery_id=identity,
                reader_version="1",
                covers_through=None,
                object_count=1,
                row_count=len(rows),
                files=files,
                quarantined=quarantined,
                control_totals=control_totals,
            )
        )
