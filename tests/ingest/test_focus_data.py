"""The public FOCUS files, read with the totals that their README states, to the last digit."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from apportion.errors import DeliveryRefused
from tests.ingest.focus_files import read_files

pytestmark = pytest.mark.data
FILES = [
    ("focus-1.0/focus_sample.csv", "1.0", 1000, {"USD": ("20.52022672899", "14.97651418586")}),
    (
        "focus-1.2/aws_cost_and_usage.csv.gz",
        "1.2",
        1000,
        {"USD": ("18857.12462367903375", "18857.12462367903375")},
    ),
    (
        "focus-1.2/gcp_cost_and_usage.csv.gz",
        "1.2",
        1000,
        {"USD": ("31758.2106338807835", "31758.2106338807835")},
    ),
    (
        "focus-1.3/aws_cost_and_usage.csv.gz",
        "1.3",
        1000,
        {"USD": ("21680.581928138869135", "21680.581928138869135")},
    ),
    (
        "focus-1.3/azure_cost_and_usage.csv.gz",
        "1.3",
        1000,
        {"USD": ("37603.158611616752", "37603.158611616752")},
    ),
    (
        "focus-1.3/consolidated_multi_provider.csv",
        "1.3",
        4,
        {"EUR": ("100", "100"), "USD": ("208", "208")},
    ),
    (
        "focus-1.4/aws/cost_and_usage.csv.gz",
        "1.4",
        1000,
        {"USD": ("21680.581928138869135", "21680.581928138869135")},
    ),
]


@pytest.mark.parametrize(
    ("key", "version", "row_count", "expected"), FILES, ids=[key for key, *_ in FILES]
)
def test_a_public_file_has_its_stated_totals(
    sample_data: Path,
    key: str,
    version: str,
    row_count: int,
    expected: dict[str, tuple[str, str]],
) -> None:
    read = read_files([sample_data / "billing" / key])
    assert read.quarantined.height == 0
    assert read.rows["charge_key"].n_unique() == row_count == read.total("row_count")
    assert read.rows["focus_version"].unique().to_list() == [version]
    exact = {currency: tuple(map(Decimal, amounts)) for currency, amounts in expected.items()}
    typed = {
        currency: (rows["billed_cost"].sum(), rows["effective_cost"].sum())
        for (currency,), rows in read.rows.group_by("billing_currency")
    }
    stated: dict[str, tuple[Decimal, ...]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for total in read.totals:
        billed, effective = stated[total.billing_currency]
        stated[total.billing_currency] = (
            billed + Decimal(total.billed_cost),
            effective + Decimal(total.effective_cost),
        )
    assert typed == exact == stated
    assert read.total("rounded_billed_cost") == 0


def test_the_1_0_file_has_its_stated_totals_per_provider(sample_data: Path) -> None:
    read = read_files([sample_data / "billing" / "focus-1.0" / "focus_sample.csv"])
    typed = {
        provider: (rows["billed_cost"].sum(), rows["effective_cost"].sum())
        for (provider,), rows in read.rows.group_by("service_provider_name")
    }
    assert typed == {
        "AWS": (Decimal("18.0066386184"), Decimal(13)),
        "Microsoft": (Decimal("1.97651418586"), Decimal("1.97651418586")),
        "Oracle": (Decimal("0.53707392473"), Decimal(0)),
    }
    assert read.rows["x_columns"].str.starts_with('{"Id":').all()
    oracle = read.rows.filter(service_provider_name="Oracle")
    assert oracle["contracted_cost"].null_count() == oracle.height


@pytest.mark.parametrize(
    "key",
    [
        "focus-1.3/scenario_correction_set.csv",
        "focus-1.3/scenario_split_allocation_equal.csv",
        "focus-1.3/scenario_split_allocation_weighted.csv",
        "oci/reports_cost-csv_0000000030000269.csv.gz",
    ],
)
def test_a_file_that_is_no_cost_and_usage_file_is_refused(sample_data: Path, key: str) -> None:
    with pytest.raises(DeliveryRefused) as caught:
        read_files([sample_data / "billing" / key])
    assert caught.value.code == "SCHEMA_DRIFT"


def test_1_3_and_1_4_files_of_the_same_charges_read_alike(
    sample_data: Path,
) -> None:
    """1.3 and 1.4 hold the same charges; 1.4 drops two names and adds invoice detail ids."""
    newer = read_files([sample_data / "billing" / "focus-1.4/aws/cost_and_usage.csv.gz"])
    older = read_files([sample_data / "billing" / "focus-1.3/aws_cost_and_usage.csv.gz"])
    shared = ["billed_cost", "sku_price_id", "charge_period_start", "resource_id"]
    assert newer.rows.select(shared).sort(shared).equals(older.rows.select(shared).sort(shared))
