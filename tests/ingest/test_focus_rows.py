import json
import random
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apportion.errors import DeliveryRefused
from ingest.sources.focus.values import parse_documents, parse_instants
from tests.ingest.focus_files import (
    BILLED,
    CHARGES,
    EFFECTIVE,
    as_csv,
    changed,
    read_bytes,
    read_files,
    table,
)


def test_every_charge_is_typed_and_added_up_exactly() -> None:
    read = read_bytes(CHARGES)
    assert read.rows.height == 12
    assert read.quarantined.height == 0
    assert read.rows["billed_cost"].sum() == BILLED == read.total("billed_cost")
    assert read.rows["effective_cost"].sum() == EFFECTIVE == read.total("effective_cost")
    assert read.rows["focus_version"].unique().to_list() == ["1.2"]
    assert read.rows["service_provider_name"].to_list() == ["Example Cloud"] * 12
    assert read.rows["host_provider_name"].null_count() == 12
    assert read.rows["billing_account_id"].unique().sort().to_list() == ["000123456789", "999"]
    assert read.rows["object_row"].to_list() == list(range(1, 13))
    assert read.rows["list_cost"].to_list()[-1] is None
    fourth = read.rows.row(3, named=True)
    assert fourth["charge_description"] == 'says "hello", twice'
    assert fourth["tags"] == '{"Team":"Search, \\"core\\"","env":"prod"}'
    assert fourth["x_columns"] == '{"x_Operation":"RunInstances"}'
    assert read.rows["x_columns"][5] is None
    assert read.rows["tags"].to_list()[5:7] == [None, None]


def test_totals_are_kept_per_account_and_partition() -> None:
    totals = [t for t in read_bytes(CHARGES).totals if t.billing_account_id == "999"]
    assert {total.billing_period for total in totals} == {date(2026, 10, 1)}
    assert {total.partition: total.row_count for total in totals} == {
        "2026-10-03": 1,
        "2026-10-04": 1,
    }
    assert sum(Decimal(t.billed_cost) for t in totals) == Decimal("116.0000000000200001")


def test_a_charge_within_a_day_belongs_to_the_day_and_others_to_the_period() -> None:
    read = read_bytes(CHARGES)
    days = ["2026-10-03"] * 6 + ["2026-10", "2026-10", "2026-10-03"]
    days += ["2026-10-02", "2026-10-04", "2026-10-03"]
    assert read.partitions.to_list() == days
    assert str(read.rows["charge_period_end"][9]) == "2026-10-03 00:00:00"


def test_keys_are_unique_and_do_not_depend_on_the_order_of_rows_or_files(tmp_path: Path) -> None:
    keys = read_bytes(CHARGES).rows["charge_key"]
    assert keys.n_unique() == 12
    assert keys[1] == f"{keys[0]}-2"
    rows = table()
    random.Random(3).shuffle(rows)  # noqa: S311 - not a secret
    columns = sorted(rows[0], reverse=True)
    assert set(read_bytes(as_csv(rows, columns)).rows["charge_key"]) == set(keys)
    for number, part in enumerate([rows[:5], rows[5:]]):
        (tmp_path / f"{number}.csv").write_bytes(as_csv(part))
    split = read_files(sorted(tmp_path.iterdir()))
    assert set(split.rows["charge_key"]) == set(keys)


def test_a_key_follows_what_a_charge_says() -> None:
    keys = read_bytes(CHARGES).rows["charge_key"].to_list()
    assert read_bytes(changed(3, BilledCost="55.040")).rows["charge_key"].to_list() == keys
    assert read_bytes(changed(3, BilledCost="55.041")).rows["charge_key"][2] not in keys
    assert read_bytes(changed(3, x_Operation="Stop")).rows["charge_key"][2] not in keys


@pytest.mark.parametrize(
    ("removed", "added", "version"),
    [
        (("InvoiceId", "SkuMeter"), (), "1.0"),
        (("InvoiceId",), (), "1.1"),
        ((), ("HostProviderName",), "1.3"),
        ((), ("InvoiceDetailId",), "1.4"),
    ],
)
def test_the_version_follows_from_the_columns(
    removed: tuple[str, ...], added: tuple[str, ...], version: str
) -> None:
    rows = [{k: v for k, v in row.items() if k not in removed} for row in table()]
    rows = [row | dict.fromkeys(added, "") for row in rows]
    assert read_bytes(as_csv(rows)).rows["focus_version"][0] == version
    assert read_bytes(as_csv(rows), focus_version="1.2").rows["focus_version"][0] == "1.2"


def test_version_1_4_has_no_provider_name_and_keeps_its_own_names() -> None:
    rows = table()
    for row in rows:
        row["ServiceProviderName"] = "Reseller"
        row["HostProviderName"] = row.pop("ProviderName")
    read = read_bytes(as_csv(rows))
    first = read.rows.row(0, named=True)
    assert first["focus_version"] == "1.4"
    assert first["service_provider_name"] == "Reseller"
    assert first["host_provider_name"] == "Example Cloud"
    assert first["provider_name"] is None


def test_column_names_compare_without_case_and_underscores() -> None:
    lines = CHARGES.replace(b"BilledCost", b"billed_cost").replace(b"Tags", b"TAGS")
    assert read_bytes(lines).rows["tags"].null_count() == 2


def test_other_columns_are_kept_under_their_own_names() -> None:
    rows = [row | {"Id": "007", 'oci_Tag"s': "a", "x_operation": "null"} for row in table()]
    assert json.loads(read_bytes(as_csv(rows)).rows["x_columns"][0]) == {
        "Id": "007",
        'oci_Tag"s': "a",
        "x_Operation": "RunInstances",
        "x_operation": "null",
    }


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"BilledCost": "$1.20"}, ("BAD_NUMBER", "billed_cost")),
        ({"EffectiveCost": "NaN"}, ("BAD_NUMBER", "effective_cost")),
        ({"ListCost": "1,234.5"}, ("BAD_NUMBER", "list_cost")),
        ({"PricingQuantity": "N/A"}, ("BAD_NUMBER", "pricing_quantity")),
        ({"BilledCost": "NULL"}, ("MISSING_VALUE", "billed_cost")),
        ({"BillingAccountId": ""}, ("MISSING_VALUE", "billing_account_id")),
        ({"ProviderName": ""}, ("MISSING_VALUE", "service_provider_name")),
        ({"BillingCurrency": "usd"}, ("BAD_CURRENCY", "billing_currency")),
        ({"ChargeCategory": "Refund"}, ("BAD_CATEGORY", "charge_category")),
        ({"ChargePeriodStart": "10/03/2026"}, ("BAD_TIMESTAMP", "charge_period_start")),
        ({"BillingPeriodEnd": "2026-11-31T00:00Z"}, ("BAD_TIMESTAMP", "billing_period_end")),
        ({"ChargePeriodEnd": "2026-10-01T00:00Z"}, ("BAD_PERIOD", "charge_period_end")),
        ({"BillingPeriodEnd": "2026-10-01T00:00Z"}, ("BAD_PERIOD", "billing_period_end")),
        ({"Tags": '"team": "search"'}, ("BAD_JSON", "tags")),
        ({"Tags": '{"team":"a","team":"b"}'}, ("BAD_JSON", "tags")),
        ({"Tags": '"text"'}, ("BAD_JSON", "tags")),
    ],
)
def test_a_row_that_cannot_be_trusted_is_set_aside_with_its_reason(
    values: dict[str, str], reason: tuple[str, str]
) -> None:
    read = read_bytes(changed(3, **values))
    assert read.reasons == [reason]
    assert read.rows["object_row"].to_list() == [1, 2, *range(4, 13)]
    assert read.total("billed_cost") == BILLED - Decimal("55.04") == read.rows["billed_cost"].sum()
    assert read.total("quarantined_row_count") == 1
    row = read.quarantined.row(0, named=True)
    assert row["object_row"] == 3
    assert row["billing_period"] == date(2026, 10, 1)
    readable = "BilledCost" not in values
    assert row["billed_cost"] == (Decimal("55.04") if readable else None)
    assert read.total("quarantined_billed_cost") == (Decimal("55.04") if readable else 0)
    assert json.loads(row["record"])["SkuId"] == "sku-1"
    assert "55.04" in row["record"] or not readable


def test_a_reason_quotes_the_value_but_not_much_of_it() -> None:
    read = read_bytes(changed(3, BilledCost="$" + "1" * 500))
    message = read.quarantined["message"][0]
    assert message.startswith('"$1111')
    assert len(message) < 120
    assert len(read.quarantined["record"][0]) < 1500


def test_rounding_to_18_decimals_is_counted() -> None:
    read = read_bytes(changed(3, BilledCost="1.0000000000000000125"))
    assert read.rows["billed_cost"][2] == Decimal("1.000000000000000012")
    assert read.total("rounded_billed_cost") == Decimal("5E-19")
    assert read.total("billed_cost") == read.rows["billed_cost"].sum()


@pytest.mark.parametrize(
    ("bad", "copies", "refused"), [(10, 10, False), (11, 10, True), (11, 92, False)]
)
def test_a_file_with_too_many_bad_rows_is_refused(bad: int, copies: int, refused: bool) -> None:
    rows = [dict(row) for _ in range(copies) for row in table()]
    for row in rows[:bad]:
        row["BilledCost"] = "n/a"
    if not refused:
        assert read_bytes(as_csv(rows)).quarantined.height == bad
        return
    with pytest.raises(DeliveryRefused, match=r"11 of 120 rows .*row 1 BAD_NUMBER") as caught:
        read_bytes(as_csv(rows))
    assert caught.value.code == "MANY_BAD_ROWS"


@pytest.mark.parametrize(
    "line",
    [
        b"TOTAL,,,,,,,,,,,,,,,,1043.73,,,,,,,,,,,,,,,,\n",
        CHARGES.partition(b"\n")[0] + b"\n",
        b"# exported 2026-11-02" + b"," * 32 + b"\n",
    ],
    ids=["total", "second header", "comment"],
)
def test_a_line_that_is_no_charge_refuses_the_file(line: bytes) -> None:
    with pytest.raises(DeliveryRefused, match="row 13"):
        read_bytes(CHARGES + line)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (b"BilledCost", b"BilledCosts", 'is it "BilledCosts"'),
        (b"EffectiveCost", b"AmortizedCost", '"EffectiveCost" is missing'),
        (b"ProviderName", b"Vendor", '"ServiceProviderName" and "ProviderName" are both missing'),
        (b"Tags", b"Tag", 'did you mean "Tags"'),
        (b"SkuMeter", b"Sku Meter", 'did you mean "SkuMeter"'),
        (b"x_Operation", b"billed_cost", "the same FOCUS column"),
    ],
)
def test_a_changed_column_is_refused_with_a_hint(old: bytes, new: bytes, hint: str) -> None:
    header, _, rest = CHARGES.partition(b"\n")
    columns = [new if column == old else column for column in header.split(b",")]
    with pytest.raises(DeliveryRefused) as caught:
        read_bytes(b",".join(columns) + b"\n" + rest)
    assert caught.value.code == "SCHEMA_DRIFT"
    assert hint in caught.value.message


def test_rows_of_another_period_refuse_a_delivery_of_a_month() -> None:
    assert read_bytes(CHARGES, period="2026-10").rows.height == 12
    with pytest.raises(DeliveryRefused, match="row 1: billed in the period that starts 2026-10"):
        read_bytes(CHARGES, period="2026-11")
    other = changed(5, BillingPeriodStart="2026-09-01T00:00:00Z")
    with pytest.raises(DeliveryRefused, match="row 5") as caught:
        read_bytes(other, period="2026-10")
    assert caught.value.code == "PERIOD_MISMATCH"


def test_a_header_alone_is_refused_unless_no_rows_were_promised() -> None:
    header = CHARGES.partition(b"\n")[0] + b"\n"
    with pytest.raises(DeliveryRefused) as caught:
        read_bytes(header)
    assert caught.value.code == "EMPTY_DELIVERY"
    assert read_bytes(header, promised=0).rows.height == 0


def parquet_file(folder: Path, **types: pa.DataType) -> Path:
    """The fixture as parquet, some columns in another type."""
    texts = (
        pl.DataFrame(table())
        .to_arrow()
        .cast(pa.schema([(column, pa.string()) for column in table()[0]]))
    )
    for column, kind in types.items():
        index = texts.column_names.index(column)
        texts = texts.set_column(index, column, texts[column].cast(kind))
    path = folder / "charges.parquet"
    pq.write_table(texts, path)
    return path


def test_parquet_with_decimal_money_reads_like_csv(tmp_path: Path) -> None:
    path = parquet_file(tmp_path)
    exact = read_files([path])
    assert exact.rows["billed_cost"].sum() == BILLED
    assert set(exact.rows["charge_key"]) == set(read_bytes(CHARGES).rows["charge_key"])


def test_a_float_in_a_money_column_is_refused(tmp_path: Path) -> None:
    path = parquet_file(tmp_path, BilledCost=pa.float64(), ConsumedQuantity=pa.float64())
    with pytest.raises(DeliveryRefused) as caught:
        read_files([path])
    assert caught.value.code == "FLOAT_MONEY"
    assert "BilledCost" in caught.value.message
    assert "ConsumedQuantity" not in caught.value.message
    assert "accept_float_costs" in caught.value.message


def test_accepted_floats_are_read_as_the_shortest_decimal(tmp_path: Path) -> None:
    path = parquet_file(tmp_path, BilledCost=pa.float64())
    read = read_files([path], accept_float_costs=True)
    expected = [Decimal(repr(float(row["BilledCost"]))) for row in table()]
    assert read.rows["billed_cost"].to_list() == expected
    assert read.total("billed_cost") == sum(expected)


def test_floats_that_are_no_numbers_are_set_aside(tmp_path: Path) -> None:
    path = parquet_file(tmp_path, BilledCost=pa.float64())
    texts = pq.read_table(path)
    values = [float("nan"), float("inf"), *texts["BilledCost"].to_pylist()[2:]]
    index = texts.column_names.index("BilledCost")
    pq.write_table(texts.set_column(index, "BilledCost", pa.array(values)), path)
    read = read_files([path], accept_float_costs=True)
    assert read.reasons == [("BAD_NUMBER", "billed_cost")] * 2


def test_tags_of_a_parquet_map_become_an_object(tmp_path: Path) -> None:
    path = parquet_file(tmp_path)
    texts = pq.read_table(path)
    maps = pa.array([[("b", "2"), ("a", "1")]] * 12, pa.map_(pa.string(), pa.string()))
    index = texts.column_names.index("Tags")
    pq.write_table(texts.set_column(index, "Tags", maps), path)
    assert read_files([path]).rows["tags"].unique().to_list() == ['{"a":"1","b":"2"}']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-03T04:05:06Z", "2026-10-03 04:05:06"),
        ("2026-10-03 04:05:06", "2026-10-03 04:05:06"),
        ("2026-10-03 04:05:06 UTC", "2026-10-03 04:05:06"),
        ("2026-10-03T04:05Z", "2026-10-03 04:05:00"),
        ("2026-10-03T04:05:06.1234567Z", "2026-10-03 04:05:06.123456"),
        ("2026-10-03T04:05:06.5", "2026-10-03 04:05:06.500000"),
        ("2026-10-03T04:05:06+05:30", "2026-10-02 22:35:06"),
        ("2026-10-03T22:05:06-0400", "2026-10-04 02:05:06"),
        ("2026-10-03 00:00:00+00", "2026-10-03 00:00:00"),
        ("2028-02-29", "2028-02-29 00:00:00"),
        ("2026-02-29", None),
        ("2026-10-03T24:00:00Z", None),
        ("2026-10-03T23:59:60Z", None),
        ("10/03/2026", None),
        ("2026-10-03T04", None),
        ("2026-10-03T04:05:06 CET", None),
        ("1759464306", None),
        ("2026-10-03T04:05:06Z ", None),
        ("٢٠٢٦-10-03", None),
    ],
)
def test_instants(text: str, expected: str | None) -> None:
    instant = expected and datetime.fromisoformat(expected)
    assert parse_instants(pl.Series([None, text, text])).to_list() == [None, instant, instant]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"b": 1, "a": {"d": null, "c": [true, "x"]}}', '{"a":{"c":[true,"x"],"d":null},"b":1}'),
        ('{"n": 0.363640, "m": 12345678901234567.89}', '{"m":12345678901234567.89,"n":0.363640}'),
        ('[{"key": "b", "value": "1"}, {"key": "a", "value": "2"}]', '{"a":"2","b":"1"}'),
        ('{"a":"1","a":"1"}', '{"a":"1"}'),
        ('{"s": "\\u00e9\\n"}', '{"s":"é\\n"}'),
        ("{}", "{}"),
        ("null", None),
    ],
)
def test_json_is_canonical_and_keeps_every_digit(text: str, expected: str | None) -> None:
    values, bad = parse_documents(pl.Series([text, None]))
    assert values.to_list() == [expected, None]
    assert bad.to_list() == [False, False]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "1", '"a"', "[1]", '{"a":1,"a":2}', '{"a":NaN}', '{"a":"\\ud800"}', "{'a':1}",
        '{"a":1}x', "[" * 100_000, '[{"key":"a","value":1},{"key":"a","value":2}]',
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_told(text: str) -> None:
    values, bad = parse_documents(pl.Series([text, '{"a":1}']))
    assert values.to_list() == [None, '{"a":1}']
    assert bad.to_list() == [True, False]
