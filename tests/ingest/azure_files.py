"""Runs of Azure Cost Management exports in a folder, collected as the pipeline does."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from ingest.source import Window

MakeSettings = Callable[..., Settings]
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))
VM = (
    "/subscriptions/0a1b/resourceGroups/RG-ML/providers/Microsoft.Compute"
    "/virtualMachines/nd96-h100-01"
)
RESERVATION = "/providers/Microsoft.Capacity/reservationOrders/49ed/reservations/f39d"
Row = dict[str, str]


def usage(**values: str) -> Row:
    """A row of usage under the headers of an Enterprise Agreement."""
    row = {
        "BillingAccountId": "8611537",
        "BillingAccountName": "Example AG",
        "BillingPeriodStartDate": "10/01/2026",
        "BillingPeriodEndDate": "10/31/2026",
        "BillingProfileId": "8611537",
        "BillingProfileName": "Example AG",
        "SubscriptionId": "0a1b",
        "SubscriptionName": "ml-serving",
        "Date": "10/02/2026",
        "ProductName": "ND H100 v5",
        "MeterId": "m-1",
        "MeterCategory": "Virtual Machines",
        "MeterName": "ND96isr H100 v5",
        "Quantity": "24",
        "EffectivePrice": "98.32",
        "CostInBillingCurrency": "2359.68",
        "UnitPrice": "98.32",
        "BillingCurrencyCode": "USD",
        "ResourceLocation": "EastUS2",
        "ConsumedService": "Microsoft.Compute",
        "ResourceId": VM,
        "ResourceName": "nd96-h100-01",
        "AdditionalInfo": '{"ServiceType":"Standard_ND96isr_H100_v5"}',
        "Tags": '"team": "search","cost center": "R&D, GenAI"',
        "UnitOfMeasure": "1 Hour",
        "ServiceFamily": "Compute",
        "ReservationId": "",
        "Term": "",
        "ChargeType": "Usage",
        "Frequency": "UsageBased",
        "PublisherType": "Azure",
        "PublisherName": "",
        "PricingModel": "OnDemand",
        "benefitId": "",
        "benefitName": "",
    }
    return row | values


def covered(cost: str, **values: str) -> Row:
    """Usage that a reservation covers: free in the actual export, paid for in the amortized one."""
    named = {"ReservationId": "f39d", "benefitId": RESERVATION, "benefitName": "H100, 3 years"}
    return (
        usage(
            CostInBillingCurrency=cost,
            EffectivePrice="0" if cost == "0" else "60",
            PricingModel="Reservation",
            **named,
        )
        | values
    )


def purchase(cost: str) -> Row:
    """The monthly payment of a reservation; in the actual export alone."""
    return covered(
        cost, ChargeType="Purchase", Frequency="Recurring", ResourceId=RESERVATION, Tags=""
    )


def unused(cost: str) -> Row:
    """Hours of a reservation that nobody used; in the amortized export alone."""
    return covered(cost, ChargeType="UnusedReservation", ResourceId=RESERVATION, Tags="")


ACTUAL = (usage(), covered("0"), purchase("1488"))
AMORTIZED = (usage(), covered("1440"), unused("48"))


def as_csv(rows: Sequence[Row]) -> bytes:
    """Rows as an export writes them, with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@dataclass(frozen=True)
class Exports:
    """The container of a company's exports, and the home it is collected into."""

    settings: Settings
    folder: Path

    def put(self, key: str, content: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def run(
        self,
        kind: str,
        parts: Iterable[Sequence[Row]],
        *,
        run: str = "1",
        day: int = 2,
        through: int = 31,
        suffix: str = ".csv",
        folder: str | None = None,
        **changes: Any,
    ) -> str:
        """Write one run of an export; returns the folder of the run."""
        export = kind.lower()
        folder = folder or f"costs/{export}/20261001-20261031/202610{day:02}0900/{export}-{run}"
        blobs = []
        for number, rows in enumerate(parts):
            content = as_csv(rows)
            stored = gzip.compress(content, mtime=0) if suffix.endswith(".gz") else content
            name = f"{folder}/part_{number}_0001{suffix}"
            self.put(name, stored)
            blobs.append(
                {"blobName": name, "byteCount": len(stored), "dataRowCount": len(rows)},
            )
        manifest = {
            "exportConfig": {"exportName": export, "resourceId": "/scope", "type": kind},
            "runInfo": {
                "submittedTime": f"2026-10-{day:02}T09:00:00.1032074Z",
                "runId": f"{export}-{run}",
                "startDate": "2026-10-01T00:00:00",
                "endDate": f"2026-10-{through:02}T00:00:00",
            },
            "blobCount": len(blobs),
            "dataRowCount": sum(int(str(blob["dataRowCount"])) for blob in blobs),
            "blobs": blobs,
        }
        self.put(f"{folder}/manifest.json", json.dumps(manifest | changes).encode())
        return folder

    def pair(
        self, actual: Sequence[Row] = ACTUAL, amortized: Sequence[Row] = AMORTIZED, **options: Any
    ) -> None:
        """Write a run of each export."""
        self.run("ActualCost", [actual], **options)
        self.run("AmortizedCost", [amortized], **options)

    def collect(self) -> CollectResult:
        return collect(self.settings, "azure", OCTOBER)

    def refusals(self) -> list[str]:
        return [refusal.code for refusal in self.collect().refused]

    def rows(self) -> pl.DataFrame:
        """The current charges in the lake."""
        files = [
            file
            for file in Ledger(self.settings.home).current_files()
            if file.table == "focus_charges"
        ]
        return pl.concat([pl.read_parquet(file.path) for file in files])

    def totals(self) -> tuple[Decimal, Decimal]:
        """Billed and effective cost in the lake, equal to the control totals."""
        rows = self.rows()
        stated = [
            t for d in Ledger(self.settings.home).current_deliveries() for t in d.control_totals
        ]
        billed, effective = rows["billed_cost"].sum(), rows["effective_cost"].sum()
        assert billed == sum((Decimal(total.billed_cost) for total in stated), Decimal(0))
        assert effective == sum((Decimal(total.effective_cost) for total in stated), Decimal(0))
        return billed, effective


def exports(make_settings: MakeSettings, folder: Path, **options: Any) -> Exports:
    """An empty container, configured as the source `azure`."""
    folder.mkdir(exist_ok=True)
    section = {"name": "azure", "kind": "azure_cost", "location": str(folder), **options}
    return Exports(make_settings(section), folder)
