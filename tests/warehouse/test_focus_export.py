"""The FOCUS export: what goes out can come in again, and both versions keep their own rules."""

import json
import os
import re
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from apportion.errors import ConfigError, GateRefused
from tests.ingest.focus_files import read_files
from tests.warehouse.focus_table import violations
from tests.warehouse.releases import make_release
from warehouse.focus_export import (
    COSTS,
    DROPPED,
    LATER,
    OWNERSHIP,
    Format,
    Version,
    export_focus,
)
from warehouse.parquet_export import export_parquet

INSTALLED = Path(__file__).parents[2] / "var" / "focus-validator" / "bin" / "focus-validator"
VALIDATOR = Path(os.environ.get("FOCUS_VALIDATOR", INSTALLED))
NOT_NULL = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart"),
    *("BillingPeriodEnd", "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd"),
    *("ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost"),
    *("ServiceCategory", "ServiceName", "ServiceSubcategory"),
)
"""The columns of Cost and Usage that FOCUS lets no row leave empty, in both versions."""
TYPES = {"Cost": "DECIMAL(38,18)", "Price": "DECIMAL(38,18)", "Quantity": "DECIMAL(38,18)"} | {
    "Start": "TIMESTAMP",
    "End": "TIMESTAMP",
}
FALSE_POSITIVES = {
    "BilledCost-C-005-C": "takes a seller whose name is not the provider's for a third party",
    "EffectiveCost-C-005-C": "takes every purchase for one that covers later charges",
    "InvoiceId-C-004-C": "wants every InvoiceId to be null, whether there is an invoice or not",
    "InvoiceId-C-005-C": "wants no InvoiceId to be null, whether there is an invoice or not",
    "PricingUnit-C-003-O": "a unit that the provider delivered, which is not ours to rename",
    "ServiceName-C-008-C": "a SHOULD on the provider's own names of services",
}
"""Rules of the validator that fail for data that is right, and why."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose charges are those of its ledger; one of them is shared by two teams."""
    path = make_release(tmp_path_factory.mktemp("focus") / "000001.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute(
            "update cost_ledger set list_cost = effective_cost, contracted_cost = effective_cost, "
            "source_charge_key = '2026-09-01-0-0', charge_date = date '2026-09-01' "
            "where source_charge_key = '2026-09-01-1-0'"
        )
        connection.execute(
            "update cost_ledger set list_cost = effective_cost, contracted_cost = effective_cost;"
            "insert into charges by name select source_charge_key as charge_key, "
            "any_value(billing_account_id) as billing_account_id, "
            "any_value(billing_currency) as billing_currency, 'Usage' as charge_category, "
            "'GPU hours' as charge_description, "
            "min(billing_period)::timestamp as billing_period_start, "
            "min(billing_period) + interval 1 month as billing_period_end, "
            "min(charge_date)::timestamp + interval 9 hour as charge_period_start, "
            "min(charge_date)::timestamp + interval 10 hour as charge_period_end, "
            "'AI and Machine Learning' as service_category, 90::decimal(38, 18) as "
            "pricing_quantity, 'Hours' as pricing_unit, 'Usage-Based' as charge_frequency, "
            "any_value(provider) as invoice_issuer_name, 'Standard' as pricing_category, "
            "1::decimal(38, 18) as list_unit_price from cost_ledger group by all"
        )
    return path


def ledger(release: Path) -> tuple[Decimal, ...]:
    sums = ", ".join(f"sum({name})" for name in COSTS)
    with duckdb.connect(release, read_only=True) as connection:
        row = connection.execute(f"select {sums} from cost_ledger").fetchone()
    assert row
    return row


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("version", ["1.4", "1.2"])
def test_what_was_exported_reads_as_a_bill_of_the_same_total(
    release: Path, tmp_path: Path, version: Version, form: Format
) -> None:
    target = tmp_path / f"costs.{form}"
    written = export_focus(release, target, version=version, form=form)
    read = read_files([target])
    assert read.quarantined.is_empty()
    assert read.rows.height == written == 2 * 9 * 6
    sums = [read.rows[name].sum() for name in COSTS]
    assert tuple(sums) == ledger(release)
    assert set(read.rows["focus_version"]) == {version}


@pytest.mark.parametrize("version", ["1.4", "1.2"])
def test_columns_and_types_are_those_of_the_version(
    release: Path, tmp_path: Path, version: Version
) -> None:
    target = tmp_path / "costs.parquet"
    export_focus(release, target, version=version, form="parquet")
    table = duckdb.sql(f"describe from '{target}'").fetchall()
    kinds = {name: kind for name, kind, *_ in table if not name.startswith("x_")}
    assert len(kinds) == {"1.4": 65, "1.2": 57}[version]
    absent = {name.replace("_", "") for name in (DROPPED if version == "1.4" else LATER)}
    assert not absent & {name.lower() for name in kinds}
    for name, kind in kinds.items():
        ending = next((end for end in TYPES if name.endswith(end)), "")
        assert kind == TYPES.get(ending, "VARCHAR"), name
    frame = pl.read_parquet(target)
    provider = "ServiceProviderName" if version == "1.4" else "ProviderName"
    assert not [name for name in (*NOT_NULL, provider) if frame[name].null_count()]
    assert set(frame["ServiceSubcategory"]) == {"Other (AI and Machine Learning)"}


def test_what_a_provider_split_says_what_the_provider_says_of_it(
    release: Path, tmp_path: Path
) -> None:
    """The resource, the method and its details are the provider's, the owner is ours."""
    source, target = tmp_path / "split.duckdb", tmp_path / "costs.parquet"
    shutil.copyfile(release, source)
    details = '{"Elements":[{"AllocatedRatio":0.25}]}'
    with duckdb.connect(source) as connection:
        key = "select min(charge_key) from charges where charge_key <> '2026-09-01-0-0'"
        connection.execute(
            f"update cost_ledger set allocation_method = 'provider_split' "
            f"where source_charge_key = ({key});"
            "update charges set allocated_method_id = 'aws-split-cost-allocation', "
            "allocated_resource_id = 'arn:pod/llama-1', allocated_resource_name = 'llama-1', "
            f"allocated_tags = '{{\"app\": \"llama\"}}', allocated_method_details = '{details}' "
            f"where charge_key = ({key})"
        )
    export_focus(source, target, version="1.4", form="parquet")
    rows = pl.read_parquet(target)
    (split,) = rows.filter(AllocatedResourceId="arn:pod/llama-1").to_dicts()
    assert split["AllocatedMethodId"] == "aws-split-cost-allocation"
    assert split["AllocatedResourceName"] == "llama-1"
    assert split["AllocatedMethodDetails"] == details
    assert json.loads(split["AllocatedTags"]) == {
        "app": "llama",
        **{
            name: split[f"x_{name.title().replace('_', '')}"]
            for name in OWNERSHIP
            if split[f"x_{name.title().replace('_', '')}"] != "none"
        },
    }
    assert violations(target) == []


def test_every_column_is_as_the_table_of_1_4_says(release: Path, tmp_path: Path) -> None:
    target, broken = tmp_path / "costs.parquet", str(tmp_path / "broken.parquet")
    export_focus(release, target, version="1.4", form="parquet")
    assert violations(target) == []
    duckdb.read_parquet(str(target)).select(
        "* exclude (SkuMeter) replace (null as ServiceName, 'Misc' as ServiceCategory, "
        "'dollars' as BillingCurrency, '[]' as AllocatedMethodDetails, -1 * ListUnitPrice as "
        "ListUnitPrice, '{\"a\": {}}' as AllocatedTags, cast(EffectiveCost as double) as "
        "EffectiveCost, ' ' as PricingUnit), 1 as Surplus"
    ).write_parquet(broken)
    assert {found.partition(":")[0] for found in violations(Path(broken))} == {
        *("AllocatedMethodDetails", "AllocatedTags", "BillingCurrency", "EffectiveCost"),
        *("ListUnitPrice", "PricingUnit", "ServiceCategory", "ServiceName", "SkuMeter", "Surplus"),
    }


def test_every_row_says_how_it_was_allocated_to_whom(release: Path, tmp_path: Path) -> None:
    target = tmp_path / "costs.parquet"
    export_focus(release, target, version="1.4", form="parquet")
    frame = pl.read_parquet(target)
    assert set(frame["AllocatedMethodId"]) == {"owner_rule", "shared_even"}
    tags = frame["AllocatedTags"].str.json_path_match("$.team")
    assert tags.to_list() == frame["x_Team"].to_list()
    assert "chat-7b-eu" in set(frame["AllocatedResourceId"])
    ratio = frame["AllocatedMethodDetails"].str.json_path_match("$.Elements[0].AllocatedRatio")
    shared = frame.filter(pl.col("x_ChargeKey") == "2026-09-01-0-0")
    assert shared.height == 2
    assert shared["PricingQuantity"].sum() == Decimal(90)
    assert len(set(shared["PricingQuantity"])) == 2
    whole = frame.with_columns(ratio=ratio.cast(pl.Float64)).filter(
        pl.col("x_ChargeKey") != "2026-09-01-0-0"
    )
    assert set(whole["ratio"]) == {1.0}
    assert set(whole["PricingQuantity"]) == {Decimal(90)}


def test_one_period_alone_and_the_same_bytes_again(release: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for target in (first, second):
        rows = export_focus(release, target, version="1.4", form="csv", period=date(2026, 10, 1))
        assert rows == 54
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(ConfigError, match=r"NO_SUCH_PERIOD.* It has: 2026-09, 2026-10\."):
        export_focus(release, first, version="1.4", form="csv", period=date(2031, 1, 1))
    assert not list(tmp_path.glob(".*"))


def test_an_entry_without_its_charge_stops_the_export(release: Path, tmp_path: Path) -> None:
    broken = shutil.copy(release, tmp_path / "broken.duckdb")
    with duckdb.connect(broken) as connection:
        connection.execute("delete from charges where charge_key = '2026-09-01-0-0'")
    with pytest.raises(GateRefused, match="108 entries, of which 106"):
        export_focus(Path(broken), tmp_path / "costs.csv", version="1.4", form="csv")
    assert not [*tmp_path.glob("*.csv"), *tmp_path.glob(".*")]


def test_the_validator_of_the_specification_finds_nothing_but_known_false_positives(
    release: Path, tmp_path: Path
) -> None:
    if not VALIDATOR.is_file():
        pytest.skip("focus-validator is not installed: make tools")
    target = tmp_path / "costs.parquet"
    export_focus(release, target, version="1.2", form="parquet")
    program = VALIDATOR.absolute()
    (rules,) = program.parents[1].glob("lib/python3*/site-packages")
    report = subprocess.run(
        [program, "--data-file", target, "--validate-version", "1.2"],
        cwd=rules,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    lines = re.findall(r"(\S+): FAIL +\((.*)", report)
    assert re.search(r"Total: \d+ \| Pass: \d{2,}", report), report
    failed = {rule for rule, why in lines if "failed - " not in why}
    assert failed <= FALSE_POSITIVES.keys()


def test_tables_as_parquet_hold_what_the_release_holds(release: Path, tmp_path: Path) -> None:
    rows = export_parquet(release, tmp_path / "tables")
    assert rows["cost_ledger"] == 108
    assert {f"{name}.parquet" for name in rows} == {f.name for f in (tmp_path / "tables").iterdir()}
    frame = pl.read_parquet(tmp_path / "tables" / "cost_ledger.parquet")
    assert frame["effective_cost"].sum() == ledger(release)[1]
    assert export_parquet(release, tmp_path / "one", ["runs"]) == {"runs": 1}
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["runs.parquet"]
    with pytest.raises(ConfigError, match="no table nothing"):
        export_parquet(release, tmp_path / "one", ["nothing"])
