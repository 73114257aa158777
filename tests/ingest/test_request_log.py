"""Logs of model calls in anybody's columns, read by a mapping."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.registry import open_source
from ingest.sources.request_log import RequestLogSource
from tests.ingest.call_logs import assert_nowhere
from tests.ingest.conftest import WINDOW
from tests.ingest.telemetry_files import Read, read_files
from tests.prompt_cache import MOONCAKE

LOG = """\
time,in,out,cached,took,team,ok
2026-10-03 04:00:00.5,100,20,40,1.25,search,SUCCEED
2026-10-03 04:00:01.5,100,20,,0,search,SUCCEED
2026-10-03 04:00:01.5,100,20,,0,search,SUCCEED
"""
COLUMNS = {
    "started_at": "time",
    "input_tokens": "in",
    "output_tokens": "out",
    "cache_read_input_tokens": "cached",
    "duration_seconds": "took",
    "gateway_team": "team",
    "status": "ok",
}


def source(**options: Any) -> RequestLogSource:
    given = {"location": "/", "columns": COLUMNS, **options}
    return RequestLogSource.from_options("chat", given, Path("/"))


def read(tmp_path: Path, text: str | bytes = LOG, name: str = "log.csv", **options: Any) -> Read:
    path = tmp_path / name
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return read_files(source(**options), [path])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_mapped_columns_and_constants_are_typed(tmp_path: Path) -> None:
    typed = read(tmp_path, constants={"gen_ai_provider_name": "azure", "is_streamed": "yes"})
    row = typed.rows.row(0, named=True)
    assert {name: value for name, value in row.items() if value is not None} == {
        "object_key": "log.csv",
        "object_row": 1,
        "request_id": row["request_id"],
        "started_at": at("2026-10-03T04:00:00.500000"),
        "completed_at": at("2026-10-03T04:00:01.750000"),
        "gen_ai_provider_name": "azure",
        "gateway_team": "search",
        "status": "SUCCEED",
        "is_streamed": True,
        "input_tokens": 100,
        "cache_read_input_tokens": 40,
        "output_tokens": 20,
    }
    assert typed.partitions.to_list() == ["2026-10-03"] * 3


def test_equal_rows_are_calls_of_their_own_with_lasting_ids(tmp_path: Path) -> None:
    first, second, third = read(tmp_path).rows["request_id"]
    assert len({first, second, third}) == 3
    shuffled = "\n".join([*LOG.splitlines()[:1], *reversed(LOG.splitlines()[1:]), ""])
    assert set(read(tmp_path, shuffled).rows["request_id"]) == {first, second, third}


def test_ids_differ_between_files(tmp_path: Path) -> None:
    ids = set(read(tmp_path).rows["request_id"])
    assert ids.isdisjoint(read(tmp_path, name="other.csv").rows["request_id"])


def test_ids_of_the_log_count_once(tmp_path: Path) -> None:
    rows = ("id,time,in", *["a,2026-10-03,1"] * 2, "b,2026-10-03,1", "b,2026-10-03,2")
    log = "\n".join([*rows, ",2026-10-03,3", ""])
    columns = {"request_id": "id", "started_at": "time", "input_tokens": "in"}
    typed = read(tmp_path, log, columns=columns)
    assert typed.rows["request_id"].to_list() == ["a"]
    assert typed.reasons == {"REQUEST_REPEATED": 1, "REQUEST_CONFLICT": 2, "MISSING_VALUE": 1}


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("1791000000.25", {"epoch_unit": "s"}, "2026-10-03T04:00:00.250000"),
        ("1791000000250", {"epoch_unit": "ms"}, "2026-10-03T04:00:00.250000"),
        ("1791000000250001", {"epoch_unit": "us"}, "2026-10-03T04:00:00.250001"),
        ("1791000000250001000", {"epoch_unit": "ns"}, "2026-10-03T04:00:00.250001"),
        (
            "14400000",
            {"epoch_unit": "ms", "epoch_start": "2026-10-03T00:00:00Z"},
            "2026-10-03T04:00:00",
        ),
        ("2026-10-03T06:00:00+02:00", {}, "2026-10-03T04:00:00"),
        ("2026-10-03 04:00:00.1234567", {}, "2026-10-03T04:00:00.123456"),
        ("03/10/2026 04:00", {"timestamp_format": "%d/%m/%Y %H:%M"}, "2026-10-03T04:00:00"),
    ],
)
def test_times_are_read_as_configured(
    tmp_path: Path, text: str, options: dict[str, Any], expected: str
) -> None:
    typed = read(tmp_path, f"time\n{text}\n", columns={"started_at": "time"}, **options)
    assert typed.rows["started_at"].to_list() == [at(expected)]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("yesterday,1,1,0,1,x,y", "BAD_TIMESTAMP", "started_at"),
        (",1,1,0,1,x,y", "BAD_TIMESTAMP", "started_at"),
        ("2026-10-03,-1,1,0,1,x,y", "BAD_TOKENS", "input_tokens"),
        ("2026-10-03,1.5,1,0,1,x,y", "BAD_TOKENS", "input_tokens"),
        ("2026-10-03,1,1,2,1,x,y", "TOKEN_IDENTITY", "input_tokens"),
        ("2026-10-03,1,1,0,-1,x,y", "BAD_NUMBER", "duration_seconds"),
        ("2026-10-03,1,1,0,soon,x,y", "BAD_NUMBER", "duration_seconds"),
    ],
)
def test_a_row_that_cannot_be_trusted_is_quarantined(
    tmp_path: Path, row: str, code: str, column: str
) -> None:
    typed = read(tmp_path, f"{LOG}{row}\n")
    assert typed.rows.height == 3
    assert typed.quarantined.select("object_row", "reason_code", "column_name").rows() == [
        (4, code, column)
    ]


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("is_streamed", "BAD_FLAG"),
        ("reported_cost", "BAD_NUMBER"),
        ("first_token_at", "BAD_TIMESTAMP"),
    ],
)
def test_a_value_that_is_there_and_cannot_be_read_is_no_null(
    tmp_path: Path, column: str, code: str
) -> None:
    columns = {"started_at": "time", column: "value"}
    typed = read(tmp_path, "time,value\n2026-10-03,perhaps\n2026-10-03,\n", columns=columns)
    assert typed.rows.height == 1
    assert typed.reasons == {code: 1}


def test_json_lines_are_read_by_paths_of_keys(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "at": 1791000000, "usage": {"in": 5}, "cost": 1.25e-7, "stream": True},
        {"id": "b", "at": 1791000000, "usage": None, "cost": None, "stream": False},
    ]
    text = "\n".join([*map(json.dumps, lines), "", '{"id": "c", "at"', "[]", ""])
    columns = {"request_id": "id", "started_at": "at", "input_tokens": "usage.in"}
    columns |= {"reported_cost": "cost", "is_streamed": "stream"}
    for name in ("log.jsonl", "log.ndjson.gz"):
        typed = read(tmp_path, text, name, columns=columns, epoch_unit="s")
        kept = ("object_row", "request_id", "input_tokens", "reported_cost", "is_streamed")
        assert typed.rows.select(kept).rows() == [
            (1, "a", 5, Decimal("0.000000125"), True),
            (2, "b", None, None, False),
        ]
        assert typed.quarantined.select("object_row", "reason_code").rows() == [
            (4, "BAD_JSON_LINE"),
            (5, "BAD_JSON_LINE"),
        ]


def test_only_mapped_columns_are_quoted_in_quarantine(tmp_path: Path) -> None:
    log = "time,in,prompt\n2026-10-03,-1,a secret\n"
    typed = read(tmp_path, log, columns={"started_at": "time", "input_tokens": "in"})
    assert "secret" not in typed.quarantined["record"][0]


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match=r"COLUMN_MISSING.*no column took"):
        read(tmp_path, LOG.replace("took", "duration"))


def test_a_file_that_may_be_cut_is_refused_and_a_gzipped_one_is_not(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match="INPUT_TRUNCATED"):
        read(tmp_path, LOG[:-1])
    assert read(tmp_path, LOG[:-1], "log.csv.gz").rows.height == 3


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"columns": {"started_at": "t", "input_token": "i"}}, "input_tokens"),
        ({"columns": {"input_tokens": "i"}}, "started_at"),
        ({"columns": {"started_at": "t"}, "constants": {"started_at": "x"}}, "at once"),
        (
            {"columns": {"started_at": "t", "completed_at": "e", "duration_seconds": "d"}},
            "not both",
        ),
        ({"columns": {"started_at": "t"}, "same_id": "parts"}, "request_id"),
        ({"columns": {"started_at": "t"}, "epoch_unit": "h"}, "epoch_unit"),
        ({"columns": {"started_at": "t"}, "epoch_start": "2026-10-03T00:00:00Z"}, "epoch_unit"),
        ({"columns": {"started_at": "t"}, "column": {}}, "columns"),
    ],
)
def test_a_wrong_option_is_named(
    make_settings: Callable[..., Settings], options: dict[str, Any], problem: str
) -> None:
    section = {"name": "chat", "kind": "request_log", "location": "log", **options}
    with pytest.raises(ConfigError, match=rf"SOURCE_INVALID.*{problem}"):
        open_source(make_settings(section), "chat")


def test_a_log_is_collected_like_any_source(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "day.csv").write_text(LOG)
    section = {"name": "chat", "kind": "request_log", "location": "log", "files": ["day.csv"]}
    settings = make_settings({**section, "columns": COLUMNS})
    assert collect(settings, "chat", WINDOW).rows == 3
    assert collect(settings, "chat", WINDOW).unchanged == 1


def test_only_mapped_columns_land(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    csv = LOG.replace("ok\n", "ok,prompt\n").replace("SUCCEED\n", "SUCCEED,canary-7d1f\n")
    (tmp_path / "log" / "day.csv").write_text(csv)
    section = {"name": "chat", "kind": "request_log", "location": "log", "files": ["day.csv"]}
    settings = make_settings({**section, "columns": COLUMNS})
    assert collect(settings, "chat", WINDOW).rows == 3
    assert_nowhere(settings.home, "canary-7d1f")
    longer = make_settings({**section, "columns": COLUMNS | {"session_id": "prompt"}})
    assert collect(longer, "chat", WINDOW).landed == 1  # another mapping looks at the files again


def test_the_hash_that_a_manifest_promises_is_that_of_the_file(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "day.csv").write_text(LOG)
    section = {"name": "chat", "kind": "request_log", "location": "log", "columns": COLUMNS}
    for digest, code in (("0" * 64, ["INPUT_CHECKSUM"]), (sha256(LOG.encode()).hexdigest(), [])):
        files = [{"key": "day.csv", "sha256": digest}]
        entry = {"period": "2026-10-03", "version": digest[:4], "files": files}
        (tmp_path / "log" / "manifest.json").write_text(json.dumps({"deliveries": [entry]}))
        result = collect(make_settings(section), "chat", WINDOW)
        assert [refusal.code for refusal in result.refused] == code


def test_paths_go_on_inside_json_in_a_column_and_counts_of_several_places_add_up(
    tmp_path: Path,
) -> None:
    answer = json.dumps({"usage": {"out": 5, "thoughts": 3}, "chunks": [{"n": 1}, {"n": 2}]})
    quoted = answer.replace('"', '""')
    log = f'time,answer,model\n2026-10-03,"{quoted}",a\n2026-10-03,none,\n'
    columns = {
        "started_at": "time",
        "output_tokens": ["answer.usage.out", "answer.usage.thoughts"],
        "input_tokens": "answer.chunks.-1.n",
        "gen_ai_request_model": ["renamed", "model"],
    }
    typed = read(tmp_path, log, columns=columns)
    kept = ("input_tokens", "output_tokens", "gen_ai_request_model")
    assert typed.rows.select(kept).rows() == [(2, 8, "a"), (None, None, None)]
    with pytest.raises(DeliveryRefused, match="no column thoughts;"):
        read(tmp_path, log, columns=columns | {"output_tokens": ["answer.usage.out", "thoughts"]})


def test_a_json_document_holds_one_record_or_a_list(tmp_path: Path) -> None:
    columns = {"started_at": "at", "input_tokens": "in"}
    record = {"at": "2026-10-03", "in": 1}
    for document, records in (([record] * 2, None), ({"data": [record] * 2}, "data")):
        text = json.dumps(document, indent=1)
        for name in ("log.json", "log.json.gz"):
            assert read(tmp_path, text, name, columns=columns, records=records).rows.height == 2
    assert read(tmp_path, json.dumps(record), "log.json", columns=columns).rows.height == 1
    assert read(tmp_path, "{", "log.json", columns=columns).reasons == {"BAD_JSON_LINE": 1}


AZURE = {
    "started_at": "TIMESTAMP",
    "input_tokens": "ContextTokens",
    "output_tokens": "GeneratedTokens",
}
IMAGES = {
    "started_at": "gmt_create",
    "duration_seconds": "exec_time_seconds",
    "status": "predict_status",
    "gateway_team": "groupId",
    "gen_ai_request_model": "checkpoint_model_version_id",
}
BENCH = {
    "request_id": "request_id",
    "started_at": "arrival_time",
    "input_tokens": "input_toks",
    "output_tokens": "output_toks",
}
VTC = {
    "records": "result.responses",
    "columns": {
        "started_at": "req_time",
        "duration_seconds": "request_latency",
        "first_token_seconds": "first_token_latency",
        "gateway_team": "adapter_dir",
        "input_tokens": "prompt_len",
        "output_tokens": "output_len",
    },
    "epoch_unit": "s",
    "epoch_start": "2026-10-03T00:00:00Z",
}


@pytest.mark.data
@pytest.mark.parametrize(
    ("key", "options", "count", "tokens"),
    [
        (
            "azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz",
            {"columns": AZURE},
            19_366,
            (22_361_870, 4_088_665),
        ),
        ("alibaba-genai-2026/lora_request_trace.csv.gz", {"columns": IMAGES}, 20_492, (0, 0)),
        (
            "vllm-bench/RTXPRO6000__Llama-3.1-8B/requests.jsonl.gz",
            {"columns": BENCH, "epoch_unit": "s"},
            300,
            (257_239, 195_753),
        ),
        (
            "vllm-bench/RTXPRO6000__Qwen3-32B/requests.jsonl.gz",
            {"columns": BENCH, "epoch_unit": "s"},
            300,
            (258_691, 199_486),
        ),
        (
            "vllm-bench/RTX4090__Llama-3.1-8B/requests.jsonl.gz",
            {"columns": BENCH, "epoch_unit": "s"},
            300,
            None,
        ),
        ("mooncake-fast25/conversation_trace.jsonl.gz", MOONCAKE, 12_031, None),
        ("vtc-fairness/FCFS_all_results_real.jsonl.gz", VTC, 1_500, (204_398, 384_297)),
        ("vtc-fairness/VTC_all_results_real.jsonl.gz", VTC, 1_500, (204_398, 384_297)),
        ("vtc-fairness/VTC_all_results_overload-weighted.jsonl.gz", VTC, 1_584, None),
    ],
)
def test_a_public_log_has_its_stated_calls(
    sample_data: Path,
    key: str,
    options: dict[str, Any],
    count: int,
    tokens: tuple[int, int] | None,
) -> None:
    typed = read_files(source(**options), [sample_data / "inference" / key])
    assert (typed.rows.height, typed.quarantined.height) == (count, 0)
    assert typed.rows["request_id"].n_unique() == count
    found = (typed.rows["input_tokens"].sum(), typed.rows["output_tokens"].sum())
    assert found == tokens or (tokens is None and min(found) > 0)
    if "mooncake" in key:  # its README tells averages
        assert (round(found[0] / count), round(found[1] / count)) == (12_035, 343)
        blocks = typed.rows["prompt_block_hashes"].str.split(" ").list.len()
        assert blocks.to_list() == (-(-typed.rows["input_tokens"] // 512)).to_list()


HOME_GROWN = {
    "ts": 1_791_000_000_250,
    "req": {"id": "r1", "model": "gpt-5"},
    "took_ms": 1500.5,
    "ttft_ms": 250,
    "usage.in": 60,
    "usage": {"cached": 40, "out": 20},
    "http": {"codes": [200]},
    "who": {"team": "Search"},
}
PATHS = {
    "started_at": "ts",
    "request_id": "req.id",
    "gen_ai_request_model": "req.model",
    "duration_milliseconds": "took_ms",
    "first_token_milliseconds": "ttft_ms",
    "input_tokens": "usage.in",
    "cache_read_input_tokens": "usage.cached",
    "output_tokens": "usage.out",
    "status": "http.codes.0",
    "gateway_team": "who.team",
}


def test_the_worked_example_of_the_guide_is_read(tmp_path: Path) -> None:
    failed = HOME_GROWN | {"req": {"id": "r2"}, "http": {"codes": [429]}, "usage.in": "many"}
    text = "".join(json.dumps(one) + "\n" for one in (HOME_GROWN, failed))
    typed = read(
        tmp_path,
        text,
        "log.jsonl",
        columns=PATHS,
        epoch_unit="ms",
        cached_tokens="beside",
        values={"status": {"200": "success", "429": "failure"}},
        constants={"gen_ai_provider_name": "openai"},
    )
    row = typed.rows.row(0, named=True)
    assert row["started_at"] == at("2026-10-03T04:00:00.25")
    assert row["completed_at"] == at("2026-10-03T04:00:01.7505")
    assert row["first_token_at"] == at("2026-10-03T04:00:00.5")
    counts = (row["input_tokens"], row["cache_read_input_tokens"], row["output_tokens"])
    assert (*counts, row["status"], row["gateway_team"]) == (100, 40, 20, "success", "Search")
    assert typed.quarantined["reason_code"].to_list() == ["BAD_TOKENS"]
