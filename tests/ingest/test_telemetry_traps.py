"""Every trap of docs/*-traps.md has a test; those that no other test is about are here."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.settings import Settings
from ingest.usage import RULES, canonical_usage
from tests.ingest.call_logs import CallLog, jsonl

ROOT = Path(__file__).parents[2]
INGEST = ROOT / "tests" / "ingest"
MODELS = ROOT / "transforms" / "models"
ROW = re.compile(r"^\| ([0-9.]+) \|.*\| `(\w+)` \|$", re.MULTILINE)
PAGES = ("billing-traps.md", "telemetry-traps.md")


def known_tests() -> set[str]:
    """The names of all tests of ingest, and of all unit tests of models."""
    python = "".join(path.read_text(encoding="utf-8") for path in INGEST.glob("test_*.py"))
    units = "".join(path.read_text(encoding="utf-8") for path in MODELS.rglob("*.yml"))
    return {*re.findall(r"^def (test_\w+)", python, re.M), *re.findall(r"- name: (\w+)", units)}


@pytest.mark.parametrize("page", PAGES)
def test_every_trap_has_its_test(page: str) -> None:
    known = known_tests()
    traps = ROW.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert len(traps) > 40
    assert len(dict(traps)) == len(traps)
    assert [(number, test) for number, test in traps if test not in known] == []


def test_thoughts_of_gemini_are_beside_its_candidates() -> None:
    """Trap 2.4.4: a thinking model bills more than its candidates."""
    said = {"promptTokenCount": 5, "candidatesTokenCount": 845, "thoughtsTokenCount": 1173}
    usage = canonical_usage(RULES["gemini"], {"usageMetadata": said})
    assert (usage.output_tokens, usage.reasoning_output_tokens) == (2018, 1173)


def test_cached_tokens_of_anthropic_are_beside_its_input() -> None:
    """Trap 2.4.5: the input leaves out what the cache read and wrote."""
    said = {"input_tokens": 50, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 10}
    usage = canonical_usage(RULES["anthropic"], {"usage": {**said, "output_tokens": 1}})
    assert (usage.input_tokens, usage.cache_read_input_tokens) == (100, 40)


@pytest.fixture
def make_log(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., CallLog]:
    def make(**options: Any) -> CallLog:
        section = {"name": "chat", "kind": "request_log", "location": "log", **options}
        return CallLog(make_settings(section), tmp_path / "log")

    return make


def test_an_access_log_with_dashes_and_texts_is_mapped(make_log: Callable[..., CallLog]) -> None:
    """Trap 2.4.8: Envoy's access log is named by its owner and writes numbers as texts."""
    call = {
        "start_time": "2026-10-03T04:00:00.000Z",
        "duration": "1500",
        "x-request-id": "r1",
        "x-ai-eg-model": "gpt-5",
        "llm_input_token": "100",
        "llm_cached_input_token": "40",
        "llm_output_token": "20",
        "llm_reasoning_token": "-",
        "response_code": "200",
    }
    columns = {
        "started_at": "start_time",
        "duration_milliseconds": "duration",
        "request_id": "x-request-id",
        "gen_ai_request_model": "x-ai-eg-model",
        "input_tokens": "llm_input_token",
        "cache_read_input_tokens": "llm_cached_input_token",
        "output_tokens": "llm_output_token",
        "reasoning_output_tokens": "llm_reasoning_token",
        "status": "response_code",
    }
    log = make_log(
        files=["access.jsonl"],
        columns=columns,
        null_values=["-", ""],
        values={"status": {"200": "success"}},
    )
    log.log("access.jsonl", jsonl(call))
    (row,) = log.rows()
    counts = ("input_tokens", "cache_read_input_tokens", "output_tokens", "reasoning_output_tokens")
    assert [row[name] for name in counts] == [100, 40, 20, None]
    assert (row["status"], (row["completed_at"] - row["started_at"]).total_seconds()) == (
        "success",
        1.5,
    )


def test_a_log_without_a_final_newline_keeps_its_last_call(
    make_log: Callable[..., CallLog],
) -> None:
    """Trap 2.3.5: a file may end without a newline, as the public trace of Azure does."""
    columns = {"started_at": "at", "input_tokens": "in", "output_tokens": "out"}
    log = make_log(files=["calls.jsonl"], columns=columns)
    calls = [{"at": f"2026-10-03T04:00:0{n}Z", "in": n, "out": 1} for n in range(3)]
    log.log("calls.jsonl", "\n".join(map(json.dumps, calls)).encode())
    assert pl.DataFrame(log.rows())["input_tokens"].to_list() == [0, 1, 2]
