"""Split cost allocation of AWS: an instance's charge becomes the charges of its pods and tasks."""

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.aws.columns import bind, canonical
from ingest.sources.aws.splits import (
    EXCEEDED,
    METHOD,
    NO_INSTANCE,
    NOTHING,
    UNREADABLE,
    SplitLines,
)
from tests.ingest.aws_files import (
    NODE,
    PLAN,
    RESERVATION,
    MakeSettings,
    Reports,
    Row,
    item,
    of_plan,
    reports,
)

CLUSTER = "arn:aws:eks:us-east-1:011122223333:pod/gpu"
MEASURES = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
QUANTUM = Decimal(1).scaleb(-18)
KINDS = ("vCPU-Hours", "GB-Hours", "Accelerator-GPU-Hours")


def part(pod: str, split: str, unused: str = "0", kind: str = KINDS[2], **values: str) -> Row:
    """The line item of a pod's GPUs, vCPUs or memory."""
    row = item(
        cost="0.0000000000",
        line_item_product_code="AmazonEKS",
        line_item_usage_type=f"USE1-EKS-EC2-{kind}",
        line_item_resource_id=f"{CLUSTER}/{pod}/f3",
        resource_tags=f'{{"user_team":"{pod}"}}',
        pricing_public_on_demand_cost="",
        split_line_item_parent_resource_id=NODE,
        split_line_item_split_cost=split,
        split_line_item_unused_cost=unused,
        split_line_item_net_split_cost="0.01",
        split_line_item_split_usage="4",
    )
    return row | values


def two_pods() -> list[Row]:
    """An hour of eight H100: each pod has three of them, vCPUs and memory; the rest nobody."""
    return [
        part("search/llama-1", "17.2000000001", "5.733333333", KINDS[2]),
        part("search/llama-1", "1.0133333333", "0.3377777778", KINDS[0]),
        part("search/llama-1", "0.7", "0.2355555555", KINDS[1]),
        part("ads/rank-0", "17.2", "5.733333333", KINDS[2]),
        part("ads/rank-0", "1.0", "0.3", KINDS[0]),
        part("ads/rank-0", "5.0", "0.5866666667", KINDS[1]),
    ]


@pytest.fixture
def aws(make_settings: MakeSettings, tmp_path: Path) -> Reports:
    return reports(make_settings, tmp_path / "bucket")


def collected(aws: Reports, *files: Sequence[Row], execution: str = "e1") -> pl.DataFrame:
    """The charges of an export of these files."""
    aws.export(*files, execution=execution)
    result = aws.collect()
    assert (result.refused, result.quarantined_rows) == ([], 0)
    return aws.rows()


def parts_of(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("allocated_method_id") == METHOD)


def told(rows: pl.DataFrame, name: str) -> list[str | None]:
    """What stands beside the FOCUS columns under a name."""
    return [json.loads(beside).get(name) for beside in rows["x_columns"]]


def weight(row: Row) -> Fraction:
    return Fraction(row["split_line_item_split_cost"]) + Fraction(
        row["split_line_item_unused_cost"]
    )


def test_parts_and_what_they_leave_are_the_instance_to_the_last_quantum(aws: Reports) -> None:
    lines = two_pods()
    list_price = {"pricing_public_on_demand_cost": "98.3199999999"}
    rows = collected(aws, [item(**list_price), *lines])
    totals = {"billed_cost": "55.04", "effective_cost": "55.04", "contracted_cost": "55.04"}
    for measure in MEASURES:
        assert rows[measure].sum() == Decimal(totals.get(measure, "98.3199999999"))
    parts = parts_of(rows).sort("object_row")
    assert parts.height == len(lines)
    for line, cost in zip(lines, parts["list_cost"], strict=True):
        exact = Fraction("98.3199999999") * weight(line) / sum(weight(each) for each in lines)
        assert abs(Fraction(cost) - exact) <= Fraction(QUANTUM) + exact / 10**11
    (left,) = rows.filter(pl.col("allocated_method_id").is_null()).to_dicts()
    assert all(0 <= left[measure] <= len(lines) * QUANTUM for measure in MEASURES)
    assert left["consumed_quantity"] == 1
    assert parts["consumed_quantity"].null_count() == parts["pricing_quantity"].null_count() == 6


def test_a_part_says_whose_it_is_and_where_it_comes_from(aws: Reports) -> None:
    charge = parts_of(collected(aws, [item(), *two_pods()])).sort("object_row").row(0, named=True)
    assert charge["allocated_resource_id"] == f"{CLUSTER}/search/llama-1/f3"
    assert charge["allocated_resource_name"] == "llama-1"
    assert json.loads(charge["allocated_tags"]) == {"team": "search/llama-1"}
    assert json.loads(charge["tags"])["team"] == "search"
    assert (charge["resource_id"], charge["sku_meter"]) == (NODE, "BoxUsage:p5.48xlarge")
    assert charge["service_name"] == "Amazon Elastic Compute Cloud"
    assert charge["object_row"] == 2
    beside = json.loads(charge["x_columns"])
    assert beside["line_item_usage_type"] == "USE1-EKS-EC2-Accelerator-GPU-Hours"
    assert beside["split_line_item_split_cost"] == "17.2000000001"
    assert beside["split_line_item_net_split_cost"] == "0.01"


def test_a_part_says_its_ratio_and_what_it_used(aws: Reports) -> None:
    """As FOCUS AllocatedMethodDetails; of a usage type that nobody knows, the ratio alone."""
    lines = two_pods()
    lines[5] |= {"line_item_usage_type": "USE1-EKS-EC2-Magic", "split_line_item_split_usage": "4"}
    lines[4] |= {"split_line_item_split_usage": "much"}
    parts = parts_of(collected(aws, [item(), *lines])).sort("object_row")
    told = [json.loads(text, parse_float=Decimal) for text in parts["allocated_method_details"]]
    elements = [one["Elements"][0] for one in told]
    whole = sum(weight(line) for line in lines)
    for element, line in zip(elements, lines, strict=True):
        assert abs(Fraction(element["AllocatedRatio"]) - weight(line) / whole) < Fraction(1, 10**9)
    assert 1 - sum(element["AllocatedRatio"] for element in elements) < Decimal("1e-9")
    used = [(one.get("UsageUnit"), one.get("UsageQuantity")) for one in elements]
    assert used == [
        ("Accelerator-GPU-Hours", 4),
        ("vCPU-Hours", 4),
        ("GB-Hours", 4),
        ("Accelerator-GPU-Hours", 4),
        (None, None),
        (None, None),
    ]


def test_parquet_of_floats_gives_the_same_charges(
    make_settings: MakeSettings, tmp_path: Path, aws: Reports
) -> None:
    lines = [item(), *two_pods()]
    expected = collected(aws, lines)
    options = {"layout": "files", "export": None, "files": ["cur.snappy.parquet"]}
    floats = reports(make_settings, tmp_path / "p", accept_float_costs=True, **options)
    costs = ("line_item_unblended_cost", "split_line_item_split_cost")
    table = {
        name: pa.array([float(row[name] or 0) if name in costs else row[name] for row in lines])
        for name in lines[0]
    }
    pq.write_table(pa.table(table), tmp_path / "p" / "cur.snappy.parquet", compression="snappy")
    assert not floats.refusals()
    found = floats.rows().filter(pl.col("object_key").str.ends_with(".parquet"))
    columns = ["object_row", *MEASURES, "allocated_resource_id"]
    assert found.height == len(lines)
    assert found.select(columns).sort(columns).equals(expected.select(columns).sort(columns))


def test_each_line_item_of_a_partly_committed_instance_is_split(aws: Reports) -> None:
    reserved = item(
        "DiscountedUsage",
        "0",
        reservation_effective_cost="13.7600000001",
        reservation_reservation_a_r_n=RESERVATION,
        pricing_public_on_demand_cost="27.52",
    )
    planned = of_plan(
        "SavingsPlanCoveredUsage", "13.76", savings_plan_savings_plan_effective_cost="8.5000000003"
    )
    negation = of_plan("SavingsPlanNegation", "-13.75", line_item_resource_id="")
    lines = [reserved, planned, negation, item(cost="13.76")]
    rows = collected(aws, [*lines, part("ml/a", "20.0000000004"), part("ml/b", "12", "4.02")])
    parts = parts_of(rows)
    assert parts.height == 6
    whole = Decimal("36.0200000004")
    by_commitment = {RESERVATION: "13.7600000001", PLAN: "8.5000000003", None: "13.76"}
    for commitment, cost in by_commitment.items():
        mine = rows.filter(pl.col("commitment_discount_id").eq_missing(pl.lit(commitment)))
        assert mine["effective_cost"].sum() == Decimal(cost)
        split = parts.filter(pl.col("commitment_discount_id").eq_missing(pl.lit(commitment)))
        share = split.filter(pl.col("allocated_resource_name") == "a")["effective_cost"][0]
        assert abs(share - Decimal(cost) * Decimal("20.0000000004") / whole) <= QUANTUM * 2
        status = "Used" if commitment else None
        assert split["commitment_discount_status"].to_list() == [status, status]
    assert rows["effective_cost"].sum() == whole
    assert rows["billed_cost"].sum() == Decimal("13.77")
    assert parts["billed_cost"].sum() <= Decimal("13.76")


def test_what_is_not_split_stays_with_the_instance(aws: Reports) -> None:
    traffic = item(cost="3", line_item_usage_type="USE1-DataTransfer-Out-Bytes")
    volume = item(cost="2", line_item_usage_type="EBS:VolumeUsage.gp3")
    another_hour = item(line_item_usage_start_date="2026-10-02 06:00:00")
    cpu_and_memory = [
        part("ml/a", "1.5", "0.5", KINDS[0]),
        part("ml/a", "0.75", "0.25", KINDS[1]),
    ]
    rows = collected(aws, [item(), traffic, volume, another_hour, *cpu_and_memory])
    costs = parts_of(rows)["effective_cost"].sort().to_list()
    assert costs == [Decimal(1), Decimal(2)]
    left = rows.filter(pl.col("allocated_method_id").is_null()).sort("billed_cost")
    assert left["billed_cost"].to_list() == [
        *(Decimal(2), Decimal(3), Decimal("52.04"), Decimal("55.04"))
    ]
    assert told(left, "split_remainder") == [None, None, METHOD, None]
    assert rows["billed_cost"].sum() == Decimal("115.08")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (part("ml/a", "1", split_line_item_parent_resource_id="i-0gone"), NO_INSTANCE),
        (part("ml/a", "1", line_item_usage_start_date="2026-10-02 04:00:00"), NO_INSTANCE),
        (part("ml/a", "55.041"), EXCEEDED),
        (part("ml/a", "0"), NOTHING),
        (part("ml/a", "n/a"), UNREADABLE),
        (part("ml/a", "-1"), UNREADABLE),
    ],
)
def test_parts_that_do_not_fit_are_not_charged_and_say_why(
    aws: Reports, line: Row, problem: str
) -> None:
    rows = collected(aws, [item(), line]).sort("object_row")
    assert parts_of(rows).is_empty()
    assert rows["billed_cost"].to_list() == [Decimal("55.04"), Decimal(0)]
    assert told(rows, "split_not_applied") == [None, problem]


def test_parts_that_exceed_by_rounding_take_all_of_the_instance(aws: Reports) -> None:
    rows = collected(aws, [item(), part("ml/a", "27.5200000004"), part("ml/b", "27.5200000004")])
    assert sorted(rows["billed_cost"]) == [Decimal(0), Decimal("27.52"), Decimal("27.52")]


def test_a_line_item_of_a_container_with_a_cost_of_its_own_is_a_charge(aws: Reports) -> None:
    rows = collected(aws, [item(), part("ml/a", "55.04", line_item_unblended_cost="0.5")])
    assert parts_of(rows).is_empty()
    assert rows["billed_cost"].sum() == Decimal("55.54")


def test_tasks_of_ecs_are_parts_under_their_id(aws: Reports) -> None:
    task = "arn:aws:ecs:us-east-1:011122223333:task/prod/0123abcd"
    instance = f"arn:aws:ec2:us-east-1:011122223333:instance/{NODE}"
    line = part("x", "55.04", line_item_resource_id=task)
    rows = collected(aws, [item(), line | {"split_line_item_parent_resource_id": instance}])
    (charge,) = parts_of(rows).to_dicts()
    assert (charge["allocated_resource_name"], charge["billed_cost"]) == (
        "0123abcd",
        Decimal("55.04"),
    )


def test_charges_do_not_depend_on_the_order_of_lines_and_files(aws: Reports) -> None:
    lines = [item(), *two_pods()]
    first = collected(aws, lines)
    second = collected(aws, lines[:0:-1], lines[:1], execution="e2")
    assert sorted(second["charge_key"]) == sorted(first["charge_key"])


def test_without_split_rows_the_columns_change_nothing(aws: Reports) -> None:
    lines = [item(), of_plan("SavingsPlanRecurringFee", "40")]
    with_columns = collected(aws, lines)
    bare = [
        {name: value for name, value in row.items() if not name.startswith("split_")}
        for row in lines
    ]
    without = collected(aws, bare, execution="e2")
    assert without.drop("object_key", "object_sha256").equals(
        with_columns.drop("object_key", "object_sha256")
    )


AMOUNTS = st.decimals("0.0000000001", "90000", places=10)


@settings(max_examples=15)
@given(cost=AMOUNTS, weights=st.lists(AMOUNTS, min_size=1, max_size=6), filled=st.booleans())
def test_nothing_is_lost_or_invented(cost: Decimal, weights: list[Decimal], filled: bool) -> None:
    effective = sum(weights, Decimal(0) if filled else cost)
    lines = [part(f"ml/{number}", str(value)) for number, value in enumerate(weights)]
    texts = pl.DataFrame([item(cost=str(effective)), *lines]).select(
        pl.when(pl.all() != "").then(pl.all())
    )
    header = bind(texts.columns, "cur.csv")
    rows = canonical(texts, header)
    gathered = SplitLines()
    gathered.add(texts, rows, header, "cur.csv", 1)
    splits: Any = gathered.settled()
    charged = pl.DataFrame({name: [str(effective)] + ["0"] * len(lines) for name in MEASURES})
    numbers = pl.int_range(1, rows.height + 1, dtype=pl.Int64, eager=True)
    left = splits.remainders(charged, "cur.csv", numbers)
    parts, positions, problems = splits.allocated(rows, rows["tags"])
    assert problems.null_count() == rows.height
    assert positions.to_list() == list(range(1, rows.height))
    costs = [Decimal(text) for text in parts["billed_cost"]]
    assert sum(costs, Decimal(left["billed_cost"][0])) == effective
    rounding = effective / 10**6 + len(weights) * Decimal("1e-9")
    for given_cost, value in zip(costs, weights, strict=True):
        assert abs(given_cost - value) <= rounding
