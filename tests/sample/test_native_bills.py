"""Bills in forms of their own say what the same company's FOCUS bills say."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from apportion.sample import ALL_SOURCES, SampleOptions, simulate
from apportion.settings import load
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window

EVERYBODY = ALL_SOURCES["native_bills"]
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))
SEEN = (
    *("billing_account_id", "sub_account_id", "billing_currency", "billing_period_start"),
    *("charge_category", "commitment_discount_status", "service_category", "service_name"),
    *("availability_zone", "region_id", "resource_id", "provider_name"),
)
"""What the attribution reads of a charge, amounts, times and tags aside."""

AT_ORACLE = pl.col("sub_account_id") == "kestrel-data"
"""What Oracle bills where it bills in a form of its own."""


def charges(folder: Path, *sources: str) -> pl.DataFrame:
    """The charges that sources of a simulated company put into the lake."""
    natively = EVERYBODY if folder.name == "native" else ()
    options = SampleOptions(days=2, requests=300, gpus=40, native_bills=natively)
    if not folder.exists():
        simulate(folder, options)
    settings = load(folder / "apportion.toml", folder / "var")
    for source in sources:
        result = collect(settings, source, OCTOBER)
        assert (result.refused, result.quarantined_rows) == ([], 0)
    files = Ledger(settings.home, set(sources)).current_files()
    rows = pl.concat([pl.read_parquet(file.path) for file in files])
    tags = [json.loads(text or "{}") for text in rows["tags"]]
    return rows.with_columns(
        pl.Series("tags", [json.dumps(one, sort_keys=True) for one in tags]),
        day=pl.col("charge_period_start").dt.date(),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("companies")


@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_the_charges_are_the_same_in_both_forms(folder: Path, cloud: str) -> None:
    told = charges(folder / "focus", cloud).filter(~AT_ORACLE)
    native = charges(folder / "native", cloud)
    columns = [*SEEN, "tags", "day", "billed_cost"]
    assert native.select(columns).sort(columns).equals(told.select(columns).sort(columns))
    assert native["effective_cost"].sum() == told["effective_cost"].sum()
    usage = pl.col("charge_category") == "Usage"
    periods = ["resource_id", "charge_period_start", "charge_period_end"]
    assert (
        native.filter(usage)
        .select(periods)
        .sort(periods)
        .equals(told.filter(usage).select(periods).sort(periods))
    )


def test_an_azure_bill_in_its_own_form_knows_what_each_charge_cost_effectively(
    folder: Path,
) -> None:
    told = charges(folder / "focus", "azure")
    native = charges(folder / "native", "azure")
    columns = [*SEEN, "tags", "day", "billed_cost", "effective_cost"]
    assert native.select(columns).sort(columns).equals(told.select(columns).sort(columns))


OLDER = pl.col("sub_account_id") == "410203941191"
"""The account whose report is a legacy one where that is asked for."""


def test_a_legacy_report_says_what_the_focus_export_says_of_its_account(folder: Path) -> None:
    """Of two assemblies the one that the manifest names counts; both together would be too much."""
    told = charges(folder / "focus", "aws").filter(OLDER)
    native = charges(folder / "native", "aws-legacy")
    columns = [*SEEN, "tags", "day", "billed_cost", "effective_cost"]
    assert native.select(columns).sort(columns).equals(told.select(columns).sort(columns))
    assert native.height > 0
    files = sorted((folder / "native" / "exports" / "aws-legacy").rglob("*.csv.gz"))
    assert len(files) == 2
    assert native["object_key"].n_unique() == 1


def test_an_aws_report_says_what_its_focus_export_says(folder: Path) -> None:
    told = charges(folder / "focus", "aws").filter(~OLDER)
    native = charges(folder / "native", "aws")
    is_taken_back = pl.col("billed_cost").eq(0) & pl.col("effective_cost").eq(0)
    assert native.filter(is_taken_back).height > 0
    columns = [*SEEN, "tags", "day", "billed_cost", "effective_cost"]
    is_left = pl.col("commitment_discount_status").eq_missing("Unused")
    both = [rows.filter(~is_taken_back & ~is_left) for rows in (native, told)]
    listed, expected = (rows.select(columns).sort(columns) for rows in both)
    assert listed.equals(expected)
    left = ["day", "billed_cost", "effective_cost", "charge_category", "commitment_discount_id"]
    unused, of_focus = (rows.filter(is_left).select(left).sort(left) for rows in (native, told))
    assert unused.equals(of_focus)
    assert unused.height > 0


def test_oracle_bills_a_project_of_google(folder: Path) -> None:
    told = charges(folder / "focus", "gcp").filter(AT_ORACLE)
    native = charges(folder / "native", "oci")
    assert native["service_name"].unique().sort().to_list() == ["DATABASE", "LOGGING"]
    columns = ["resource_id", "tags", "day", "billed_cost", "effective_cost", "consumed_quantity"]
    assert native.select(columns).sort(columns).equals(told.select(columns).sort(columns))


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_vendors_api_and_its_invoice_say_what_its_focus_file_says(
    folder: Path, vendor: str
) -> None:
    told = charges(folder / "focus", vendor)
    native = charges(folder / "native", vendor, f"{vendor}-invoice")
    columns = ["sub_account_id", "charge_category", "day", "billed_cost", "effective_cost"]
    columns += ["service_provider_name", "billing_account_id"]
    columns += ["consumed_quantity"] if vendor == "openai" else []
    assert native.select(columns).sort(columns).equals(told.select(columns).sort(columns))
    assert set(native["charge_category"]) == {"Usage", "Credit"}


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_vendor_counts_the_tokens_that_it_bills(folder: Path, vendor: str) -> None:
    """By project: the bill and the usage API of one vendor speak of the same tokens."""
    billed = charges(folder / "native", vendor)
    names = [f"{vendor}-usage", *(["openai-embeddings"] if vendor == "openai" else [])]
    settings = load(folder / "native" / "apportion.toml", folder / "native" / "var")
    for name in names:
        result = collect(settings, name, OCTOBER)
        assert (result.refused, result.quarantined_rows) == ([], 0)
    files = Ledger(settings.home, set(names)).current_files()
    counted = pl.concat([pl.read_parquet(file.path) for file in files])
    assert set(counted["usage_date"]) == set(billed["day"])
    usage = billed.filter(charge_category="Usage")
    if vendor == "openai":  # the other's cost report does not count tokens
        tokens = counted.group_by("sub_account_id").agg(
            pl.col("input_tokens", "output_tokens").sum()
        )
        expected = usage.group_by("sub_account_id").agg(pl.sum("consumed_quantity"))
        both = tokens.join(expected, on="sub_account_id", how="full")
        assert both.height == tokens.height > 0
        told = both["input_tokens"] + both["output_tokens"]
        assert (told == both["consumed_quantity"].cast(pl.Int64)).all()
        assert (counted["request_count"] >= 0).all()
    assert set(counted["sub_account_id"]) == set(usage["sub_account_id"])
    assert counted["api_key_id"].str.starts_with("key-").all()


def test_a_rate_card_adds_up_to_the_price_of_each_node(folder: Path) -> None:
    keys = ["resource_id", "sub_account_id", "billing_account_id", "billing_currency", "day"]
    told, card = (charges(folder / form, "data-hall") for form in ("focus", "native"))
    native = card.filter(pl.col("day") <= told["day"].max())  # a rate card has no end
    assert native.height == 3 * told.height
    sums = pl.col("billed_cost", "effective_cost").sum()
    both = [rows.group_by(keys).agg(sums).sort(keys) for rows in (native, told)]
    assert both[0].equals(both[1])


def test_only_some_have_a_form_of_their_own() -> None:
    with pytest.raises(ValueError, match="azure, gcp, oci"):
        SampleOptions(native_bills=("slurm",))
