"""The traps of Google Cloud bills, by their numbers in docs/how-to/collect-google-bills.md."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.errors import ConfigError
from ingest.ledger import Ledger
from tests.ingest.bigquery_server import BigQuery, field, serving
from tests.ingest.gcp_files import (
    CUD,
    FOCUS_TABLE,
    SCHEMA,
    TABLE,
    Export,
    MakeSettings,
    Row,
    credit,
    export,
    usage,
)


@pytest.fixture
def google(make_settings: MakeSettings, tmp_path: Path) -> Export:
    return export(make_settings, tmp_path / "export")


@pytest.fixture(scope="module")
def server() -> Iterator[BigQuery]:
    with serving() as tables:
        yield tables


@pytest.fixture
def bigquery(server: BigQuery) -> BigQuery:
    server.schemas = {TABLE: SCHEMA}
    server.rows = {TABLE: [("2026-10-02", usage()), ("2026-10-02", usage(cost=1.25))]}
    server.exported_at = {TABLE: "export_time"}
    server.queries.clear()
    server.denied = False
    return server


@pytest.fixture
def table(make_settings: MakeSettings, tmp_path: Path, bigquery: BigQuery) -> Export:
    options = {"table": TABLE, "endpoint_url": bigquery.url, "region": "EU"}
    return export(make_settings, tmp_path, bigquery=options)


def one(google: Export, row: Row) -> dict[str, Any]:
    """The charge that one row becomes."""
    google.deliver("file", "1", [row])
    assert not google.collect().refused
    return google.rows().row(0, named=True)


def test_trap_1_a_row_with_two_credits_stays_one_row(google: Export) -> None:
    granted = [credit(-2.5), credit(-8, CUD), credit(0.25, "FEE_UTILIZATION_OFFSET")]
    google.deliver("2026-10", "1", [usage(credits=granted), usage()])
    assert google.collect().rows == 2
    assert google.billed() == Decimal("10.75")
    assert google.rows()["contracted_cost"].sum() == 21


def test_trap_2_cost_is_what_a_row_costs_before_its_credits(google: Export) -> None:
    charge = one(google, usage(credits=[credit(-10.5)]))
    assert (charge["billed_cost"], charge["contracted_cost"]) == (0, Decimal("10.5"))
    assert json.loads(json.loads(charge["x_columns"])["credits"]) == [credit(-10.5)]


def test_trap_3_a_correction_is_a_new_row_of_an_old_day(table: Export, bigquery: BigQuery) -> None:
    assert table.collect().rows == 2
    late = usage(cost=-1.25, export_time="2026-10-09 03:00:00.000000", cost_type="adjustment")
    bigquery.rows[TABLE].append(("2026-10-02", late))
    bigquery.rows[TABLE].append(("2026-10-09", usage(export_time="2026-10-09 03:00:00.000000")))
    assert table.collect().landed == 2
    assert table.billed() == Decimal("21")
    assert table.collect().unchanged == 2


def test_trap_4_only_partitions_that_moved_are_read_again(
    table: Export, bigquery: BigQuery
) -> None:
    bigquery.rows[TABLE].append(("2026-10-03", usage()))
    table.collect()
    bigquery.queries.clear()
    bigquery.rows[TABLE].append(("2026-10-03", usage(export_time="2026-10-04 05:00:00.000000")))
    table.collect()
    assert [query.startswith("SELECT *") for query in bigquery.queries] == [False, True]
    assert table.rows().height == 4


def test_trap_4_rows_that_arrive_between_listing_and_reading_wait_for_the_next_run(
    table: Export, bigquery: BigQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = bigquery.answer

    def growing(sql: str, values: dict[str, str]) -> Any:
        if sql.startswith("SELECT *"):
            late = usage(export_time="2026-10-03 06:00:00.000000")
            bigquery.rows[TABLE].append(("2026-10-02", late))
        return answer(sql, values)

    monkeypatch.setattr(bigquery, "answer", growing)
    assert table.collect().rows == 2
    monkeypatch.undo()
    assert table.collect().rows == 3


def test_trap_5_the_books_go_by_the_invoice_month_the_attribution_by_the_usage(
    google: Export,
) -> None:
    row = usage(
        usage_start_time="2026-10-31 23:00:00",
        usage_end_time="2026-11-01 00:00:00",
        invoice={"month": "202611"},
    )
    charge = one(google, row)
    assert f"{charge['billing_period_start']:%Y-%m-%d}" == "2026-11-01"
    assert f"{charge['billing_period_end']:%Y-%m-%d}" == "2026-12-01"
    assert f"{charge['charge_period_start']:%Y-%m-%d}" == "2026-10-31"
    (file,) = Ledger(google.settings.home).current_files()
    assert file.partition == "2026-10-31"


def test_trap_5_a_row_of_another_invoice_month_does_not_pass_as_one_of_the_delivered(
    google: Export,
) -> None:
    google.deliver("2026-10", "1", [usage(), usage(invoice={"month": "202611"})])
    assert google.refusals() == ["PERIOD_MISMATCH"]


def test_trap_6_a_delivery_that_comes_twice_counts_once(google: Export) -> None:
    google.deliver("2026-10", "1", [usage()])
    google.collect()
    google.deliver("2026-10", "2", [usage(), usage(cost=1)])
    google.collect()
    assert google.billed() == Decimal("11.5")


def test_trap_7_taxes_and_roundings_are_no_usage(google: Export) -> None:
    kinds = ("regular", "tax", "adjustment", "rounding_error")
    google.deliver("2026-10", "1", [usage(cost_type=kind, cost=1) for kind in kinds])
    google.collect()
    categories = google.rows()["charge_category"].to_list()
    assert sorted(categories) == ["Adjustment", "Adjustment", "Tax", "Usage"]


def test_trap_8_commitment_fees_are_purchases_and_covered_usage_says_so(google: Export) -> None:
    fee = usage(
        sku={"id": "5aa0", "description": "Commitment v1: A3 Core in Americas for 1 Year"},
        subscription={"instance_id": "sub-1"},
    )
    google.deliver("2026-10", "1", [fee, usage(credits=[credit(-10.5, CUD)])])
    google.collect()
    rows = google.rows().sort("charge_category")
    assert rows["charge_category"].to_list() == ["Purchase", "Usage"]
    assert rows["commitment_discount_status"].to_list() == [None, "Used"]
    assert rows["commitment_discount_id"].to_list() == ["sub-1", None]
    assert rows["charge_frequency"].to_list() == ["Recurring", "Usage-Based"]


def test_trap_9_labels_of_resource_tag_and_project_are_one_set(google: Export) -> None:
    row = usage(
        project={
            "id": "p",
            "name": "p",
            "labels": [{"key": "team", "value": "platform"}, {"key": "bu", "value": "ads"}],
        },
        tags=[{"key": "env", "value": "prod", "inherited": True, "namespace": "org"}],
        labels=[{"key": "team", "value": ""}, {"key": "model", "value": "gemma-2-27b"}],
    )
    tags = json.loads(one(google, row)["tags"])
    assert tags == {"team": "platform", "bu": "ads", "env": "prod", "model": "gemma-2-27b"}


def test_trap_10_several_currencies_in_a_file_stay_apart(google: Export) -> None:
    google.deliver("2026-10", "1", [usage(), usage(currency="EUR"), usage(currency="EUR")])
    google.collect()
    totals = Ledger(google.settings.home).current_deliveries()[0].control_totals
    assert {t.billing_currency: Decimal(t.billed_cost) for t in totals} == {
        "USD": Decimal("10.5"),
        "EUR": Decimal("21"),
    }


@pytest.mark.parametrize(
    ("cost", "amount", "billed"),
    [
        (3.673385, -0.734677, "2.938708"),
        (0.1, 0.2, "0.3"),
        (1e-7, -1e-8, "0.00000009"),
        ("70", "-40.0", "30"),
        ("1.000000000000000000400", "-0.0000000000000000003", "1.0000000000000000001"),
    ],
)
def test_trap_11_money_is_stored_as_floats_and_added_as_decimals(
    google: Export, cost: Any, amount: Any, billed: str
) -> None:
    google.deliver("2026-10", "1", [usage(cost=cost, credits=[credit(amount)])])
    assert google.collect().quarantined_rows == 0
    (total,) = Ledger(google.settings.home).current_deliveries()[0].control_totals
    assert Decimal(total.billed_cost) + Decimal(total.rounded_billed_cost) == Decimal(billed)


def test_trap_12_credits_that_cannot_be_read_are_never_taken_for_none(google: Export) -> None:
    rows = [usage(), usage(credits="[{'amount': oops"), usage(credits=[credit("-1,5")])]
    google.deliver("2026-10", "1", rows)
    assert google.collect().quarantined_rows == 2
    assert google.billed() == Decimal("10.5")


def test_trap_12_credits_of_other_generators_are_read(google: Export) -> None:
    literal = str([credit(-0.5)])
    google.deliver("2026-10", "1", [usage(credits=literal), usage(credits=credit(-0.5))])
    assert google.collect().quarantined_rows == 0
    assert google.billed() == Decimal("20")


def test_trap_13_columns_that_google_adds_are_kept(google: Export) -> None:
    model = {"id": "X", "description": "Compute CUD"}
    charge = one(google, usage(consumption_model=model, price={"list_price": 1.5}))
    kept = json.loads(charge["x_columns"])
    assert (kept["consumption_model.id"], kept["price.list_price"]) == ("X", "1.5")


def test_trap_14_an_export_without_credits_is_refused_not_read_as_gross(google: Export) -> None:
    google.deliver("2026-10", "1", [{k: v for k, v in usage().items() if k != "credits"}])
    assert google.refusals() == ["SCHEMA_DRIFT"]


def test_trap_15_the_focus_table_has_tags_as_pairs(
    make_settings: MakeSettings, tmp_path: Path, bigquery: BigQuery
) -> None:
    pairs = (field("Key"), field("Value"))
    bigquery.schemas[FOCUS_TABLE] = [
        *(field(name) for name in ("BillingAccountId", "BillingCurrency", "ChargeCategory")),
        *(field(name) for name in ("ProviderName", "ServiceName", "ServiceCategory")),
        *(field(name, "NUMERIC") for name in ("BilledCost", "EffectiveCost")),
        *(
            field(f"{period}Period{end}", "TIMESTAMP")
            for period in ("Billing", "Charge")
            for end in ("Start", "End")
        ),
        field("Tags", "RECORD", *pairs, mode="REPEATED"),
        field("x_Labels", "RECORD", *pairs, mode="REPEATED"),
        field("x_ExportTime", "TIMESTAMP"),
    ]
    bigquery.rows[FOCUS_TABLE] = [
        (
            "2026-10-02",
            {
                "BillingAccountId": "01ABCD",
                "BillingCurrency": "USD",
                "ChargeCategory": "Usage",
                "ProviderName": "Google Cloud",
                "ServiceName": "Vertex AI",
                "ServiceCategory": "AI and Machine Learning",
                "BilledCost": "0.123456789",
                "EffectiveCost": "0.2",
                "BillingPeriodStart": "2026-10-01 00:00:00",
                "BillingPeriodEnd": "2026-11-01 00:00:00",
                "ChargePeriodStart": "2026-10-02 10:00:00",
                "ChargePeriodEnd": "2026-10-02 11:00:00",
                "Tags": [{"Key": "env", "Value": "prod"}],
                "x_Labels": [{"Key": "team", "Value": "search"}],
                "x_ExportTime": "2026-10-03 04:00:00.000000",
            },
        )
    ]
    bigquery.exported_at[FOCUS_TABLE] = "x_ExportTime"
    options = {"table": FOCUS_TABLE, "endpoint_url": bigquery.url}
    google = export(make_settings, tmp_path, bigquery=options)
    assert not google.collect().refused
    charge = google.rows().row(0, named=True)
    assert charge["billed_cost"] == Decimal("0.123456789")
    assert json.loads(charge["tags"]) == {"env": "prod", "team": "search"}
    assert charge["focus_version"] == "1.2"


def nested(rows: list[Row]) -> pl.DataFrame:
    """Rows as BigQuery exports them to parquet."""
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("usage_start_time", "usage_end_time").str.to_datetime(time_zone="UTC")
    )


def test_trap_16_files_keep_nested_records(make_settings: MakeSettings, tmp_path: Path) -> None:
    rows = [usage(credits=[credit(-2.5)], subscription={"instance_id": None}), usage()]
    nested(rows).write_parquet(tmp_path / "part.parquet")
    google = export(make_settings, tmp_path, location=str(tmp_path), files=["part.parquet"])
    assert not google.collect().refused
    assert google.billed() == Decimal("18.5")
    assert google.rows()["tags"].unique().to_list() == ['{"team":"search"}']


def test_trap_16_a_damaged_file_is_refused(make_settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "part.jsonl").write_bytes(b'{"cost": 1}\n{"cost": 1')
    google = export(make_settings, tmp_path, location=str(tmp_path), files=["part.jsonl"])
    assert google.refusals() == ["BAD_JSON_LINE"]


def test_trap_17_a_denied_table_names_the_roles_that_are_missing(
    table: Export, bigquery: BigQuery
) -> None:
    bigquery.denied = True
    with pytest.raises(ConfigError) as error:
        table.collect()
    assert error.value.code == "ACCESS_DENIED"
    assert "roles/bigquery.dataViewer" in error.value.message
    assert "roles/bigquery.jobUser" in error.value.message


def test_trap_17_a_missing_table_and_a_missing_client_are_told(
    make_settings: MakeSettings,
    tmp_path: Path,
    bigquery: BigQuery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {"table": "a.b.c", "endpoint_url": bigquery.url}
    with pytest.raises(ConfigError) as missing:
        export(make_settings, tmp_path, bigquery=options).collect()
    assert missing.value.code == "LOCATION_MISSING"
    monkeypatch.setitem(sys.modules, "google.cloud.bigquery", None)
    with pytest.raises(ConfigError) as absent:
        export(make_settings, tmp_path, bigquery=options).collect()
    assert absent.value.code == "EXTRA_MISSING"
    assert "apportion[gcp]" in absent.value.message
