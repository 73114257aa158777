"""The traps of AWS bills, by their numbers in docs/how-to/collect-aws-bills.md."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingest.aws_files import (
    NODE,
    PLAN,
    RESERVATION,
    MakeSettings,
    Reports,
    Row,
    as_csv,
    item,
    of_plan,
    plan_hour,
    reports,
)

ZERO = Decimal(0)


@pytest.fixture
def aws(make_settings: MakeSettings, tmp_path: Path) -> Reports:
    return reports(make_settings, tmp_path / "bucket")


@pytest.fixture
def legacy(make_settings: MakeSettings, tmp_path: Path) -> Reports:
    return reports(make_settings, tmp_path / "bucket", layout="legacy")


def one(aws: Reports, row: Row) -> dict[str, Any]:
    """The charge that one line item becomes."""
    aws.export([row])
    assert not aws.collect().refused
    return aws.rows().row(0, named=True)


def spelled(row: Row) -> Row:
    """A line item under the names of a legacy report."""
    names = {"line_item": "lineItem", "savings_plan": "savingsPlan"}
    changed = {}
    for column, value in row.items():
        for group in ("identity", "bill", "line_item", "pricing", "reservation", "savings_plan"):
            if column.startswith(f"{group}_"):
                rest = column.removeprefix(f"{group}_").replace("_a_r_n", "_ARN")
                name = "".join(part[:1].upper() + part[1:] for part in rest.split("_"))
                changed[f"{names.get(group, group)}/{name}"] = value
    return changed | {"resourceTags/user:team": "search", "resourceTags/user:Team": ""}


def test_trap_1_every_delivery_holds_the_whole_period_and_replaces_it(aws: Reports) -> None:
    aws.export([item()])
    aws.collect()
    aws.export([item(), item(line_item_usage_type="DataTransfer")], execution="e2")
    assert aws.collect().landed == 1
    assert aws.totals() == (Decimal("110.08"), Decimal("110.08"))
    assert aws.collect().unchanged == 1


def test_trap_2_files_that_no_manifest_names_do_not_count(aws: Reports, tmp_path: Path) -> None:
    aws.export([item()])
    left = next((tmp_path / "bucket").rglob("*.csv.gz"))
    (left.parent / "cur-00002.csv.gz").write_bytes(left.read_bytes())
    aws.collect()
    assert aws.totals()[0] == Decimal("55.04")


def test_trap_3_a_report_in_several_files_is_read_whole(legacy: Reports) -> None:
    legacy.assembly([spelled(item())], [spelled(item(line_item_resource_id="i-2"))])
    assert not legacy.collect().refused
    assert legacy.totals()[0] == Decimal("110.08")


def test_trap_3_an_older_assembly_beside_it_does_not_count(legacy: Reports) -> None:
    legacy.assembly([spelled(item())])
    legacy.assembly([spelled(item(cost="60"))], name="a2")
    legacy.collect()
    assert legacy.totals()[0] == Decimal(60)


def test_trap_4_names_come_in_two_spellings_and_mean_the_same(
    aws: Reports, make_settings: MakeSettings, tmp_path: Path
) -> None:
    rows = [*plan_hour(), item("Tax", "1.5"), item("DiscountedUsage", "0")]
    aws.export(rows)
    aws.collect()
    old = reports(make_settings, tmp_path / "old", layout="legacy")
    old.assembly([spelled(row) for row in rows])
    old.collect()
    columns = ["billed_cost", "effective_cost", "charge_category", "resource_id", "sku_meter"]
    order = [*columns, "commitment_discount_status"]
    assert old.rows().select(order).sort(order).equals(aws.rows().select(order).sort(order))


def test_trap_4_a_column_left_in_two_spellings_by_a_loader_is_one(aws: Reports) -> None:
    row = item("DiscountedUsage", "0", reservation_reservation_a_r_n="")
    charge = one(aws, row | {"reservation_reservation_arn": RESERVATION})
    assert charge["commitment_discount_id"] == RESERVATION


def test_trap_5_covered_usage_is_billed_by_its_plan_and_not_twice(aws: Reports) -> None:
    aws.export(plan_hour())
    aws.collect()
    by_kind = {
        (row["charge_category"], row["commitment_discount_status"]): row
        for row in aws.rows().filter(pl.col("charge_description").is_not_null()).to_dicts()
        if row["resource_id"] or row["charge_category"] == "Purchase"
    }
    covered = by_kind["Usage", "Used"]
    assert (covered["billed_cost"], covered["effective_cost"]) == (ZERO, Decimal("33.5"))
    assert covered["commitment_discount_id"] == PLAN
    assert covered["pricing_category"] == "Committed"
    assert by_kind["Purchase", None]["billed_cost"] == Decimal(40)
    assert by_kind["Purchase", None]["effective_cost"] == ZERO
    assert aws.totals() == (Decimal(40), Decimal(40))


def test_trap_5_what_negation_does_not_take_back_stays_billed(aws: Reports) -> None:
    covered, negation, fee = plan_hour()
    aws.export([covered, negation | {"line_item_unblended_cost": "-55"}, fee])
    aws.collect()
    assert aws.totals()[0] == Decimal("40.04")


@pytest.mark.parametrize(
    "stated",
    [
        {"savings_plan_total_commitment_to_date": "40", "savings_plan_used_commitment": "33.5"},
        {},
    ],
)
def test_trap_6_what_a_plan_did_not_use_is_a_charge_of_its_own(
    aws: Reports, stated: dict[str, str]
) -> None:
    aws.export(plan_hour(**stated))
    aws.collect()
    unused = aws.rows().filter(pl.col("commitment_discount_status") == "Unused")
    assert unused["effective_cost"].to_list() == [Decimal("6.5")]
    assert unused["billed_cost"].to_list() == [ZERO]
    assert unused["charge_category"].to_list() == ["Usage"]


def test_trap_7_reservations_cost_what_is_used_and_what_is_not(aws: Reports) -> None:
    reserved = {"reservation_reservation_a_r_n": RESERVATION}
    aws.export(
        [
            item("DiscountedUsage", "0", reservation_effective_cost="30", **reserved),
            item(
                "RIFee",
                "50",
                reservation_unused_recurring_fee="15",
                reservation_unused_amortized_upfront_fee_for_billing_period="5",
                **reserved,
            ),
            item("Fee", "1200", **reserved),
        ]
    )
    aws.collect()
    rows = aws.rows()
    assert aws.totals() == (Decimal(1250), Decimal(50))
    unused = rows.filter(pl.col("commitment_discount_status") == "Unused")
    assert unused["effective_cost"].to_list() == [Decimal(20)]
    purchases = rows.filter(pl.col("charge_category") == "Purchase")
    assert sorted(purchases["billed_cost"].to_list()) == [Decimal(50), Decimal(1200)]
    assert purchases["effective_cost"].sum() == ZERO


def test_trap_8_tags_keep_their_case_and_lose_their_prefix(aws: Reports, legacy: Reports) -> None:
    tags = {"team": "search", "Team": "Search", "aws:createdBy": "ci"}
    assert json.loads(one(aws, item())["tags"]) == tags


def test_trap_8_each_tag_is_a_column_in_a_legacy_report(legacy: Reports) -> None:
    legacy.assembly([spelled(item()) | {"resourceTags/user:Cost Center": 'R&D, "ü"'}])
    legacy.collect()
    assert json.loads(legacy.rows()["tags"][0]) == {"team": "search", "Cost Center": 'R&D, "ü"'}


def test_trap_9_a_public_price_that_is_a_word_is_no_price(aws: Reports) -> None:
    words = {
        "pricing_public_on_demand_cost": "convertible",
        "pricing_public_on_demand_rate": "No Upfront",
    }
    charge = one(aws, item("DiscountedUsage", "0", reservation_effective_cost="30", **words))
    assert (charge["list_cost"], charge["list_unit_price"]) == (None, None)
    assert json.loads(charge["x_columns"])["pricing_public_on_demand_cost"] == "convertible"


def test_trap_10_ids_of_line_items_change_with_every_delivery(aws: Reports) -> None:
    aws.export([item()])
    aws.collect()
    key = aws.rows()["charge_key"][0]
    aws.export([item(identity_line_item_id="another")], execution="e2")
    aws.collect()
    assert aws.totals()[0] == Decimal("55.04")
    assert aws.rows()["charge_key"].to_list() == [key]


def parquet(row: Row) -> pa.Table:
    """A line item as AWS writes parquet: amounts are doubles, tags a map."""
    columns: dict[str, pa.Array] = {}
    for name, value in row.items():
        if name == "line_item_unblended_cost":
            columns[name] = pa.array([float(value)])
        elif name in {"resource_tags", "product"}:
            pairs = list(json.loads(value).items())
            columns[name] = pa.array([pairs], pa.map_(pa.string(), pa.string()))
        else:
            columns[name] = pa.array([value])
    return pa.table(columns)


@pytest.mark.parametrize("accepted", [False, True])
def test_trap_11_amounts_in_parquet_are_binary_floats(
    make_settings: MakeSettings, tmp_path: Path, accepted: bool
) -> None:
    options = {"layout": "files", "export": None, "files": ["cur.snappy.parquet"]}
    aws = reports(make_settings, tmp_path / "b", accept_float_costs=accepted, **options)
    pq.write_table(
        parquet(item(cost="0.1")), tmp_path / "b" / "cur.snappy.parquet", compression="snappy"
    )
    if not accepted:
        assert aws.refusals() == ["FLOAT_MONEY"]
        return
    assert not aws.refusals()
    assert aws.totals()[0] == Decimal("0.1")
    charge = aws.rows().row(0, named=True)
    assert json.loads(charge["tags"])["team"] == "search"
    assert charge["service_name"] == "Amazon Elastic Compute Cloud"


def test_trap_12_account_and_invoice_numbers_keep_their_zeros(aws: Reports) -> None:
    charge = one(aws, item())
    assert charge["billing_account_id"] == "099988887777"
    assert charge["sub_account_id"] == "011122223333"
    assert charge["invoice_id"] == "0012345678"


@pytest.mark.parametrize(
    ("kind", "category", "charge_class"),
    [
        ("Usage", "Usage", None),
        ("Tax", "Tax", None),
        ("Credit", "Credit", None),
        ("Refund", "Adjustment", "Correction"),
        ("EdpDiscount", "Adjustment", None),
        ("BundledDiscount", "Adjustment", None),
        ("Fee", "Purchase", None),
        ("SavingsPlanUpfrontFee", "Purchase", None),
    ],
)
def test_trap_13_types_of_line_items(
    aws: Reports, kind: str, category: str, charge_class: str | None
) -> None:
    charge = one(aws, item(kind, "-2.5"))
    assert (charge["charge_category"], charge["charge_class"]) == (category, charge_class)
    assert charge["billed_cost"] == Decimal("-2.5")
    assert charge["effective_cost"] == (ZERO if "Upfront" in kind else Decimal("-2.5"))


def test_trap_14_a_capacity_block_is_billed_before_its_time(aws: Reports) -> None:
    later = {
        "line_item_usage_start_date": "2026-12-01 11:30:00",
        "line_item_usage_end_date": "2026-12-08 11:30:00",
    }
    charge = one(aws, item("Fee", "9000", **later))
    assert f"{charge['billing_period_start']:%Y-%m}" == "2026-10"
    assert f"{charge['charge_period_start']:%Y-%m}" == "2026-12"


def test_trap_15_the_caller_of_a_model_is_kept(aws: Reports) -> None:
    caller = "arn:aws:iam::123456789012:role/gateway"
    row = item(
        line_item_product_code="AmazonBedrock",
        line_item_usage_type="USE1-Claude4.6Sonnet-input-tokens",
        line_item_iam_principal=caller,
    )
    charge = one(aws, row)
    assert charge["service_category"] == "AI and Machine Learning"
    assert charge["sku_meter"] == "USE1-Claude4.6Sonnet-input-tokens"
    assert json.loads(charge["x_columns"])["line_item_iam_principal"] == caller


def test_trap_16_a_row_of_another_period_refuses_the_delivery(aws: Reports) -> None:
    other = {
        "bill_billing_period_start_date": "2026-11-01 00:00:00",
        "bill_billing_period_end_date": "2026-12-01 00:00:00",
    }
    aws.export([item(), item(**other)])
    assert aws.refusals() == ["PERIOD_MISMATCH"]


def test_trap_17_instances_on_spot_and_on_nodes_are_told(aws: Reports) -> None:
    charge = one(aws, item(line_item_usage_type="USE1-SpotUsage:p5.48xlarge"))
    assert charge["pricing_category"] == "Dynamic"
    assert (charge["resource_id"], charge["region_id"]) == (NODE, "us-east-1")
    assert charge["availability_zone"] == "us-east-1a"


@pytest.mark.parametrize("own_cost", ["0", "0.0000000000", ""])
def test_trap_18_split_rows_describe_parts_and_are_never_added(aws: Reports, own_cost: str) -> None:
    part = {
        "split_line_item_parent_resource_id": NODE,
        "split_line_item_split_cost": "27.52",
        "split_line_item_unused_cost": "0",
        "line_item_usage_type": "USE1-EKS-EC2-Accelerator-GPU-Hours",
    }
    pods = [f"arn:aws:eks:us-east-1:1:pod/c/ns/llama-{number}/uid" for number in (1, 2)]
    split = [item("Usage", own_cost, line_item_resource_id=pod, **part) for pod in pods]
    aws.export([item(), *split])
    assert aws.refusals() == []
    charges = aws.rows()
    assert charges["billed_cost"].sum() == charges["effective_cost"].sum() == Decimal("55.04")
    told = [json.loads(beside) for beside in charges["x_columns"]]
    assert sum(Decimal(row.get("split_line_item_split_cost", 0)) for row in told) == Decimal(
        "55.04"
    )


def test_covered_usage_without_its_cost_is_quarantined_with_file_row_and_column(
    aws: Reports,
) -> None:
    rows = [item(line_item_resource_id=f"i-{number}") for number in range(200)]
    aws.export([*rows, of_plan("SavingsPlanCoveredUsage", "0")])
    result = aws.collect()
    assert (result.quarantined_rows, result.refused) == (1, [])
    quarantined = quarantined_rows(aws)
    assert quarantined["column_name"].to_list() == ["effective_cost"]
    assert quarantined["object_row"].to_list() == [201]


def quarantined_rows(aws: Reports) -> pl.DataFrame:
    (file,) = (aws.settings.home / "quarantine").rglob("*.parquet")
    return pl.read_parquet(file)


def test_a_file_that_is_no_report_says_which_columns_are_missing(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    options = {"layout": "files", "export": None, "files": ["bill.csv"]}
    aws = reports(make_settings, tmp_path / "b", **options)
    aws.put("bill.csv", as_csv([{"date": "2026-10-01", "cost": "1"}]))
    (refusal,) = aws.collect().refused
    assert refusal.code == "SCHEMA_DRIFT"
    assert re.search(r"bill\.csv.*line_item_line_item_type.*is missing", refusal.message)
