"""Langfuse's exports: three forms, counts beside and inside, one call counted once."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import ConfigError
from apportion.settings import Settings
from ingest.registry import open_source
from tests.ingest.call_logs import CallLog, assert_nowhere, jsonl

CANARY = "canary-7d1f"
SAID = {"gen_ai.system": "OpenAI", "gen_ai.prompt": CANARY}


def observation(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"o{number}",
        "traceId": "t1",
        "type": "GENERATION",
        "name": CANARY,
        "startTime": f"2026-10-03T04:00:{number:02d}.000Z",
        "endTime": f"2026-10-03T04:00:{number:02d}.900Z",
        "completionStartTime": f"2026-10-03T04:00:{number:02d}.200Z",
        "projectId": "search",
        "model": "gpt-5",
        "modelParameters": {"service_tier": "flex", "instructions": CANARY},
        "usageDetails": {"input": 50, "output": 13, "total": 63},
        "totalCost": 1.25e-05,
        "level": "DEFAULT",
        "metadata": json.dumps(
            {"attributes": {"gen_ai.system": "OpenAI", "gen_ai.prompt": CANARY}}
        ),
        "input": [{"role": "user", "content": CANARY}],
        "output": CANARY,
        **changes,
    }


def trace(*observations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {"id": "t1", "userId": f"jane {CANARY}", "sessionId": "s1", "tags": ["team:Search"]}
    return {"trace": said | changes, "observations": list(observations)}


@pytest.fixture
def make_log(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., CallLog]:
    def make(**options: Any) -> CallLog:
        days = {} if "files" in options else {"prefixes": ["%Y-%m-%d/"]}
        section = {"name": "langfuse", "kind": "langfuse", "location": "log", **days, **options}
        return CallLog(make_settings(section), tmp_path / "log")

    return make


@pytest.fixture
def log(make_log: Callable[..., CallLog]) -> CallLog:
    return make_log()


def read(log: CallLog, *records: dict[str, Any]) -> list[dict[str, Any]]:
    log.log("2026-10-03/observations.jsonl", jsonl(*records))
    return log.rows()


def test_an_observation_is_typed_field_by_field(log: CallLog) -> None:
    (row,) = read(log, trace(observation()))
    told = {name: value for name, value in row.items() if value is not None}
    assert told == {
        "source_name": "langfuse",
        "object_key": "2026-10-03/observations.jsonl",
        "object_sha256": row["object_sha256"],
        "object_row": 1,
        "request_id": "t1-o1",
        "trace_id": "t1",
        "started_at": datetime(2026, 10, 3, 4, 0, 1),  # noqa: DTZ001
        "completed_at": datetime(2026, 10, 3, 4, 0, 1, 900_000),  # noqa: DTZ001
        "first_token_at": datetime(2026, 10, 3, 4, 0, 1, 200_000),  # noqa: DTZ001
        "gen_ai_operation_name": "chat",
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "gpt-5",
        "api_key_alias": "search",
        "gateway_team": "Search",
        "session_id": "s1",
        "status": "success",
        "service_tier": "flex",
        "is_gateway_cache_hit": False,
        "is_streamed": False,
        "input_tokens": 50,
        "output_tokens": 13,
        "reported_cost": Decimal("0.000012500000000000"),
        "request_tags": '["team:Search"]',
    }


COUNTS: dict[str, tuple[dict[str, Any], tuple[int | None, ...]]] = {
    "details are inside": (
        {"input": 100, "prompt_details.cache_read": 40, "completion_details.reasoning": 7},
        (100, 40, None, 7),
    ),
    "inputs are beside": (
        {"input": 50, "input_cached_tokens": 40, "output": 13, "output_reasoning": 7, "total": 110},
        (90, 40, None, 7),
    ),
    "Anthropic's are beside": (
        {"input": 50, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 10},
        (100, 40, 10, None),
    ),
    "an hour's are beside": ({"input": 5, "input_cache_creation_1h": 4}, (9, None, 4, None)),
    "new kinds of input are input": ({"input": 5, "input_video": 4}, (9, None, None, None)),
    "texts of the blob export": ({"input": "5", "input_cached_tokens": "4"}, (9, 4, None, None)),
}


@pytest.mark.parametrize(("usage", "expected"), COUNTS.values(), ids=COUNTS)
def test_counts_end_in_one_meaning(
    log: CallLog, usage: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    (row,) = read(log, observation(usageDetails={"output": 20, **usage}))
    assert expected == (
        row["input_tokens"],
        row["cache_read_input_tokens"],
        row["cache_creation_input_tokens"],
        row["reasoning_output_tokens"],
    )
    beside = usage.get("output_reasoning", 0)
    assert row["output_tokens"] == usage.get("output", 20) + beside


def test_a_row_of_the_blob_export_is_read(log: CallLog) -> None:
    row = {
        "id": "o1",
        "trace_id": "t1",
        "type": "GENERATION",
        "start_time": "2026-10-03 04:00:01.000000",
        "end_time": "2026-10-03 04:00:02.000000",
        "provided_model_name": "projects/p/locations/l/publishers/google/models/gemini-2.5-flash",
        "usage_details": '{"input":"50","output":"20"}',
        "user_id": CANARY,
        "session_id": "s1",
        "metadata": {"team": "Search"},
        "tags": [],
    }
    (call,) = read(log, row)
    names = ("gen_ai_request_model", "input_tokens", "session_id", "gateway_team")
    assert [call[name] for name in names] == ["gemini-2.5-flash", 50, "s1", "Search"]


def test_layers_of_a_call_count_once_and_other_observations_are_none(log: CallLog) -> None:
    outer = observation(1, usageDetails={"input": 500, "output": 60})
    inner = observation(2, parentObservationId="o1", projectId=None)
    tool = observation(3, type="TOOL", usageDetails={}, parentObservationId="o1")
    rows = read(log, {"data": [outer, inner, tool]})
    assert [(row["request_id"], row["api_key_alias"]) for row in rows] == [("t1-o2", "search")]


def test_an_error_without_counts_is_a_failed_call(log: CallLog) -> None:
    (row,) = read(log, observation(level="ERROR", usageDetails={}))
    assert (row["status"], row["input_tokens"]) == ("failure", None)


def test_a_count_that_is_none_is_quarantined(log: CallLog) -> None:
    assert read(log, observation(usageDetails={"input": -5, "output": 1})) == []
    assert log.reasons() == [("BAD_TOKENS", "input_tokens", 1)]


@pytest.mark.parametrize("options", [{}, {"hmac_key": "env:LANGFUSE_HMAC"}])
def test_prompts_answers_and_end_users_reach_no_file(
    make_log: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    monkeypatch.setenv("LANGFUSE_HMAC", "secret")
    log = make_log(**options)
    (row, _) = read(log, trace(observation(1), observation(2)))
    assert_nowhere(log.settings.home, CANARY)
    assert (row["prompt_hmac"] is None) is (row["end_user_hmac"] is None) is (not options)


def test_an_export_without_keys_is_refused(make_log: Callable[..., CallLog]) -> None:
    with pytest.raises(ConfigError, match="prefixes"):
        open_source(make_log(files=[]).settings, "langfuse")


@pytest.mark.data
def test_recorded_traces_count_each_call_once(
    sample_data: Path, make_log: Callable[..., CallLog]
) -> None:
    folder = sample_data / "inference" / "langfuse-traces"
    names = sorted(path.name for path in folder.glob("*.json.gz"))
    log = make_log(location=str(folder), files=names, provider="openai")
    rows = log.rows()
    observations = [
        one
        for name in names
        for whole in [json.loads(gzip.decompress((folder / name).read_bytes()))]
        for one in whole.get("observations") or whole["trace"]["observations"]
    ]
    assert (len(names), len(observations)) == (15, 89)
    called = [one for one in observations if one["usageDetails"]]
    around = {one["parentObservationId"] for one in called if one.get("parentObservationId")}
    expected = {f"{o['traceId']}-{o['id']}": o for o in called if o["id"] not in around}
    assert {row["request_id"] for row in rows} == expected.keys()
    assert log.reasons() == []
    for row in rows:
        usage = expected[row["request_id"]]["usageDetails"]
        beside = sum(n for name, n in usage.items() if name.startswith(("input_", "output_")))
        told = row["input_tokens"] + row["output_tokens"]
        assert told == usage["input"] + usage["output"] + beside
