"""SGLang's request metrics: placed in time, prompts left behind."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from apportion.settings import Settings
from tests.ingest.call_logs import CallLog, assert_nowhere, jsonl

CANARY = "canary-7d1f"
KEY = "pod-0/sglang-request-metrics-20261003_04.log"
SENT = 1_791_000_010.5  # 2026-10-03T04:00:10.5Z


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "request_parameters": json.dumps({"rid": f"r{number}", "text": f"say {CANARY}"}),
        "id": f"r{number}",
        "finish_reason": {"type": "stop", "matched": 128009},
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "cached_tokens": 64,
        "reasoning_tokens": 7,
        "e2e_latency": 2.5,
        "response_sent_to_client_ts": SENT + number,
        **changes,
    }


@pytest.fixture
def make_log(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., CallLog]:
    def make(**options: Any) -> CallLog:
        section = {"name": "sglang", "kind": "sglang", "location": "log", "deployment": "chat-70b"}
        section |= {"model": "llama-70b", "prefixes": ["pod-0/sglang-request-metrics-%Y%m%d_"]}
        return CallLog(make_settings(section | options), tmp_path / "log")

    return make


def test_a_request_is_placed_before_its_answer(make_log: Callable[..., CallLog]) -> None:
    log = make_log()
    log.log(KEY, jsonl(record(), record(2, finish_reason={"type": "abort"}, ttft=0.5)))
    first, second = log.rows()
    assert first["started_at"] == datetime(2026, 10, 3, 4, 0, 9)  # noqa: DTZ001
    assert first["completed_at"] == datetime(2026, 10, 3, 4, 0, 11, 500_000)  # noqa: DTZ001
    assert second["first_token_at"] == datetime(2026, 10, 3, 4, 0, 10, 500_000)  # noqa: DTZ001
    assert (first["status"], second["status"]) == ("success", "failure")
    assert (first["deployment_id"], first["replica_id"]) == ("chat-70b", "pod-0")
    assert first["gateway_team"] is None
    counts = ("input_tokens", "cache_read_input_tokens", "output_tokens", "reasoning_output_tokens")
    assert [first[name] for name in counts] == [100, 64, 20, 7]


def test_the_calls_of_a_deployment_for_one_team_are_that_teams(
    make_log: Callable[..., CallLog],
) -> None:
    log = make_log(team="search")
    log.log(KEY, jsonl(record()))
    (row,) = log.rows()
    assert row["gateway_team"] == "search"


def test_a_request_of_unknown_time_is_quarantined(make_log: Callable[..., CallLog]) -> None:
    log = make_log()
    old = record()
    del old["response_sent_to_client_ts"]
    lines = [jsonl(old, record(2)), b'{"request_parameters": "']
    log.log(KEY, b"".join(lines))
    assert [row["request_id"] for row in log.rows()] == ["r2"]
    assert [reason[0] for reason in log.reasons()] == ["BAD_JSON_LINE", "BAD_TIMESTAMP"]


@pytest.mark.parametrize("options", [{}, {"hmac_key": "env:SGLANG_HMAC"}])
def test_prompts_reach_no_file(
    make_log: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    monkeypatch.setenv("SGLANG_HMAC", "secret")
    log = make_log(**options)
    log.log(KEY, jsonl(record(), record(2), record(3, prompt_tokens=-1)))
    hashes = {row["prompt_hmac"] for row in log.rows()}
    assert_nowhere(log.settings.home, CANARY)
    assert len(hashes) == 1
    assert (None in hashes) is (not options)
