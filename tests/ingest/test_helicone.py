"""Helicone's exports: what its requests say, with bodies and users left out."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apportion.settings import Settings
from tests.ingest.call_logs import CallLog, assert_nowhere, jsonl

CANARY = "canary-7d1f"


def request(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "request_id": f"r{number}",
        "request_created_at": f"2026-10-03T04:00:{number:02d}.000Z",
        "response_created_at": f"2026-10-03T04:00:{number + 1:02d}.500Z",
        "delay_ms": 1500,
        "time_to_first_token": 250,
        "response_status": 200,
        "provider": "OPENAI",
        "request_model": "gpt-5",
        "response_model": "gpt-5-2026",
        "prompt_tokens": 100,
        "prompt_cache_read_tokens": 40,
        "prompt_cache_write_tokens": 10,
        "completion_tokens": 20,
        "reasoning_tokens": 7,
        "costUSD": 0.00025,
        "cache_reference_id": "00000000-0000-0000-0000-000000000000",
        "request_user_id": f"jane {CANARY}",
        "request_properties": {"team": "Search", "note": CANARY, "cost_center": "CC-1"},
        "request_body": {"messages": [CANARY]},
        "response_body": CANARY,
        **changes,
    }


@pytest.fixture
def make_log(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., CallLog]:
    def make(**options: Any) -> CallLog:
        section = {"name": "helicone", "kind": "helicone", "location": "log"}
        section |= {"cached_tokens": "inside", "prefixes": ["requests-%Y-%m-%d"]}
        return CallLog(make_settings(section | options), tmp_path / "log")

    return make


def read(log: CallLog, *records: dict[str, Any]) -> list[dict[str, Any]]:
    log.log("requests-2026-10-03.jsonl", jsonl(*records))
    return log.rows()


def test_a_request_is_typed_field_by_field(make_log: Callable[..., CallLog]) -> None:
    (row,) = read(make_log(tags=["cost_center"]), request())
    told = {name: value for name, value in row.items() if value is not None}
    assert told == {
        "source_name": "helicone",
        "object_key": "requests-2026-10-03.jsonl",
        "object_sha256": row["object_sha256"],
        "object_row": 1,
        "request_id": "r1",
        "started_at": datetime(2026, 10, 3, 4, 0, 1),  # noqa: DTZ001
        "completed_at": datetime(2026, 10, 3, 4, 0, 2, 500_000),  # noqa: DTZ001
        "first_token_at": datetime(2026, 10, 3, 4, 0, 1, 250_000),  # noqa: DTZ001
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "gpt-5",
        "gen_ai_response_model": "gpt-5-2026",
        "gateway_team": "Search",
        "status": "success",
        "is_gateway_cache_hit": False,
        "is_streamed": False,
        "input_tokens": 100,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 10,
        "output_tokens": 20,
        "reasoning_output_tokens": 7,
        "reported_cost": Decimal("0.000250000000000000"),
        "request_tags": '["cost_center:CC-1"]',
    }


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"response_created_at": None}, "completed_at", "2026-10-03 04:00:02.500000"),
        ({"response_status": 429}, "status", "failure"),
        ({"response_status": None}, "status", "None"),
        ({"cache_reference_id": "5b8e-1"}, "is_gateway_cache_hit", "True"),
    ],
)
def test_a_field_is_read_as_helicone_means_it(
    make_log: Callable[..., CallLog], changes: dict[str, Any], column: str, expected: str
) -> None:
    (row,) = read(make_log(), request(**changes))
    assert str(row[column]) == expected


def test_cached_tokens_may_come_beside(make_log: Callable[..., CallLog]) -> None:
    (row,) = read(make_log(cached_tokens="beside"), request(prompt_tokens=50))
    assert row["input_tokens"] == 100


def test_an_array_and_a_page_are_read(make_log: Callable[..., CallLog]) -> None:
    log = make_log()
    log.log("requests-2026-10-03.json", json.dumps([request(1), request(2)]).encode())
    log.log("requests-2026-10-03-b.json", json.dumps({"data": [request(3)]}).encode())
    assert [row["request_id"] for row in log.rows()] == ["r1", "r2", "r3"]


@pytest.mark.parametrize("options", [{}, {"hmac_key": "env:HELICONE_HMAC"}])
def test_bodies_and_users_reach_no_file(
    make_log: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    monkeypatch.setenv("HELICONE_HMAC", "secret")
    log = make_log(**options)
    (row,) = read(log, request(1), request(2, completion_tokens="many"))
    assert_nowhere(log.settings.home, CANARY)
    assert log.reasons() == [("BAD_TOKENS", "output_tokens", 2)]
    assert (row["prompt_hmac"] is None) is (row["end_user_hmac"] is None) is (not options)
