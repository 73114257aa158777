"""The public Azure exports, read with the totals that their README states, to the last digit."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.errors import DeliveryRefused
from ingest import totals
from ingest.source import Batch, LandedDelivery, LandedObject, Window
from ingest.sources.azure import AzureCostSource
from ingest.sources.azure.rows import SINGLE_UNIT, region_id
from tests.ingest.azure_files import OCTOBER

pytestmark = pytest.mark.data
Read = Callable[..., list[Batch]]


def read(folder: Path, window: Window = OCTOBER, **options: Any) -> list[Batch]:
    """Read the one delivery of configured files."""
    section = {"location": str(folder), "layout": "files", **options}
    source = AzureCostSource.from_options("azure", section, Path("/"))
    (delivery,) = source.discover(window)
    objects = tuple(LandedObject(o.key, folder / o.key, "0" * 64) for o in delivery.objects)
    return list(source.read(LandedDelivery(delivery, objects)))


def delivered(batches: list[Batch], cost: str) -> Decimal:
    """What was delivered: stored, plus what rounding removed."""
    total = totals.merge(total for batch in batches for total in batch.control_totals)
    assert len({one.billing_currency for one in total}) == 1
    return sum(
        (Decimal(getattr(one, cost)) + Decimal(getattr(one, f"rounded_{cost}")) for one in total),
        Decimal(0),
    )


def test_actual_and_amortized_extracts_are_billed_and_effective_cost(sample_data: Path) -> None:
    pair = {"actual": "EA_ActualCost_Small.csv", "amortized": "EA_AmortizedCost_Small.csv"}
    batches = read(sample_data / "billing" / "azure-native", files=[pair])
    assert delivered(batches, "billed_cost") == Decimal("8.5450077867419368")
    assert delivered(batches, "effective_cost") == Decimal("16.296932136636644627485419")
    rows = pl.concat([batch.rows for batch in batches])
    assert rows.height == 11 + 28 - 10  # ten rows stand in both extracts
    purchase = rows.filter(pl.col("charge_category") == "Purchase")
    assert purchase.select("billed_cost", "effective_cost").rows() == [(Decimal("3.25"), 0)]


@pytest.mark.parametrize(
    ("key", "row_count", "currency", "total"),
    [
        ("ea_anonymous_2023-09_CAD.csv", 27, "CAD", "1.26136926505726"),
        ("generated_2026-08_EUR.csv", 124, "EUR", "20.09334735119487235"),
        ("headerset_PayAsYouGo.csv", 1, "USD", "0.075"),
    ],
)
def test_a_public_export_has_its_stated_total(
    sample_data: Path, key: str, row_count: int, currency: str, total: str
) -> None:
    batches = read(
        sample_data / "billing" / "azure-native", datasets="actual", files=[{"actual": key}]
    )
    rows = pl.concat([batch.rows for batch in batches])
    assert rows.height == row_count
    assert rows["billing_currency"].unique().to_list() == [currency]
    assert (
        rows["charge_period_start"]
        .dt.date()
        .is_between(rows["billing_period_start"].dt.date(), rows["billing_period_end"].dt.date())
        .all()
    )
    assert delivered(batches, "billed_cost") == delivered(batches, "effective_cost")
    assert delivered(batches, "billed_cost") == Decimal(total)


def test_an_export_that_lacks_a_field_in_every_row_is_refused_until_it_is_complete(
    sample_data: Path, tmp_path: Path
) -> None:
    source = sample_data / "billing" / "azure-native" / "template_minimal_columns.csv"
    options = {"datasets": "actual", "billing_currency": "CAD"}
    with pytest.raises(DeliveryRefused) as error:
        read(source.parent, files=[{"actual": source.name}], **options)
    assert error.value.code == "INPUT_RAGGED"
    header, *lines = source.read_text().splitlines()
    complete = "\n".join([header, *(f"{line}," for line in lines), ""])
    (tmp_path / "complete.csv").write_text(complete)
    batches = read(tmp_path, files=[{"actual": "complete.csv"}], **options)
    assert sum(batch.rows.height for batch in batches) == 87
    assert delivered(batches, "billed_cost") == Decimal("16.393506212224391")


def test_the_headers_of_an_enterprise_agreement_show_a_reservation(
    sample_data: Path, tmp_path: Path
) -> None:
    source = sample_data / "billing" / "azure-native" / "headerset_Enterprise.csv"
    (tmp_path / "one.csv").write_bytes(source.read_bytes() + b"\n")
    with pytest.raises(DeliveryRefused) as error:
        read(tmp_path, datasets="actual", files=[{"actual": "one.csv"}])
    assert error.value.code == "COMMITMENTS_UNPRICED"
    batches = read(tmp_path, files=[{"actual": "one.csv", "amortized": "one.csv"}])
    (charge,) = batches[0].rows.iter_rows(named=True)
    assert charge["sku_meter"] == "E4 v3/E4s v3"
    assert str(charge["billing_period_end"])[:10] == "2021-06-01"


def test_block_sizes_are_told_from_single_units_as_the_reference_table_has_them(
    sample_data: Path,
) -> None:
    units = pl.read_csv(
        sample_data / "billing" / "azure-reference" / "PricingUnits.csv", infer_schema=False
    )
    assert units.height == 383
    single = units.filter(pl.col("UnitOfMeasure").str.contains(SINGLE_UNIT))
    assert single.height == 100
    assert single["PricingBlockSize"].unique().to_list() == ["1"]


def test_a_region_is_its_name_without_spaces_in_lower_case(sample_data: Path) -> None:
    regions = pl.read_csv(
        sample_data / "billing" / "azure-reference" / "Regions.csv", infer_schema=False
    )
    assert regions.height == 500
    assert regions.select((region_id(pl.col("RegionName")) == pl.col("RegionId")).all()).item()
