"""The usage APIs of AI vendors: all reports and pages, one meaning, changed shapes refused."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.errors import ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.registry import open_source
from ingest.source import Window
from ingest.sources.vendor_costs.openai_usage import REPORTS
from tests.ingest.vendor_server import Vendor

OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 5))
CALLS = {
    "object": "organization.usage.completions.result",
    "input_tokens": 1000,
    "input_cached_tokens": 400,
    "input_cache_write_tokens": 100,
    "output_tokens": 500,
    "num_model_requests": 5,
    "project_id": "proj_1",
    "api_key_id": "key_1",
    "model": "gpt-5",
    "batch": False,
    "service_tier": "default",
}
MESSAGES = {
    "api_key_id": "apikey_1",
    "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
    "cache_read_input_tokens": 200,
    "context_window": "0-200k",
    "model": "claude-opus-5",
    "output_tokens": 500,
    "server_tool_use": {"web_search_requests": 10},
    "service_tier": "standard",
    "uncached_input_tokens": 1500,
    "workspace_id": None,
}
Configured = Callable[..., Settings]


def counted(settings: Settings) -> pl.DataFrame:
    files = [f for f in Ledger(settings.home).current_files() if f.table == "model_api_usage"]
    return pl.concat([pl.read_parquet(file.path) for file in files]).sort(
        "usage_date", "gen_ai_operation_name", "output_tokens"
    )


def test_openai_counts_cached_tokens_within_the_input(
    vendor: Vendor, configured: Configured
) -> None:
    embedded = {
        "object": "organization.usage.embeddings.result",
        "input_tokens": 16,
        "num_model_requests": 2,
    }
    vendor.results["2026-10-01"] = [json.dumps(CALLS)]
    vendor.results["2026-10-05"] = [json.dumps(CALLS | {"batch": True, "output_tokens": 7})]
    of_model = json.dumps(embedded | {"model": "text-embedding-3"})
    vendor.others["embeddings"] = {"2026-10-05": [of_model]}
    settings = configured("openai_usage")
    result = collect(settings, "vendor", OCTOBER)
    assert (result.landed, result.rows, result.quarantined_rows, result.refused) == (2, 3, 0, [])
    rows = counted(settings)
    first = rows.row(0, named=True)
    assert first["input_tokens"] == 1000
    assert first["cache_read_input_tokens"] == 400
    assert first["cache_creation_input_tokens"] == 100
    assert (first["request_count"], first["output_tokens"]) == (5, 500)
    assert (first["billing_account_id"], first["sub_account_id"]) == ("org-1", "proj_1")
    assert (first["api_key_id"], first["service_tier"]) == ("key_1", "standard")
    assert rows["service_tier"].to_list() == ["standard", "batch", None]
    assert rows["gen_ai_operation_name"].to_list() == ["chat", "chat", "embeddings"]
    assert rows["usage_date"].to_list() == [OCTOBER.first, OCTOBER.last, OCTOBER.last]
    assert len(vendor.asked) == 30  # ten reports of five days, two buckets a page


def test_anthropic_counts_the_cache_beside_the_input(
    vendor: Vendor, configured: Configured
) -> None:
    vendor.results["2026-10-02"] = [json.dumps(MESSAGES)]
    settings = configured("anthropic_usage")
    collect(settings, "vendor", OCTOBER)
    row = counted(settings).row(0, named=True)
    assert row["input_tokens"] == 1500 + 200 + 1000 + 500
    assert row["cache_read_input_tokens"] == 200
    assert row["cache_creation_input_tokens"] == 1500
    assert row["cache_creation_1h_input_tokens"] == 1000
    assert (row["output_tokens"], row["search_requests"]) == (500, 10)
    assert row["request_count"] is None
    assert row["sub_account_id"] == "default"


@pytest.mark.parametrize("kind", ["openai_usage", "anthropic_usage"])
def test_no_more_days_are_asked_for_at_once_than_the_vendor_answers(
    vendor: Vendor, configured: Configured, kind: str
) -> None:
    autumn = Window(date(2026, 9, 1), date(2026, 10, 31))
    assert list(open_source(configured(kind), "vendor").discover(autumn)) == []
    assert all("limit=31" in question for question in vendor.asked)
    assert len(vendor.asked) == 18 * (10 if kind == "openai_usage" else 1)  # 35 trailing days


def test_a_day_that_changed_is_replaced(vendor: Vendor, configured: Configured) -> None:
    vendor.results |= {"2026-10-01": [json.dumps(CALLS)], "2026-10-02": [json.dumps(CALLS)]}
    settings = configured("openai_usage")
    collect(settings, "vendor", OCTOBER)
    vendor.results["2026-10-02"] = [json.dumps(CALLS | {"output_tokens": 501})]
    again = collect(settings, "vendor", OCTOBER)
    assert (again.landed, again.unchanged) == (1, 1)
    assert counted(settings)["output_tokens"].to_list() == [500, 501]


@pytest.mark.parametrize(
    ("kind", "result", "problem"),
    [
        ("openai_usage", CALLS | {"object": "organization.usage.videos.result"}, "known report"),
        ("openai_usage", CALLS | {"object": "organization.usage.images.result"}, "without images"),
        ("openai_usage", CALLS | {"input_tokens": None}, "without input_tokens"),
        ("anthropic_usage", {"input_tokens": 7, "output_tokens": 1}, "without uncached_input"),
        (
            "anthropic_usage",
            MESSAGES | {"cache_creation": {"ephemeral_1d_input_tokens": 7}},
            "ephemeral_1d_input_tokens",
        ),
    ],
)
def test_a_result_of_another_shape_is_refused(
    vendor: Vendor, configured: Configured, kind: str, result: dict[str, Any], problem: str
) -> None:
    vendor.results["2026-10-01"] = [json.dumps(result)]
    (refused,) = collect(configured(kind), "vendor", OCTOBER).refused
    assert refused.code == "ANSWER_INVALID"
    assert problem in str(refused)


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("openai_usage", CALLS | {"input_cached_tokens": 950}),
        ("openai_usage", CALLS | {"output_audio_tokens": 400, "output_image_tokens": 101}),
        ("openai_usage", CALLS | {"output_tokens": 1.5}),
        ("openai_usage", CALLS | {"num_model_requests": -1}),
        ("anthropic_usage", MESSAGES | {"cache_read_input_tokens": "many"}),
    ],
)
def test_counts_that_cannot_be_are_quarantined(
    vendor: Vendor, configured: Configured, kind: str, result: dict[str, Any]
) -> None:
    good = CALLS if kind == "openai_usage" else MESSAGES
    vendor.results["2026-10-01"] = [json.dumps(good), json.dumps(result)]
    collected = collect(configured(kind), "vendor", OCTOBER)
    assert (collected.rows, collected.quarantined_rows, collected.refused) == (1, 1, [])


@pytest.mark.parametrize("kind", ["openai_usage", "anthropic_usage"])
def test_a_wrong_key_and_a_login_page_say_what_to_mend(
    vendor: Vendor, configured: Configured, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    source = open_source(configured(kind), "vendor")
    monkeypatch.setenv("VENDOR_KEY", "sk-wrong")
    with pytest.raises(ConfigError, match=r"ACCESS_DENIED.*admin_key") as denied:
        list(source.discover(OCTOBER))
    assert "sk-wrong" not in str(denied.value)
    vendor.answer = "<html>sign in</html>"
    with pytest.raises(DeliveryRefused, match="ANSWER_INVALID"):
        list(source.discover(OCTOBER))


def test_answers_that_a_job_saved_are_read(make_settings: Configured, tmp_path: Path) -> None:
    bucket = {"starting_at": "2026-10-01T00:00:00Z", "results": [MESSAGES]}
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "2026-10-01.json").write_text(json.dumps({"data": [bucket]}))
    section = {"name": "vendor", "kind": "anthropic_usage", "location": "answers"}
    settings = make_settings(section | {"organization": "org-1"})
    assert collect(settings, "vendor", OCTOBER).rows == 1
    assert counted(settings)["api_key_id"].to_list() == ["apikey_1"]


@pytest.mark.data
def test_the_vendors_own_examples(
    vendor: Vendor, configured: Configured, sample_data: Path
) -> None:
    def results(file: str) -> list[str]:
        example = json.loads((sample_data / "billing" / file).read_text())
        return [json.dumps(result) for result in example["data"][0]["results"]]

    vendor.results["2024-11-01"] = results("openai/organization_usage_completions.json")
    for report in REPORTS:
        name = report.removeprefix("/")
        found = results(f"openai/organization_usage_{name}.json")
        vendor.others[name] = {"2024-11-01": found}
    settings = configured("openai_usage")
    day = Window(date(2024, 11, 1), date(2024, 11, 1))
    collected = collect(settings, "vendor", day)
    assert (collected.rows, collected.quarantined_rows, collected.refused) == (10, 0, [])
    rows = {row["gen_ai_operation_name"]: row for row in counted(settings).iter_rows(named=True)}
    told = ("request_count", "input_tokens", "output_tokens", "consumed_quantity", "consumed_unit")
    assert {name: tuple(row[column] for column in told) for name, row in rows.items()} == {
        "chat": (5, 1000, 500, None, None),
        "embeddings": (2, 16, 0, None, None),
        "moderation": (2, 16, 0, None, None),
        "image_generation": (2, 0, 0, 2, "Images"),
        "speech": (1, 0, 0, 45, "Characters"),
        "transcription": (1, 0, 0, 20, "Seconds"),
        "web_search": (None, 0, 0, 2, "Searches"),
        "file_search": (None, 0, 0, 2, "Searches"),
        "code_interpreter": (None, 0, 0, 1, "Sessions"),
        "vector_store": (None, 0, 0, 1024, "Bytes"),
    }
    parts = ("cache_read_input_tokens", "cache_creation_input_tokens", "input_audio_tokens")
    assert [rows["chat"][part] for part in parts] == [400, 100, 50]
    assert rows["chat"]["output_image_tokens"] == 50

    vendor.results["2025-08-01"] = results("anthropic/usage_report_messages.json")
    settings = configured("anthropic_usage")
    day = Window(date(2025, 8, 1), date(2025, 8, 1))
    collected = collect(settings, "vendor", day)
    assert (collected.rows, collected.quarantined_rows) == (1, 0)
    row = counted(settings).row(-1, named=True)
    assert (row["input_tokens"], row["output_tokens"]) == (3200, 500)
    assert row["api_key_id"] == "apikey_01Rj2N8SVvo6BePZj99NhmiT"
