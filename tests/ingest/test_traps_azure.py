"""The traps of Azure bills, by their numbers in docs/how-to/collect-azure-bills.md."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apportion.errors import ConfigError
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest.azure_files import (
    ACTUAL,
    AMORTIZED,
    OCTOBER,
    RESERVATION,
    VM,
    Exports,
    MakeSettings,
    Row,
    as_csv,
    covered,
    exports,
    usage,
)

BOTH = (Decimal("3847.68"), Decimal("3847.68"))


@pytest.fixture
def azure(make_settings: MakeSettings, tmp_path: Path) -> Exports:
    return exports(make_settings, tmp_path / "costs")


@pytest.fixture
def actual_alone(make_settings: MakeSettings, tmp_path: Path) -> Exports:
    return exports(make_settings, tmp_path / "costs", datasets="actual")


def one(azure: Exports, row: Row) -> dict[str, object]:
    """The charge that one row of actual cost becomes."""
    azure.run("ActualCost", [[row]])
    assert not azure.collect().refused
    return azure.rows().row(0, named=True)


def test_trap_1_every_run_holds_the_month_so_far_and_replaces_it(azure: Exports) -> None:
    azure.pair(day=2)
    azure.collect()
    azure.pair((*ACTUAL, usage(Date="10/03/2026")), (*AMORTIZED, usage(Date="10/03/2026")), day=3)
    assert azure.collect().landed == 1
    assert azure.totals() == (BOTH[0] + Decimal("2359.68"), BOTH[1] + Decimal("2359.68"))
    assert azure.collect().unchanged == 1


def test_trap_2_a_run_that_overwrites_the_files_of_the_last_is_a_new_delivery(
    azure: Exports,
) -> None:
    folder = azure.run("ActualCost", [ACTUAL])
    azure.run("AmortizedCost", [AMORTIZED])
    azure.collect()
    azure.run("ActualCost", [(*ACTUAL, usage(MeterId="m-2"))], folder=folder, run="2", day=3)
    azure.collect()
    assert azure.totals()[0] == BOTH[0] + Decimal("2359.68")


def test_trap_3_a_newer_run_that_covers_fewer_days_does_not_replace_a_longer_one(
    azure: Exports,
) -> None:
    azure.pair()
    azure.collect()
    azure.pair((usage(),), (usage(),), run="2", day=5, through=3)
    assert azure.refusals() == ["RESTATED_SHORTER"]
    assert azure.totals() == BOTH


@pytest.mark.parametrize("fault", ["missing file", "short file", "row count", "blob count"])
def test_trap_4_an_incomplete_run_is_refused_and_the_last_good_one_stays(
    azure: Exports, fault: str
) -> None:
    azure.pair()
    azure.collect()
    more = (*AMORTIZED, usage())
    changes = {"row count": {"dataRowCount": 5}, "blob count": {"blobCount": 2}}.get(fault, {})
    folder = azure.run("AmortizedCost", [more], run="2", day=3, **changes)
    part = azure.folder / folder / "part_0_0001.csv"
    if fault == "missing file":
        part.unlink()
    if fault == "short file":
        part.write_bytes(part.read_bytes()[:-10])
    codes = {"missing file": "MANIFEST_INCOMPLETE", "row count": "ROW_COUNT"}
    assert azure.refusals() == [codes.get(fault, "MANIFEST_INVALID")]
    assert azure.totals() == BOTH


def test_trap_5_a_run_without_a_single_row_neither_fails_nor_empties_the_month(
    azure: Exports,
) -> None:
    azure.run("ActualCost", [])
    azure.run("AmortizedCost", [])
    assert not azure.collect().refused
    azure.pair(day=3)
    azure.collect()
    azure.run("ActualCost", [], run="4", day=4)
    azure.run("AmortizedCost", [], run="4", day=4)
    assert azure.refusals() == ["EMPTY_RESTATEMENT"]
    assert azure.totals() == BOTH


def test_trap_6_actual_and_amortized_cost_are_one_spend_not_two(azure: Exports) -> None:
    azure.pair()
    azure.collect()
    assert azure.totals() == BOTH
    costs = {
        (row["charge_category"], row["commitment_discount_status"]): (
            row["billed_cost"],
            row["effective_cost"],
        )
        for row in azure.rows().iter_rows(named=True)
    }
    assert costs == {
        ("Usage", None): (Decimal("2359.68"), Decimal("2359.68")),
        ("Usage", "Used"): (0, 1440),
        ("Purchase", None): (1488, 0),
        ("Usage", "Unused"): (0, 48),
    }


def test_trap_6_equal_rows_are_paired_one_to_one(azure: Exports) -> None:
    azure.pair((usage(), usage(), usage()), (usage(), usage()))
    azure.collect()
    assert azure.totals() == (3 * Decimal("2359.68"), 2 * Decimal("2359.68"))
    assert azure.rows().height == 3


def test_trap_6_one_export_alone_is_refused_until_the_other_has_run(azure: Exports) -> None:
    azure.run("ActualCost", [ACTUAL])
    assert azure.refusals() == ["EXPORTS_APART"]
    azure.run("AmortizedCost", [AMORTIZED])
    assert not azure.refusals()
    assert azure.totals() == BOTH


def test_trap_6_exports_that_cover_different_days_are_not_combined(azure: Exports) -> None:
    azure.run("ActualCost", [ACTUAL], through=31)
    azure.run("AmortizedCost", [AMORTIZED], through=15)
    assert azure.refusals() == ["EXPORTS_APART"]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("9/2/2026", "2026-09-02"),
        ("09/02/2026", "2026-09-02"),
        ("2026-09-02", "2026-09-02"),
        ("2026-09-02T00:00:00Z", "2026-09-02"),
    ],
)
def test_trap_7_slashes_mean_that_the_month_comes_first(
    actual_alone: Exports, written: str, day: str
) -> None:
    charge = one(actual_alone, usage(Date=written))
    assert str(charge["charge_period_start"])[:10] == day
    assert str(charge["charge_period_end"])[:10] == "2026-09-03"


def test_trap_7_a_file_that_writes_the_day_first_is_refused(actual_alone: Exports) -> None:
    row = usage(BillingPeriodStartDate="01/10/2026", BillingPeriodEndDate="31/10/2026")
    actual_alone.run("ActualCost", [[row | {"Date": "02/10/2026"}] * 20])
    assert actual_alone.refusals() == ["MANY_BAD_ROWS"]
    actual_alone.run("ActualCost", [[row | {"BillingPeriodEndDate": ""}]], day=3, run="2")
    assert actual_alone.refusals() == ["PERIOD_MISMATCH"]


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        (("02/03/2026", "04/03/2026"), ["DATE_AMBIGUOUS"]),
        (("02/03/2026", "02/13/2026"), []),
        (("03/03/2026", "3/3/2026"), []),
        (("2026-03-02", "2026-03-04"), []),
    ],
)
def test_trap_7_dates_that_could_have_the_day_first_are_not_guessed(
    make_settings: MakeSettings, tmp_path: Path, dates: tuple[str, ...], code: list[str]
) -> None:
    rows = [f"sub-1,b-1,{day},Meter,1.5,USD" for day in dates]
    header = "SubscriptionId,BillingAccountId,UsageDateTime,MeterName,PreTaxCost,Currency"
    (tmp_path / "payg.csv").write_text("\n".join([header, *rows, ""]))
    section = {"name": "azure", "kind": "azure_cost", "location": str(tmp_path)}
    section |= {"layout": "files", "datasets": "actual", "files": [{"actual": "payg.csv"}]}
    window = Window(date(2026, 2, 1), date(2026, 3, 31))
    refused = collect(make_settings(section), "azure", window).refused
    assert [refusal.code for refusal in refused] == code
    assert collect(make_settings(section | {"month_first": True}), "azure", window).refused == []


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ('"team": "search","env": "prod"', {"team": "search", "env": "prod"}),
        ('{"team":"search"}', {"team": "search"}),
        ('"cost center": "R&D, \\"GenAI\\""', {"cost center": 'R&D, "GenAI"'}),
        ("", None),
    ],
)
def test_trap_8_tags_come_with_and_without_braces(
    actual_alone: Exports, written: str, tags: dict[str, str] | None
) -> None:
    text = one(actual_alone, usage(Tags=written))["tags"]
    assert (json.loads(str(text)) if text else None) == tags


def test_trap_8_tags_that_cannot_be_read_are_quarantined_with_their_amount(
    actual_alone: Exports,
) -> None:
    actual_alone.run("ActualCost", [[usage(), usage(Tags='"team": "a"; "env": "b"')]])
    assert actual_alone.collect().quarantined_rows == 1
    (total,) = Ledger(actual_alone.settings.home).current_deliveries()[0].control_totals
    assert total.quarantined_billed_cost == "2359.68"


def camel(name: str) -> str:
    return name[0].lower() + name[1:]


def german(name: str) -> str:
    return f"Überschrift ({name})"


@pytest.mark.parametrize("spelling", [str, camel, german, str.lower, str.upper])
def test_trap_9_headers_differ_by_agreement_version_and_language(
    actual_alone: Exports, spelling: "type[str]"
) -> None:
    charge = one(actual_alone, {spelling(name): value for name, value in usage().items()})
    assert charge["billed_cost"] == Decimal("2359.68")
    assert charge["resource_id"] == VM.lower()
    assert charge["sub_account_id"] == "0a1b"


def test_trap_9_two_spellings_of_one_column_in_a_file_are_refused(actual_alone: Exports) -> None:
    actual_alone.run("ActualCost", [[usage() | {"Tags (tags)": ""}]])
    assert actual_alone.refusals() == ["SCHEMA_DRIFT"]


def test_trap_10_amounts_of_several_currencies_stay_apart(actual_alone: Exports) -> None:
    actual_alone.run("ActualCost", [[usage(), usage(BillingCurrencyCode="EUR")]])
    actual_alone.collect()
    totals = Ledger(actual_alone.settings.home).current_deliveries()[0].control_totals
    assert {total.billing_currency: total.billed_cost for total in totals} == {
        "USD": "2359.68",
        "EUR": "2359.68",
    }


def test_trap_10_no_currency_is_guessed(make_settings: MakeSettings, tmp_path: Path) -> None:
    row = {name: value for name, value in usage().items() if name != "BillingCurrencyCode"}
    unknown = exports(make_settings, tmp_path / "costs", datasets="actual")
    unknown.run("ActualCost", [[row]])
    assert unknown.collect().quarantined_rows == 1
    told = exports(make_settings, tmp_path / "costs", datasets="actual", billing_currency="CAD")
    told.collect()
    assert told.rows()["billing_currency"].to_list() == ["CAD"]


def test_trap_11_amounts_with_24_decimals_and_exponents_add_up_to_the_last_digit(
    actual_alone: Exports,
) -> None:
    costs = ("0.000000000000000000239199", "5.64902E-05")
    actual_alone.run("ActualCost", [[usage(CostInBillingCurrency=cost) for cost in costs]])
    actual_alone.collect()
    (total,) = Ledger(actual_alone.settings.home).current_deliveries()[0].control_totals
    assert Decimal(total.billed_cost) + Decimal(total.rounded_billed_cost) == sum(
        map(Decimal, costs)
    )


def test_trap_12_a_reservation_is_free_in_the_actual_export_alone(actual_alone: Exports) -> None:
    actual_alone.run("ActualCost", [[usage(), covered("0")]])
    assert actual_alone.refusals() == ["COMMITMENTS_UNPRICED"]


def test_trap_13_ids_differ_in_case_between_rows_and_exports(azure: Exports) -> None:
    azure.pair(
        (covered("0"),), (covered("1440", ResourceId=VM.upper(), benefitId=RESERVATION.upper()),)
    )
    azure.collect()
    (charge,) = azure.rows().iter_rows(named=True)
    assert (charge["billed_cost"], charge["effective_cost"]) == (0, 1440)
    assert charge["resource_id"] == VM.lower()
    assert charge["commitment_discount_id"] == RESERVATION.lower()


def test_trap_14_no_join_with_prices_or_services_multiplies_rows(azure: Exports) -> None:
    rows = [usage(MeterId=f"m-{number}", MeterCategory="New") for number in range(500)]
    azure.pair(rows, rows)
    result = azure.collect()
    assert (result.rows, result.quarantined_rows) == (500, 0)


def test_trap_15_values_that_azure_adds_are_kept_and_break_nothing(actual_alone: Exports) -> None:
    row = usage(Term="P10Y", ServiceFamily="Quantum", ChargeType="CarbonOffset", Frequency="Weekly")
    charge = one(actual_alone, row)
    assert (charge["charge_category"], charge["service_category"]) == ("Adjustment", "Other")
    assert charge["charge_frequency"] is None
    assert json.loads(str(charge["x_columns"]))["Term"] == "P10Y"


def test_trap_16_the_billing_period_ends_with_its_last_day(actual_alone: Exports) -> None:
    charge = one(actual_alone, usage())
    assert str(charge["billing_period_end"])[:10] == "2026-11-01"


def test_trap_17_no_list_or_contracted_cost_is_computed(actual_alone: Exports) -> None:
    charge = one(actual_alone, usage())
    assert (charge["list_cost"], charge["contracted_cost"]) == (None, None)
    assert charge["contracted_unit_price"] == Decimal("98.32")


def test_trap_18_a_quantity_in_blocks_is_no_consumed_quantity(actual_alone: Exports) -> None:
    charge = one(actual_alone, usage(UnitOfMeasure="10K", Quantity="0.0004"))
    assert (charge["consumed_quantity"], charge["consumed_unit"]) == (None, None)
    assert (charge["pricing_quantity"], charge["pricing_unit"]) == (Decimal("0.0004"), "10K")


def test_trap_19_only_what_a_manifest_names_is_read(azure: Exports) -> None:
    azure.pair()
    azure.put("costs/actualcost/20261001-20261031/stray.csv", as_csv(ACTUAL))
    azure.run("FocusCost", [ACTUAL])
    azure.collect()
    assert azure.totals() == BOTH


def test_trap_19_two_exports_of_a_type_are_not_read_as_one(azure: Exports) -> None:
    azure.pair()
    config = {"exportName": "other", "resourceId": "/scope", "type": "ActualCost"}
    azure.run("ActualCost", [ACTUAL], folder="other", exportConfig=config)
    with pytest.raises(ConfigError) as error:
        azure.collect()
    assert error.value.code == "EXPORT_AMBIGUOUS"


def test_trap_20_unit_prices_are_in_the_pricing_currency(actual_alone: Exports) -> None:
    charge = one(actual_alone, usage(BillingCurrencyCode="EUR") | {"pricingCurrency": "USD"})
    assert charge["contracted_unit_price"] is None
    assert charge["pricing_currency_contracted_unit_price"] == Decimal("98.32")


def test_trap_21_an_export_in_parts_is_read_whole_plain_or_compressed(azure: Exports) -> None:
    azure.run("ActualCost", [ACTUAL[:1], ACTUAL[1:]], suffix=".csv.gz")
    azure.run("AmortizedCost", [AMORTIZED[:2], AMORTIZED[2:]])
    azure.collect()
    assert azure.totals() == BOTH
    assert azure.rows()["object_row"].to_list().count(1) == 3


def test_trap_22_parquet_money_is_exact_or_refused(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    columns = {name: [value] for name, value in usage().items()}
    cost = pa.array([Decimal("0.1000000000000000055")], pa.decimal128(38, 19))
    for name, values in (("exact", cost), ("float", pa.array([0.1]))):
        (tmp_path / "costs").mkdir(exist_ok=True)
        table = pa.table(columns | {"CostInBillingCurrency": values})
        pq.write_table(table, tmp_path / "costs" / f"{name}.parquet")
    codes = {}
    for name in ("exact", "float"):
        options = {
            "layout": "files",
            "datasets": "actual",
            "files": [{"actual": f"{name}.parquet"}],
        }
        azure = exports(make_settings, tmp_path / "costs", **options)
        codes[name] = [
            refusal.code for refusal in collect(azure.settings, "azure", OCTOBER).refused
        ]
    assert codes == {"exact": [], "float": ["FLOAT_MONEY"]}
    files = [file.path for file in Ledger(azure.settings.home).current_files()]
    assert pl.read_parquet(files)["billed_cost"].to_list() == [Decimal("0.100000000000000006")]
