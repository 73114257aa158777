"""The log of a LiteLLM gateway: what is kept, what is counted once, what never reaches a disk."""

import gzip
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.sources.litellm import LiteLlmSource
from tests.conftest import Bucket
from tests.ingest.call_logs import CallLog, assert_nowhere, jsonl
from tests.ingest.conftest import WINDOW

CANARY = "canary-7d1f"
START = datetime(2026, 10, 3, 4, tzinfo=UTC).timestamp()
USAGE = {
    "prompt_tokens": 100,
    "prompt_tokens_details": {
        "cached_tokens": 40,
        "audio_tokens": 30,
        "cache_creation_token_details": {"ephemeral_1h_input_tokens": 4},
    },
    "cache_creation_input_tokens": 10,
    "completion_tokens_details": {"reasoning_tokens": 7, "audio_tokens": 2},
    "server_tool_use": {"web_search_requests": 1},
}


def payload(number: int = 1, **changes: Any) -> dict[str, Any]:
    metadata = {
        "user_api_key_hash": "5e88",
        "user_api_key_alias": "search-prod",
        "user_api_key_team_id": "t-1",
        "user_api_key_team_alias": "Search",
        "user_api_key_end_user_id": f"customer {CANARY}",
        "usage_object": USAGE,
        "requester_metadata": {"note": CANARY},
    } | changes.pop("metadata", {})
    return {
        "id": f"chatcmpl-{number}",
        "trace_id": "trace",
        "session_id": "",
        "call_type": "acompletion",
        "cache_hit": None,
        "stream": True,
        "status": "success",
        "custom_llm_provider": "openai",
        "startTime": START + number,
        "endTime": START + number + 1.5,
        "completionStartTime": START + number + 0.25,
        "model": "gpt-5-2026",
        "model_group": "gpt-5",
        "model_id": "east-1",
        "metadata": metadata,
        "response_cost": 1.25e-07,
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "request_tags": ["cost_center:CC-1"],
        "end_user": f"customer {CANARY}",
        "messages": [{"role": "user", "content": CANARY}],
        "response": {"choices": [{"message": {"content": CANARY}}]},
        "error_str": CANARY,
        "model_parameters": {"user": CANARY},
        **changes,
    }


@pytest.fixture
def make_gateway(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., CallLog]:
    def make(**options: Any) -> CallLog:
        section = {"name": "gateway", "kind": "litellm", "location": "log", **options}
        return CallLog(make_settings(section), tmp_path / "log")

    return make


@pytest.fixture
def gateway(make_gateway: Callable[..., CallLog]) -> CallLog:
    return make_gateway()


def test_a_payload_is_typed_field_by_field(gateway: CallLog) -> None:
    gateway.log_lines(payload(0))
    (row,) = gateway.rows()
    del row["object_sha256"]
    assert row == {
        "source_name": "gateway",
        "object_key": "2026-10-03/04/a.jsonl.gz",
        "object_row": 1,
        "request_id": "chatcmpl-0",
        "trace_id": "trace",
        "started_at": datetime(2026, 10, 3, 4),  # noqa: DTZ001
        "completed_at": datetime(2026, 10, 3, 4, 0, 1, 500_000),  # noqa: DTZ001
        "first_token_at": datetime(2026, 10, 3, 4, 0, 0, 250_000),  # noqa: DTZ001
        "gen_ai_operation_name": "chat",
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "gpt-5",
        "gen_ai_response_model": "gpt-5-2026",
        "deployment_id": "east-1",
        "api_key_hash": "5e88",
        "api_key_alias": "search-prod",
        "gateway_team": "Search",
        "end_user_hmac": None,
        "session_id": None,
        "replica_id": None,
        "status": "success",
        "service_tier": None,
        "is_gateway_cache_hit": False,
        "is_streamed": True,
        "input_tokens": 100,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 10,
        "cache_creation_1h_input_tokens": 4,
        "input_audio_tokens": 30,
        "cache_read_audio_input_tokens": None,
        "output_tokens": 20,
        "reasoning_output_tokens": 7,
        "output_audio_tokens": 2,
        "search_requests": 1,
        "reported_cost": Decimal("0.000000125000000000"),
        "prompt_hmac": None,
        "prompt_block_hashes": None,
        "prompt_block_tokens": None,
        "request_tags": '["cost_center:CC-1"]',
    }


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"completionStartTime": START + 2.5}, "first_token_at", None),
        ({"cache_hit": "True"}, "is_gateway_cache_hit", True),
        ({"cache_hit": True}, "is_gateway_cache_hit", True),
        ({"cache_hit": "None"}, "is_gateway_cache_hit", False),
        ({"call_type": "aembedding"}, "gen_ai_operation_name", "embeddings"),
        ({"call_type": "arerank"}, "gen_ai_operation_name", "arerank"),
        ({"metadata": {"user_api_key_team_alias": None}}, "gateway_team", "t-1"),
        (
            {"response_cost": 0.0, "response_cost_failure_debug_info": {"a": 1}},
            "reported_cost",
            None,
        ),
        ({"prompt_tokens": 100.0}, "input_tokens", 100),
        ({"cost_breakdown": {"service_tier": "flex"}}, "service_tier", "flex"),
        ({"metadata": {"usage_object": {"service_tier": "Default"}}}, "service_tier", "standard"),
        ({"metadata": {"usage_object": {"service_tier": "auto"}}}, "service_tier", None),
        ({"metadata": {"usage_object": {"service_tier": "Turbo"}}}, "service_tier", "turbo"),
        ({"call_type": "aretrieve_batch"}, "service_tier", "batch"),
        ({"request_tags": None}, "request_tags", None),
        ({"metadata": {"usage_object": None}}, "cache_read_input_tokens", None),
        (
            {"metadata": {"usage_object": {"cache_read_input_tokens": 3}}},
            "cache_read_input_tokens",
            3,
        ),
    ],
)
def test_a_field_is_read_as_litellm_means_it(
    gateway: CallLog, changes: dict[str, Any], column: str, expected: object
) -> None:
    gateway.log_lines(payload(1, **changes))
    (row,) = gateway.rows()
    assert row[column] == expected


def test_a_key_that_was_logged_in_the_clear_is_hashed(gateway: CallLog) -> None:
    gateway.log_lines(payload(1, metadata={"user_api_key_hash": "sk-abc"}))
    (row,) = gateway.rows()
    assert row["api_key_hash"] == hashlib.sha256(b"sk-abc").hexdigest()


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"prompt_tokens": -1}, "BAD_TOKENS", "input_tokens"),
        ({"completion_tokens": 20.5}, "BAD_TOKENS", "output_tokens"),
        ({"completion_tokens": "many"}, "BAD_TOKENS", "output_tokens"),
        ({"completion_tokens": [3]}, "BAD_TOKENS", "output_tokens"),
        ({"prompt_tokens": 49}, "TOKEN_IDENTITY", "input_tokens"),
        ({"completion_tokens": 8}, "TOKEN_IDENTITY", "output_tokens"),
        ({"startTime": None}, "BAD_TIMESTAMP", "started_at"),
        ({"startTime": "yesterday"}, "BAD_TIMESTAMP", "started_at"),
        ({"endTime": START}, "REQUEST_TIMES", "completed_at"),
        ({"id": None}, "MISSING_VALUE", "request_id"),
        ({"response_cost": "free"}, "BAD_NUMBER", "reported_cost"),
    ],
)
def test_a_record_that_cannot_be_trusted_is_quarantined(
    gateway: CallLog, changes: dict[str, Any], code: str, column: str
) -> None:
    gateway.log_lines(payload(1, **changes), payload(2))
    assert gateway.reasons() == [(code, column, 1)]
    assert [row["request_id"] for row in gateway.rows()] == ["chatcmpl-2"]


def test_a_cut_line_is_quarantined_with_its_number_and_without_its_text(gateway: CallLog) -> None:
    good = jsonl(payload(1), payload(2))
    cut = jsonl(payload(3))
    gateway.log("2026-10-03/a.jsonl", good + b"\n" + b'"' + CANARY.encode() + b'"\n' + cut[:-40])
    assert gateway.reasons() == [("BAD_JSON_LINE", "", 4), ("BAD_JSON_LINE", "", 5)]
    assert len(gateway.rows()) == 2
    assert_nowhere(gateway.settings.home, CANARY)


def test_what_python_writes_and_json_forbids_is_read(gateway: CallLog) -> None:
    lone = jsonl(payload(1)).replace(CANARY.encode(), b"\\ud83d")
    nan = jsonl(payload(2)).replace(b'"error_str": "canary-7d1f"', b'"error_str": NaN')
    gateway.log("2026-10-03/a.jsonl", lone + nan)
    assert [row["request_id"] for row in gateway.rows()] == ["chatcmpl-1", "chatcmpl-2"]


def test_a_line_separator_in_a_name_is_no_line(gateway: CallLog) -> None:
    gateway.log_lines(payload(1, model_id="a\u2028b"), payload(2))
    assert [row["deployment_id"] for row in gateway.rows()] == ["a\u2028b", "east-1"]


def test_a_request_that_was_logged_twice_counts_once(gateway: CallLog) -> None:
    gateway.log_lines(payload(1), payload(1), payload(2))
    gateway.log_lines(payload(1), key="2026-10-03/05/b.jsonl.gz")
    assert [row["request_id"] for row in gateway.rows()] == ["chatcmpl-1", "chatcmpl-2"]
    assert gateway.reasons() == [
        ("REQUEST_REPEATED", "request_id", 1),
        ("REQUEST_REPEATED", "request_id", 2),
    ]


def test_records_that_contradict_each_other_do_not_count(gateway: CallLog) -> None:
    gateway.log_lines(payload(1), payload(2), payload(1, completion_tokens=21))
    assert [row["request_id"] for row in gateway.rows()] == ["chatcmpl-2"]
    assert [reason[0] for reason in gateway.reasons()] == ["REQUEST_CONFLICT"] * 2


def test_one_document_may_hold_one_payload_or_many(gateway: CallLog) -> None:
    gateway.log("2026-10-03/04/one.json", json.dumps(payload(1), indent=2).encode())
    gateway.log("2026-10-03/04/two.json.gz", gzip.compress(json.dumps([payload(2)]).encode()))
    assert len(gateway.rows()) == 2


def test_days_outside_the_window_are_left_alone(make_gateway: Callable[..., CallLog]) -> None:
    gateway = make_gateway(prefix="llm/logs")
    gateway.log_lines(payload(1), key="llm/logs/2026-10-03/a.jsonl.gz")
    gateway.log_lines(payload(2), key="llm/logs/2026-11-03/a.jsonl.gz")
    gateway.log_lines(payload(3), key="2026-10-03/a.jsonl.gz")
    assert [row["request_id"] for row in gateway.rows()] == ["chatcmpl-1"]


def test_a_day_that_grows_is_read_again_without_fetching_again(gateway: CallLog) -> None:
    gateway.log_lines(payload(1))
    assert gateway.collect().objects_fetched == 1
    gateway.log_lines(payload(2), key="2026-10-03/05/b.jsonl.gz")
    result = gateway.collect()
    assert (result.objects_fetched, result.rows) == (1, 2)
    assert gateway.collect().unchanged == 1


def test_a_cut_stream_is_refused(gateway: CallLog) -> None:
    gateway.log("2026-10-03/a.jsonl.gz", gzip.compress(jsonl(payload(1)))[:-10])
    (refusal,) = gateway.collect().refused
    assert refusal.code == "INPUT_GZIP"


def test_a_stream_that_swells_beyond_reason_is_refused(gateway: CallLog) -> None:
    blank = b" " * 999_999 + b"\n"
    gateway.log("2026-10-03/a.jsonl.gz", gzip.compress(blank * 40))
    (refusal,) = gateway.collect().refused
    assert refusal.code == "DECOMPRESSION_LIMIT"


@pytest.mark.parametrize("options", [{}, {"hmac_key": "env:GATEWAY_HMAC"}])
def test_prompts_answers_and_end_users_reach_no_file(
    make_gateway: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    monkeypatch.setenv("GATEWAY_HMAC", "secret")
    gateway = make_gateway(**options)
    bad = payload(9, prompt_tokens=-1)
    gateway.log_lines(payload(1), payload(2), bad)
    gateway.log("2026-10-03/one.json", json.dumps(payload(3)).encode())
    assert len(gateway.rows()) == 3
    assert_nowhere(gateway.settings.home, CANARY)


def test_hashes_tell_end_users_and_prompts_apart(
    make_gateway: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_HMAC", "secret")
    gateway = make_gateway(hmac_key="env:GATEWAY_HMAC")
    other = {"user_api_key_end_user_id": "somebody else"}
    gateway.log_lines(payload(1), payload(2), payload(3, metadata=other, messages="{}"))
    first, second, third = gateway.rows()
    assert len(first["end_user_hmac"]) == len(first["prompt_hmac"]) == 32
    assert first["end_user_hmac"] == second["end_user_hmac"] != third["end_user_hmac"]
    assert first["prompt_hmac"] == second["prompt_hmac"] != first["end_user_hmac"]
    assert third["prompt_hmac"] is None


def test_prompts_that_begin_alike_have_blocks_that_begin_alike(
    make_gateway: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_HMAC", "secret")
    gateway = make_gateway(hmac_key="env:GATEWAY_HMAC", prompt_block_characters=256)
    told = [{"role": "system", "content": "s" * 600}]
    asked = [[*told, {"role": "user", "content": text}] for text in ("a", "b" * 900)]
    other = [{"role": "system", "content": "t" + "s" * 599}]
    gateway.log_lines(*(payload(n, messages=said) for n, said in enumerate([*asked, other, ""], 1)))
    first, second, third, none = (
        (row["prompt_block_hashes"] or "").split() for row in gateway.rows()
    )
    assert (len(first), len(second), len(third), none) == (3, 7, 3, [])
    assert first[:2] == second[:2]
    assert not {*first[2:]} & {*second}
    assert not {*first} & {*third}
    assert_nowhere(gateway.settings.home, "s" * 50)
    with pytest.raises(ValueError, match="hmac_key"):
        LiteLlmSource.from_options("a", {"location": "/", "prompt_block_characters": 256}, Path())


def test_a_secret_that_is_not_there_is_a_mistake_of_the_configuration(
    make_gateway: Callable[..., CallLog],
) -> None:
    gateway = make_gateway(hmac_key="env:NOBODY_SET_THIS")
    gateway.log_lines(payload(1))
    with pytest.raises(ConfigError, match="SECRET_MISSING"):
        gateway.collect()


@pytest.mark.server
def test_a_bucket_is_read_like_a_folder(
    make_gateway: Callable[..., CallLog], s3_bucket: Bucket
) -> None:
    gateway = make_gateway(
        location=f"s3://{s3_bucket.name}/logs", endpoint_url=s3_bucket.endpoint_url
    )
    s3_bucket.put("logs/2026-10-03/04/a.jsonl.gz", gzip.compress(jsonl(payload(1))))
    assert [row["request_id"] for row in gateway.rows()] == ["chatcmpl-1"]


def test_an_object_that_is_replaced_while_it_is_read_is_refused(
    gateway: CallLog, tmp_path: Path
) -> None:
    source = LiteLlmSource.from_options("gateway", {"location": str(gateway.folder)}, tmp_path)
    gateway.log_lines(payload(1))
    (delivery,) = source.discover(WINDOW)
    gateway.log_lines(payload(1), payload(2))
    with pytest.raises(DeliveryRefused, match="OBJECT_CHANGED"):
        source.store.fetch(delivery.objects[0], tmp_path / "landed")


@pytest.mark.data
def test_the_public_payloads_have_their_stated_requests(
    gateway: CallLog, sample_data: Path
) -> None:
    content = (sample_data / "inference/litellm/standard_logging_payload.jsonl.gz").read_bytes()
    gateway.log("2026-10-03/a.jsonl.gz", content)
    records = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    rows = gateway.rows()
    assert gateway.reasons() == []
    assert len(rows) == 400
    for column, name in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        assert sum(row[column] for row in rows) == sum(record[name] for record in records)
    unpriced = sum(bool(record["response_cost_failure_debug_info"]) for record in records)
    assert sum(row["reported_cost"] is None for row in rows) == unpriced == 42
    assert sum(row["gateway_team"] is None for row in rows) == sum(
        not record["metadata"]["user_api_key_team_id"] for record in records
    )
    assert {f"{row['started_at']:%Y-%m-%d}" for row in rows} == {
        "2026-11-01",
        "2026-11-02",
        "2026-11-03",
    }


@pytest.mark.data
def test_the_public_row_of_spend_logs_is_read(gateway: CallLog, sample_data: Path) -> None:
    content = (sample_data / "inference/litellm/spend_logs_payload.json.gz").read_bytes()
    gateway.log("2026-10-03/a.json.gz", content)
    (row,) = gateway.rows()
    kept = ("input_tokens", "output_tokens", "is_gateway_cache_hit", "first_token_at", "session_id")
    assert [row[name] for name in kept] == [10, 20, False, None, "1234567890"]
    assert row["reported_cost"] == Decimal("0.000225000000000000")
    assert row["started_at"] == datetime(2025, 1, 24, 9, 20, 46, 847371)  # noqa: DTZ001


def test_a_busy_day_is_read_in_seconds(gateway: CallLog) -> None:
    for hour in range(24):
        lines = jsonl(*(payload(hour * 600 + number) for number in range(600)))
        gateway.log(f"2026-10-03/{hour:02}/a.jsonl.gz", gzip.compress(lines, 1))
    began = time.perf_counter()
    assert gateway.collect().rows == 24 * 600
    assert time.perf_counter() - began < 10
