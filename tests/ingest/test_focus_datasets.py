"""The datasets of FOCUS 1.4 beside Cost and Usage."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from apportion.errors import DeliveryRefused
from ingest.billing_schemas import BILLING_PERIODS, CONTRACT_COMMITMENTS, INVOICE_DETAILS
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject
from ingest.sources.focus import FocusSource
from ingest.stores import ObjectInfo
from tests.ingest.focus_files import CHARGES

INVOICE = {
    "BilledCost": "12.5",
    "BillingAccountId": "0123",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "InvoiceDetailGrain": '{"x_By":"account"}',
    "InvoiceDetailId": "d-1",
    "InvoiceId": "i-1",
    "InvoiceIssueDate": "2026-11-03T00:00:00Z",
    "InvoiceIssueStatus": "Issued",
    "InvoiceIssuerName": "Example Cloud",
    "x_Approver": "finance",
}


def as_csv(*rows: dict[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read(*paths: Path) -> list[Batch]:
    options = {"location": "/", "layout": "files", "files": ["any"]}
    source = FocusSource.from_options("example", options, Path("/"))
    infos = tuple(ObjectInfo(path.name, None, "") for path in paths)
    landed = tuple(LandedObject(path.name, path, "0" * 64) for path in paths)
    return list(source.read(LandedDelivery(Delivery("example", "file", "1", "", infos), landed)))


def read_csv(tmp_path: Path, *rows: dict[str, str]) -> Batch:
    (tmp_path / "rows.csv").write_bytes(as_csv(*rows))
    (batch,) = read(tmp_path / "rows.csv")
    return batch


def test_an_invoice_detail_is_no_charge_and_keeps_what_focus_does_not_define(
    tmp_path: Path,
) -> None:
    batch = read_csv(tmp_path, INVOICE)
    assert (batch.table, batch.control_totals) == ("invoice_details", ())
    assert batch.partitions.to_list() == ["2026-10"]
    (row,) = batch.rows.iter_rows(named=True)
    assert (row["billed_cost"], row["invoice_detail_grain"]) == (
        Decimal("12.5"),
        '{"x_By":"account"}',
    )
    assert json.loads(row["x_columns"]) == {"x_Approver": "finance"}
    assert INVOICE_DETAILS.keys() <= batch.rows.schema.keys()


def test_a_delivery_may_hold_datasets_beside_charges(tmp_path: Path) -> None:
    (tmp_path / "charges.csv").write_bytes(CHARGES)
    (tmp_path / "invoices.csv").write_bytes(as_csv(INVOICE))
    batches = read(tmp_path / "charges.csv", tmp_path / "invoices.csv")
    assert [batch.table for batch in batches] == ["focus_charges", "invoice_details"]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("BilledCost", "12,5", "BAD_NUMBER"),
        ("InvoiceIssueDate", "03.11.2026", "BAD_TIMESTAMP"),
        ("InvoiceDetailGrain", "[1]", "BAD_JSON"),
        ("InvoiceId", "", "MISSING_VALUE"),
    ],
)
def test_a_line_that_cannot_be_read_is_quarantined(
    tmp_path: Path, column: str, value: str, code: str
) -> None:
    batch = read_csv(tmp_path, INVOICE, INVOICE | {column: value})
    assert batch.rows.height == 1
    assert batch.quarantined is not None
    (row,) = batch.quarantined.iter_rows(named=True)
    assert (row["reason_code"], row["object_row"]) == (code, 2)


def test_a_dataset_without_what_every_row_needs_is_refused(tmp_path: Path) -> None:
    row = {name: value for name, value in INVOICE.items() if name != "BillingCurrency"}
    with pytest.raises(DeliveryRefused) as error:
        read_csv(tmp_path, row)
    assert error.value.code == "SCHEMA_DRIFT"
    assert "billing_currency" in error.value.message


def test_commitments_belong_to_no_month(tmp_path: Path) -> None:
    row = {
        "ContractCommitmentId": "c-1",
        "ContractCommitmentCategory": "Spend",
        "ContractCommitmentPeriodStart": "2024-01-01T00:00:00Z",
        "ContractCommitmentPeriodEnd": "2027-01-01T00:00:00Z",
    }
    batch = read_csv(tmp_path, row)
    assert (batch.table, batch.partitions.to_list()) == ("contract_commitments", ["reference"])
    assert CONTRACT_COMMITMENTS.keys() <= batch.rows.schema.keys()


@pytest.mark.data
@pytest.mark.parametrize(
    ("key", "row_count", "totals"),
    [
        ("focus-1.4/aws/billing_period.csv", 1, {}),
        ("focus-1.4/aws/invoice_detail.csv", 6, {"billed_cost": "21680.581928138869135"}),
        (
            "focus-1.3/aws_contract_commitment.csv",
            70,
            {"contract_commitment_cost": "19310830.72"},
        ),
        (
            "focus-1.3/azure_contract_commitment.csv",
            69,
            {"contract_commitment_cost": "37540741.12"},
        ),
    ],
)
def test_a_public_dataset_has_its_stated_total(
    sample_data: Path, key: str, row_count: int, totals: dict[str, str]
) -> None:
    batches = read(sample_data / "billing" / key)
    rows = pl.concat([batch.rows for batch in batches])
    assert all(batch.table.removesuffix("s") in key for batch in batches)
    assert [batch.quarantined for batch in batches] == [None]
    assert rows.height == row_count
    assert {column: rows[column].sum() for column in totals} == {
        column: Decimal(total) for column, total in totals.items()
    }


def test_the_state_of_a_period_is_read(tmp_path: Path) -> None:
    row = {
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "BillingPeriodStatus": "Open",
        "InvoiceIssuerName": "Example Cloud",
    }
    batch = read_csv(tmp_path, row)
    assert (batch.table, batch.rows["billing_period_status"].to_list()) == (
        "billing_periods",
        ["Open"],
    )
    assert BILLING_PERIODS.keys() <= batch.rows.schema.keys()
