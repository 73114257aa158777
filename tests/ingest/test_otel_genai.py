"""Spans of a collector: every spelling, one call counted once, no prompt on a disk."""

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
DAY = "year=2026/month=10/day=03"
T0 = 1_791_000_000  # 2026-10-03T04:00:00Z
CURRENT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5",
    "gen_ai.response.model": "gpt-5-2026",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.cache_read.input_tokens": 40,
    "gen_ai.usage.cache_creation.input_tokens": 10,
    "gen_ai.usage.output_tokens": 20,
    "gen_ai.usage.reasoning.output_tokens": 7,
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.request.stream": True,
    "openai.response.service_tier": "flex",
    "gen_ai.conversation.id": "c-1",
    "user.id": f"customer {CANARY}",
    "gen_ai.input.messages": json.dumps([{"role": "user", "content": CANARY}]),
    "gen_ai.output.messages": CANARY,
    "gen_ai.tool.call.arguments": CANARY,
}


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {bool: "boolValue", float: "doubleValue", int: "intValue", str: "stringValue"}
    return [
        {"key": key, "value": {kinds[type(v)]: str(v) if type(v) is int else v}}
        for key, v in values.items()
    ]


def span(number: int, said: dict[str, Any], parent: int | None = None, **more: Any) -> Any:
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": CANARY,
        "startTimeUnixNano": str((T0 + number) * 1_000_000_000 + 1_999),
        "endTimeUnixNano": str((T0 + number) * 1_000_000_000 + 1_500_000_000),
        "attributes": attributes(said),
        "events": [{"name": "gen_ai.user.message", "attributes": attributes({"content": CANARY})}],
        "status": {},
        **more,
    }


def export(*spans: Any, **resource: str) -> dict[str, Any]:
    said = {"service.name": "search-api", "k8s.pod.name": "search-0"} | resource
    scopes = [{"scope": {"name": "openai"}, "spans": list(spans)}]
    return {"resourceSpans": [{"resource": {"attributes": attributes(said)}, "scopeSpans": scopes}]}


@pytest.fixture
def make_log(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., CallLog]:
    def make(**options: Any) -> CallLog:
        section = {"name": "spans", "kind": "otel_genai", "location": "log", **options}
        return CallLog(make_settings(section), tmp_path / "log")

    return make


@pytest.fixture
def log(make_log: Callable[..., CallLog]) -> CallLog:
    return make_log()


def read(log: CallLog, *records: dict[str, Any]) -> list[dict[str, Any]]:
    log.log(f"{DAY}/hour=04/minute=00/traces_1.json", jsonl(*records))
    return log.rows()


def test_a_span_is_typed_field_by_field(log: CallLog) -> None:
    (row,) = read(log, export(span(1, CURRENT)))
    assert {name: value for name, value in row.items() if value is not None} == {
        "source_name": "spans",
        "object_key": f"{DAY}/hour=04/minute=00/traces_1.json",
        "object_sha256": row["object_sha256"],
        "object_row": 1,
        "request_id": "5b8efff798038103d269b633813fc60c-0000000000000001",
        "trace_id": "5b8efff798038103d269b633813fc60c",
        "started_at": datetime(2026, 10, 3, 4, 0, 1, 2),  # noqa: DTZ001
        "completed_at": datetime(2026, 10, 3, 4, 0, 2, 500_000),  # noqa: DTZ001
        "first_token_at": datetime(2026, 10, 3, 4, 0, 1, 250_002),  # noqa: DTZ001
        "gen_ai_operation_name": "chat",
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "gpt-5",
        "gen_ai_response_model": "gpt-5-2026",
        "replica_id": "search-0",
        "api_key_alias": "search-api",
        "session_id": "c-1",
        "status": "success",
        "service_tier": "flex",
        "is_gateway_cache_hit": False,
        "is_streamed": True,
        "input_tokens": 100,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 10,
        "output_tokens": 20,
        "reasoning_output_tokens": 7,
    }


SPELLINGS: dict[str, dict[str, Any]] = {
    "older conventions, as vLLM writes them": {
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.prompt_tokens": 100,
        "gen_ai.usage.completion_tokens": 20,
        "gen_ai.latency.time_to_first_token": 0.25,
    },
    "OpenLLMetry": {
        "gen_ai.system": "OpenAI",
        "llm.request.type": "chat",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.prompt_tokens": 100,
        "gen_ai.usage.completion_tokens": 20,
        "gen_ai.usage.cache_read_input_tokens": 40,
        "llm.is_streaming": True,
    },
    "OpenInference": {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.system": "openai",
        "llm.model_name": "gpt-5",
        "llm.token_count.prompt": 100,
        "llm.token_count.completion": 20,
        "llm.token_count.total": 120,
        "llm.token_count.prompt_details.cache_read": 40,
        "llm.token_count.completion_details.reasoning": 7,
    },
}


@pytest.mark.parametrize("said", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_ends_in_the_same_counts(log: CallLog, said: dict[str, Any]) -> None:
    (row,) = read(log, export(span(1, said)))
    assert (row["input_tokens"], row["output_tokens"]) == (100, 20)
    assert row["cache_read_input_tokens"] in (40, None)
    assert row["gen_ai_provider_name"] in ("openai", None)
    assert "gpt-5" in (row["gen_ai_request_model"], row["gen_ai_response_model"])


def test_a_new_name_comes_before_the_old_one_beside_it(log: CallLog) -> None:
    both = CURRENT | {"gen_ai.usage.prompt_tokens": 60, "gen_ai.system": "az.ai.openai"}
    (row,) = read(log, export(span(1, both)))
    assert (row["input_tokens"], row["gen_ai_provider_name"]) == (100, "openai")


def test_cached_tokens_that_come_beside_the_input_are_added(
    make_log: Callable[..., CallLog],
) -> None:
    log = make_log(cached_tokens="beside")
    (row,) = read(log, export(span(1, CURRENT | {"gen_ai.usage.input_tokens": 50})))
    assert (row["input_tokens"], row["cache_read_input_tokens"]) == (100, 40)


def test_a_call_logged_by_framework_library_and_engine_counts_once(log: CallLog) -> None:
    agent = CURRENT | {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "outer"}
    engine = {"gen_ai.usage.prompt_tokens": 101, "gen_ai.usage.completion_tokens": 21}
    rows = read(
        log,
        export(span(4, engine, parent=3), **{"service.name": "vllm"}),
        export(
            span(3, {"http.method": "POST"}, parent=2),
            span(2, CURRENT, parent=1),
            span(1, agent),
            span(5, {"gen_ai.operation.name": "execute_tool"}, parent=1),
        ),
    )
    assert [(row["request_id"][-1], row["input_tokens"]) for row in rows] == [("4", 101)]
    assert rows[0]["session_id"] == "c-1", "taken from the nearest span around it"
    assert log.reasons() == []


def test_each_attempt_of_a_retried_call_is_a_call_and_the_whole_is_none(log: CallLog) -> None:
    failed = {"gen_ai.operation.name": "chat", "error.type": "429"}
    rows = read(
        log,
        export(
            span(1, CURRENT),
            span(2, failed, parent=1, status={"code": 2}),
            span(3, CURRENT, parent=1),
        ),
    )
    told = [(row["request_id"][-1], row["status"], row["input_tokens"]) for row in rows]
    assert told == [("2", "failure", None), ("3", "success", 100)]


def test_a_call_over_midnight_is_told_once(log: CallLog) -> None:
    """The gateway's span ends, and is written down, a day after the engine's."""
    evening = "year=2026/month=10/day=02/hour=23/minute=59/traces_1.json"
    engine = span(2, {"gen_ai.usage.prompt_tokens": 101}, parent=1)
    log.log(evening, jsonl(export(engine)))
    rows = read(log, export(span(1, CURRENT), span(5, CURRENT)), export(engine))
    assert [row["request_id"][-1] for row in rows] == ["2", "5"]
    assert rows[0]["object_key"] == evening
    assert log.reasons() == [("REQUEST_REPEATED", "request_id", 3)]


def test_an_aggregate_whose_calls_were_not_sampled_counts(log: CallLog) -> None:
    agent = CURRENT | {"gen_ai.operation.name": "invoke_agent"}
    assert len(read(log, export(span(1, agent), span(2, {"a": 1}, parent=1)))) == 1


def test_spans_in_a_circle_end(log: CallLog) -> None:
    assert len(read(log, export(span(1, CURRENT, parent=2), span(2, {}, parent=1)))) == 1


def test_a_span_that_was_exported_twice_counts_once(log: CallLog) -> None:
    assert len(read(log, export(span(1, CURRENT)), export(span(1, CURRENT)))) == 1
    assert log.reasons() == [("REQUEST_REPEATED", "request_id", 2)]


def test_own_attributes_name_the_team_of_the_resource(make_log: Callable[..., CallLog]) -> None:
    log = make_log(attributes={"gateway_team": "team.name", "deployment_id": "app.deployment"})
    (row,) = read(log, export(span(1, CURRENT), **{"team.name": "Search", "app.deployment": "d1"}))
    assert (row["gateway_team"], row["deployment_id"]) == ("Search", "d1")


def test_an_attribute_for_an_unknown_column_is_refused(make_log: Callable[..., CallLog]) -> None:
    log = make_log(attributes={"gateway_tem": "team.name"})
    with pytest.raises(ConfigError, match="gateway_team"):
        open_source(log.settings, "spans")


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"gen_ai.usage.input_tokens": -1}, "BAD_TOKENS", "input_tokens"),
        ({"gen_ai.usage.input_tokens": 1.5}, "BAD_TOKENS", "input_tokens"),
        ({"gen_ai.usage.input_tokens": 49}, "TOKEN_IDENTITY", "input_tokens"),
        ({"llm.cost.total": "free"}, "BAD_NUMBER", "reported_cost"),
    ],
)
def test_a_span_that_cannot_be_trusted_is_quarantined(
    log: CallLog, changes: dict[str, Any], code: str, column: str
) -> None:
    rows = read(log, export(span(1, CURRENT | changes), span(2, CURRENT)))
    assert [row["request_id"][-1] for row in rows] == ["2"]
    assert log.reasons() == [(code, column, 1)]


def test_a_cut_line_and_a_span_without_a_start_are_quarantined(log: CallLog) -> None:
    good = jsonl(export(span(1, CURRENT), span(2, CURRENT, startTimeUnixNano="0")))
    log.log(f"{DAY}/a.json.gz", gzip.compress(good + good[:-50]))
    assert [row["request_id"][-1] for row in log.rows()] == ["1"]
    assert [reason[0] for reason in log.reasons()] == ["BAD_JSON_LINE", "BAD_TIMESTAMP"]


@pytest.mark.parametrize("options", [{}, {"hmac_key": "env:SPANS_HMAC"}])
def test_prompts_answers_and_end_users_reach_no_file(
    make_log: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    monkeypatch.setenv("SPANS_HMAC", "secret")
    log = make_log(**options)
    old = {"gen_ai.prompt.0.content": CANARY, "gen_ai.completion.0.content": CANARY}
    inference = {"input.value": CANARY, "llm.input_messages.0.message.content": CANARY}
    bad = CURRENT | {"gen_ai.usage.input_tokens": -1}
    rows = read(
        log,
        export(span(1, CURRENT), span(2, CURRENT), span(3, bad)),
        export(span(4, CURRENT | old), span(5, CURRENT | inference)),
    )
    assert_nowhere(log.settings.home, CANARY)
    hashes = [row["prompt_hmac"] for row in rows]
    if options:
        assert hashes[0] == hashes[1] != hashes[2]
        assert all(len(row["end_user_hmac"]) == 32 for row in rows)
    else:
        assert set(hashes) == {None}


@pytest.mark.data
def test_recorded_spans_count_what_they_say(sample_data: Path, log: CallLog) -> None:
    """The recorded spans have no ids and no times; they get some, and keep all they say."""
    path = sample_data / "inference" / "openinference-spans" / "spans.jsonl.gz"
    spans = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert len(spans) == 27
    said = [{a["key"]: a["value"] for a in one["attributes"]} for one in spans]
    made = [span(number, {}) for number in range(27)]
    rows = read(
        log,
        *(
            export(one | {"attributes": s["attributes"], "status": s.get("status", {})})
            for one, s in zip(made, spans, strict=True)
        ),
    )
    assert len(rows) == 27
    for column, key in (("input_tokens", "prompt"), ("output_tokens", "completion")):
        counts = [one.get(f"llm.token_count.{key}") for one in said]
        assert sum(row[column] or 0 for row in rows) == sum(int(c["intValue"]) for c in counts if c)
    assert sum(row["status"] == "failure" for row in rows) == sum(
        one.get("status", {}).get("code") == "STATUS_CODE_ERROR" for one in spans
    )
    assert all(row["reported_cost"] is None or row["reported_cost"] > Decimal(0) for row in rows)
