"""Cost reports of Oracle Cloud: the public sample to the last digit, and the traps of the guide."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from ingest.source import Window

NOVEMBER = Window(date(2026, 11, 1), date(2026, 11, 30))
Row = dict[str, str]


def line(cost: str = "0.012264277499950943", **values: str) -> Row:
    """A line of a report: an hour of a GPU shape."""
    row = {
        "lineItem/referenceNo": "7108a1f8",
        "lineItem/tenantId": "ocid1.tenancy.oc1..aaaa",
        "lineItem/intervalUsageStart": "2026-11-13T10:00Z",
        "lineItem/intervalUsageEnd": "2026-11-13T11:00:00Z",
        "product/service": "COMPUTE",
        "product/compartmentId": "ocid1.compartment.oc1..bbbb",
        "product/compartmentName": "ml",
        "product/region": "eu-frankfurt-1",
        "product/availabilityDomain": "ad-1",
        "product/resourceId": "ocid1.instance.oc1..cccc",
        "usage/billedQuantity": "8.000000000000000000",
        "cost/productSku": "B98415",
        "product/Description": "Compute - GPU - H100",
        "cost/unitPrice": "10.000000000000000000",
        "cost/myCost": cost,
        "cost/currencyCode": "EUR",
        "cost/skuUnitDescription": "GPU Hours",
        "lineItem/isCorrection": "false",
        "lineItem/backreferenceNo": "",
        "tags/Oracle-Tags.CreatedBy": "default/ada@example.com",
        "tags/DevRel\\hol.release": "7",
    }
    return row | {name.replace("__", "/"): value for name, value in values.items()}


class Tenancy:
    """The bucket of a tenancy's reports, and the home it is collected into."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder

    def report(self, number: int, rows: Sequence[Row]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path = self.folder / "reports" / "cost-csv" / f"{number:016}.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))

    def collect(self) -> CollectResult:
        return collect(self.settings, "oci", NOVEMBER)

    def rows(self) -> pl.DataFrame:
        files = Ledger(self.settings.home).current_files()
        charges = [file.path for file in files if file.table == "focus_charges"]
        return pl.concat([pl.read_parquet(path) for path in charges])


@pytest.fixture
def oci(make_settings: Callable[..., Settings], tmp_path: Path) -> Tenancy:
    folder = tmp_path / "bling"
    folder.mkdir()
    section = {"name": "oci", "kind": "oci_cost_report", "location": str(folder)}
    return Tenancy(make_settings(section), folder)


def test_trap_1_a_day_is_spread_over_several_files_and_each_counts_once(oci: Tenancy) -> None:
    oci.report(1, [line("1.5")])
    assert oci.collect().landed == 1
    oci.report(2, [line("2.5", lineItem__referenceNo="8e52")])
    again = oci.collect()
    assert (again.landed, again.unchanged) == (1, 1)
    assert oci.rows()["billed_cost"].sum() == Decimal(4)


def test_trap_2_a_correction_is_a_line_that_adds_to_what_it_corrects(oci: Tenancy) -> None:
    oci.report(1, [line("3")])
    pointing = {"lineItem__isCorrection": "true", "lineItem__backreferenceNo": "7108a1f8"}
    oci.report(2, [line("-1", **pointing)])
    oci.collect()
    rows = oci.rows()
    assert rows["effective_cost"].sum() == Decimal(2)
    correction = rows.filter(pl.col("charge_class") == "Correction").row(0, named=True)
    assert correction["billed_cost"] == Decimal(-1)
    assert json.loads(correction["x_columns"])["lineItem/backreferenceNo"] == "7108a1f8"


def test_trap_3_starts_have_no_seconds_and_ends_do(oci: Tenancy) -> None:
    oci.report(1, [line()])
    oci.collect()
    row = oci.rows().row(0, named=True)
    hours = f"{row['charge_period_start']:%dT%H:%M} {row['charge_period_end']:%dT%H:%M}"
    assert hours == "13T10:00 13T11:00"
    assert f"{row['billing_period_start']:%F} {row['billing_period_end']:%F}" == (
        "2026-11-01 2026-12-01"
    )


def test_trap_4_amounts_have_eighteen_decimals_or_an_exponent(oci: Tenancy) -> None:
    oci.report(1, [line(), line("6.266090E-12")])
    oci.collect()
    assert sorted(oci.rows()["billed_cost"].to_list()) == [
        Decimal("0.00000000000626609"),
        Decimal("0.012264277499950943"),
    ]


def test_trap_5_each_tag_is_a_column_with_its_namespace(oci: Tenancy) -> None:
    oci.report(1, [line()])
    oci.collect()
    row = oci.rows().row(0, named=True)
    tags = {"Oracle-Tags.CreatedBy": "default/ada@example.com", "DevRel\\hol.release": "7"}
    assert json.loads(row["tags"]) == tags
    assert (row["sub_account_name"], row["service_category"]) == ("ml", "Compute")


def test_a_file_that_is_no_report_says_which_columns_are_missing(oci: Tenancy) -> None:
    oci.report(1, [{"BilledCost": "1"}])
    (refusal,) = oci.collect().refused
    assert (refusal.code, "lineItem/tenantId" in refusal.message) == ("SCHEMA_DRIFT", True)


@pytest.mark.data
def test_a_real_report(
    make_settings: Callable[..., Settings], sample_data: Path, tmp_path: Path
) -> None:
    folder = sample_data / "billing" / "oci"
    section = {"name": "oci", "kind": "oci_cost_report", "location": str(folder), "prefix": ""}
    tenancy = Tenancy(make_settings(section), tmp_path)
    result = tenancy.collect()
    assert (result.rows, result.quarantined_rows, result.refused) == (506, 0, [])
    assert tenancy.rows()["billed_cost"].sum() == Decimal("2.523589325400648027")
    assert tenancy.rows()["service_name"].n_unique() == 8
