"""The traps of FOCUS files, by their numbers in docs/how-to/collect-a-focus-export.md."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import DeliveryRefused
from tests.ingest.focus_files import BILLED, CHARGES, as_csv, changed, read_bytes, table
from tests.ingest.test_focus_datasets import read_csv


def row(**values: str) -> dict[str, Any]:
    """The first charge of the fixture, with other values and other columns."""
    return read_bytes(as_csv([table()[0] | values])).rows.row(0, named=True)


def without(*columns: str, **values: str) -> bytes:
    """The first charge without some columns, and with others."""
    kept = {name: value for name, value in table()[0].items() if name not in columns}
    return as_csv([kept | values])


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (without("InvoiceId", "SkuMeter"), "1.0"),
        (without("InvoiceId"), "1.1"),
        (CHARGES, "1.2"),
        (without(HostProviderName="Cloud", ServiceProviderName="Seller"), "1.3"),
        (without("ProviderName", "PublisherName", ServiceProviderName="Seller"), "1.4"),
    ],
)
def test_trap_1_versions_come_side_by_side(content: bytes, version: str) -> None:
    read = read_bytes(content)
    assert read.rows["focus_version"].unique().to_list() == [version]
    assert read.rows["service_provider_name"].null_count() == 0


def test_trap_2_who_sells_is_not_who_hosts() -> None:
    charge = row(ServiceProviderName="Datadog", HostProviderName="AWS", ProviderName="AWS")
    assert charge["service_provider_name"] == "Datadog"
    assert (charge["host_provider_name"], charge["provider_name"]) == ("AWS", "AWS")


@pytest.mark.parametrize("key", ["ContractID", "ContractId"])
def test_trap_3_contracts_are_spelled_in_two_ways(key: str) -> None:
    document = json.dumps({"Elements": [{key: "c-1", "AppliedCost": 1.50}]})
    assert (
        json.loads(row(ContractApplied=document)["contract_applied"])["Elements"][0][key] == "c-1"
    )


@pytest.mark.parametrize("word", ["", "NULL"])
def test_trap_4_null_is_a_word_in_some_files(word: str) -> None:
    assert row(ResourceId=word)["resource_id"] is None


@pytest.mark.parametrize("word", ["None", "convertible", "n/a", "1,234.50"])
def test_trap_5_words_among_numbers_never_become_nothing(word: str) -> None:
    read = read_bytes(changed(1, BilledCost=word))
    assert read.reasons == [("BAD_NUMBER", "billed_cost")]


def test_trap_6_times_without_a_zone_are_utc() -> None:
    charge = row(ChargePeriodStart="2026-10-03 23:00:00", ChargePeriodEnd="2026-10-04 00:00:00")
    assert f"{charge['charge_period_start']:%Y-%m-%dT%H}" == "2026-10-03T23"


def test_trap_7_account_numbers_keep_their_zeros() -> None:
    assert row()["billing_account_id"] == "000123456789"


def test_trap_8_currencies_of_one_file_stay_apart() -> None:
    read = read_bytes(changed(1, BillingCurrency="EUR"))
    euro = [total for total in read.totals if total.billing_currency == "EUR"]
    assert sum(Decimal(total.billed_cost) for total in euro) == Decimal("98.32")
    assert read.total("billed_cost") == BILLED


def test_trap_9_tag_keys_that_differ_in_case_are_different_until_the_company_says() -> None:
    tags = '{"Application":"a","APPLICATION":"b","application":"c"}'
    assert json.loads(row(Tags=tags)["tags"]) == json.loads(tags)


def test_trap_10_one_tag_key_with_two_values_is_not_read_as_either() -> None:
    read = read_bytes(changed(1, Tags='{"team":"a","team":"b"}'))
    assert read.reasons == [("BAD_JSON", "tags")]


def test_trap_11_corrections_are_charges_of_their_own() -> None:
    charge = row(ChargeClass="Correction", BilledCost="-30.00")
    assert (charge["charge_class"], charge["billed_cost"]) == ("Correction", Decimal("-30"))
    assert row(BilledCost="-1", ChargeCategory="Usage")["charge_category"] == "Usage"


def test_trap_12_a_purchase_is_billed_and_its_usage_is_effective() -> None:
    read = read_bytes(CHARGES)
    purchase = read.rows.filter(charge_category="Purchase")
    assert purchase.select("billed_cost", "effective_cost").rows() == [(Decimal("500"), 0)]
    assert read.total("billed_cost") != read.total("effective_cost")


def test_trap_13_no_amount_is_computed_from_prices() -> None:
    """55.04 x 720 overflows DECIMAL(38,18) x DECIMAL(38,18); a delivered cost needs no product."""
    charge = row(ListUnitPrice="55.04", PricingQuantity="720", ListCost="")
    assert (charge["list_unit_price"], charge["list_cost"]) == (Decimal("55.04"), None)


def test_trap_14_more_than_18_decimals_are_rounded_once_and_counted() -> None:
    read = read_bytes(changed(1, BilledCost="0.0000000000000000005", EffectiveCost="0"))
    assert read.total("rounded_billed_cost") == Decimal("5e-19")


def test_trap_15_columns_that_focus_does_not_define_are_kept() -> None:
    charge = row(Id="7", x_Team="search", oci_ReferenceNumber="r-1")
    kept = json.loads(charge["x_columns"])
    assert (kept["Id"], kept["x_Team"], kept["oci_ReferenceNumber"]) == ("7", "search", "r-1")


def test_trap_16_a_column_that_is_nearly_one_of_focus_is_refused() -> None:
    with pytest.raises(DeliveryRefused) as error:
        read_bytes(CHARGES.replace(b"ServiceName", b"ServiceNames", 1))
    assert error.value.code == "SCHEMA_DRIFT"


def test_trap_17_commitments_and_invoices_are_no_charges(tmp_path: Path) -> None:
    commitment = {
        "ContractCommitmentId": "c-1",
        "ContractCommitmentCategory": "Spend",
        "ContractCommitmentCost": "280460.16",
        "ContractCommitmentPeriodStart": "2026-05-01T16:00:00Z",
        "ContractCommitmentPeriodEnd": "2027-05-01T16:00:00Z",
    }
    batch = read_csv(tmp_path, commitment)
    assert (batch.table, batch.control_totals) == ("contract_commitments", ())


def test_trap_18_prices_in_credits_or_tokens_are_not_the_billing_currency() -> None:
    charge = row(PricingCurrency="DBU", PricingCurrencyEffectiveCost="140", BilledCost="98.32")
    assert (charge["billing_currency"], charge["pricing_currency"]) == ("USD", "DBU")
    assert charge["pricing_currency_effective_cost"] == 140
    assert charge["billed_cost"] == Decimal("98.32")
