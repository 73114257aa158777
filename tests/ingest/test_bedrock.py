"""Bedrock's invocation log: tokens beside the cache's, models behind ARNs, bodies left in S3."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import ConfigError
from apportion.settings import Settings
from ingest.registry import open_source
from tests.conftest import Bucket
from tests.ingest.call_logs import CallLog, assert_nowhere, jsonl

CANARY = "canary-7d1f"
ACCOUNT = "123456789012"
LOG = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/us-east-1"
HOUR = f"{LOG}/2026/10/03/04"
MODEL = "anthropic.claude-sonnet-4-20250514-v1:0"
ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/search-api"


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    said = {"inputContentType": "application/json", "inputBodyJson": {"messages": [CANARY]}}
    answered = {"outputContentType": "application/json", "outputBodyJson": {"content": CANARY}}
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": f"2026-10-03T04:00:{number:02d}Z",
        "accountId": ACCOUNT,
        "identity": {"arn": f"{ROLE}/jane.{CANARY}@example.com"},
        "region": "us-east-1",
        "inferenceRegion": "us-east-2",
        "requestId": f"r-{number}",
        "operation": "Converse",
        "modelId": f"{ARN}:inference-profile/us.{MODEL}",
        "requestMetadata": {"team": "Search", "cost_center": "CC-1", "note": CANARY},
        "input": said | {"inputTokenCount": 50} | changes.pop("input", {}),
        "output": answered | {"outputTokenCount": 20} | changes.pop("output", {}),
        **changes,
    }


@pytest.fixture
def make_log(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., CallLog]:
    def make(**options: Any) -> CallLog:
        whose = {"accounts": [ACCOUNT], "regions": ["us-east-1"]} if "files" not in options else {}
        section = {"name": "bedrock", "kind": "bedrock_invocations", "location": "log"}
        return CallLog(make_settings(section | whose | options), tmp_path / "log")

    return make


def read(log: CallLog, *records: dict[str, Any]) -> list[dict[str, Any]]:
    log.log(f"{HOUR}/20261003T040500000Z_a1b2.json.gz", gzip.compress(jsonl(*records)))
    return log.rows()


def test_a_record_is_typed_field_by_field(make_log: Callable[..., CallLog]) -> None:
    (row,) = read(make_log(tags=["cost_center"]), record())
    said = ("request_id", "started_at", "gen_ai_operation_name", "gen_ai_provider_name")
    assert [str(row[name]) for name in said] == [
        "r-1",
        "2026-10-03 04:00:01",
        "chat",
        "aws.bedrock",
    ]
    assert (row["gen_ai_request_model"], row["gen_ai_response_model"]) == (MODEL, None)
    assert (row["api_key_alias"], row["gateway_team"]) == (ROLE, "Search")
    assert row["request_tags"] == '["cost_center:CC-1"]'
    assert (row["input_tokens"], row["output_tokens"], row["status"]) == (50, 20, "success")
    assert (row["completed_at"], row["end_user_hmac"], row["deployment_id"]) == (None, None, None)


USAGE = {"cache_read_input_tokens": 40, "cache_creation_input_tokens": 10}
CACHES: dict[str, tuple[dict[str, Any], Any]] = {
    "the record": ({"cacheReadInputTokenCount": 40, "cacheWriteInputTokenCount": 10}, {}),
    "Claude's answer": ({}, {"usage": USAGE | {"input_tokens": 50}}),
    "Converse's answer": ({}, {"usage": {"cacheReadInputTokens": 40, "cacheWriteInputTokens": 10}}),
    "the first event of a stream": (
        {},
        [
            {"type": "message_start", "message": {"usage": USAGE}},
            {"type": "content_block_delta", "delta": {"text": CANARY}},
            {"type": "message_delta", "usage": {"output_tokens": 20}},
        ],
    ),
}


@pytest.mark.parametrize(("said", "answer"), CACHES.values(), ids=CACHES)
def test_what_the_cache_did_is_added_wherever_it_stands(
    make_log: Callable[..., CallLog], said: dict[str, Any], answer: Any
) -> None:
    (row,) = read(make_log(), record(input=said, output={"outputBodyJson": answer}))
    counts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    assert [row[name] for name in counts] == [100, 40, 10]


@pytest.mark.parametrize(
    ("model_id", "model", "deployment"),
    [
        (MODEL, MODEL, None),
        (f"global.{MODEL}", MODEL, None),
        (f"{ARN}:foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", None),
        (f"{ARN}:application-inference-profile/p1", "nova", "p1"),
        (f"{ARN}:provisioned-model/x9", "x9", "x9"),
    ],
)
def test_the_model_stands_behind_an_arn(
    make_log: Callable[..., CallLog], model_id: str, model: str, deployment: str | None
) -> None:
    (row,) = read(make_log(models={"p1": "nova"}), record(modelId=model_id))
    assert row["gen_ai_request_model"] == model
    assert (row["deployment_id"] or "").rpartition("/")[2] == (deployment or "")
    assert row["service_tier"] == ("provisioned" if "provisioned" in model_id else None)


def test_a_stream_and_a_failure_are_told(make_log: Callable[..., CallLog]) -> None:
    failed = record(2, errorCode="ThrottlingException", input={"inputTokenCount": None})
    del failed["output"]["outputTokenCount"]
    rows = read(make_log(), record(1, operation="ConverseStream"), failed)
    told = [(row["status"], row["is_streamed"], row["input_tokens"]) for row in rows]
    assert told == [("success", True, 50), ("failure", False, None)]


def test_bodies_in_objects_of_their_own_are_never_read(make_log: Callable[..., CallLog]) -> None:
    log = make_log()
    large = record(input={"inputBodyS3Path": f"s3://logs/{HOUR}/data/r-1_input.json.gz"})
    del large["input"]["inputBodyJson"]
    log.log(f"{HOUR}/data/r-1_input.json.gz", gzip.compress(CANARY.encode()))
    log.log(f"{LOG}/amazon-bedrock-logs-permission-check", b"")
    assert [row["input_tokens"] for row in read(log, large)] == [50]
    assert log.collect().objects_fetched == 0
    assert_nowhere(log.settings.home, CANARY)


@pytest.mark.parametrize("options", [{}, {"hmac_key": "env:BEDROCK_HMAC"}])
def test_prompts_answers_and_sessions_reach_no_file(
    make_log: Callable[..., CallLog], monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    monkeypatch.setenv("BEDROCK_HMAC", "secret")
    log = make_log(**options)
    rows = read(log, record(1), record(2), record(3, input={"inputTokenCount": -1}))
    assert_nowhere(log.settings.home, CANARY)
    assert log.reasons() == [("BAD_TOKENS", "input_tokens", 3)]
    hashes = {(row["end_user_hmac"], row["prompt_hmac"]) for row in rows}
    assert len(hashes) == 1
    assert (None in hashes.pop()) is (not options)


def test_a_log_of_nobody_is_refused(make_log: Callable[..., CallLog]) -> None:
    with pytest.raises(ConfigError, match="accounts"):
        open_source(make_log(accounts=[]).settings, "bedrock")


@pytest.mark.server
def test_a_bucket_is_read_account_by_account(
    s3_bucket: Bucket, make_log: Callable[..., CallLog]
) -> None:
    others = LOG.replace("us-east-1", "eu-west-1")
    body = gzip.compress(jsonl(record(1)))
    s3_bucket.put(f"logs/{HOUR}/a.json.gz", body)
    s3_bucket.put(f"logs/{others}/2026/10/03/05/b.json.gz", gzip.compress(jsonl(record(2))))
    s3_bucket.put(f"logs/{others}/2026/11/03/05/b.json.gz", gzip.compress(jsonl(record(3))))
    where = {"location": f"s3://{s3_bucket.name}", "endpoint_url": s3_bucket.endpoint_url}
    log = make_log(prefix="logs", regions=["us-east-1", "eu-west-1"], **where)
    assert [row["request_id"] for row in log.rows()] == ["r-1", "r-2"]


@pytest.mark.data
def test_a_recorded_log_counts_what_it_says(
    sample_data: Path, make_log: Callable[..., CallLog]
) -> None:
    folder = sample_data / "inference" / "bedrock-invocation-log"
    name = "20250815_20250822_invocations.json.gz"
    log = make_log(location=str(folder), files=[name])
    rows = log.rows()
    lines = gzip.decompress((folder / name).read_bytes()).splitlines()
    logged = [json.loads(line) for line in lines]
    assert (len(rows), len(logged)) == (25, 25)
    for column, where in (("input_tokens", "input"), ("output_tokens", "output")):
        said = sum(one[where].get(f"{where}TokenCount", 0) for one in logged)
        assert sum(row[column] or 0 for row in rows) == said
    assert {row["gen_ai_request_model"] for row in rows} == {MODEL}
    assert {row["started_at"].year for row in rows} == {2025}
