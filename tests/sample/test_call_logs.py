"""Calls that other tools wrote down say what the gateway's own log says of them."""

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.sample import ALL_SOURCES, SampleOptions, simulate
from apportion.sample.gateway_log import PROMPT_CANARY
from apportion.settings import load
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest.call_logs import assert_nowhere
from tests.sample.conftest import SMALL

DAYS = dataclasses.replace(SMALL, days=2, requests=2_500)
KINDS = {"litellm", *ALL_SOURCES["call_logs"]}
KEY = ["started_at", "input_tokens", "cache_read_input_tokens", "output_tokens", "status"]
TIMES = ["completed_at", "first_token_at"]
SPLIT = ["cache_creation_input_tokens", "reasoning_output_tokens"]
TOLD = {
    "bedrock": ("claude-haiku-4-5", ["cache_creation_input_tokens"]),
    "helicone": ("gpt-5-mini", [*SPLIT, "completed_at", "session_id", "reported_cost"]),
    "langfuse": (
        "claude-sonnet-4-5",
        [*TIMES, "cache_creation_input_tokens", "session_id", "reported_cost"],
    ),
    "sglang": ("translate-7b", [*TIMES, "deployment_id"]),
    "transcriptions": (
        "asr-large",
        [*TIMES, "deployment_id", "api_key_alias", "gateway_team", "gen_ai_operation_name"],
    ),
}
"""The model whose calls a log tells of, and what it says beside `KEY`, as the gateway does."""

Calls = tuple[pl.DataFrame, pl.DataFrame, Path]


def calls(directory: Path, home: Path, options: SampleOptions) -> pl.DataFrame:
    """Every call that the logs of a company tell of."""
    simulate(directory, options)
    settings = load(directory / "apportion.toml", home)
    last = settings.schedule.last_usage_date or settings.schedule.first_usage_date
    window = Window(settings.schedule.first_usage_date, last)
    for source in settings.sources:
        if source.kind in KINDS:
            assert collect(settings, source.name, window).refused == []
    ledger = Ledger(settings.home)
    assert all(delivery.quarantined is None for delivery in ledger.current_deliveries())
    return pl.concat(pl.read_parquet(file.path) for file in ledger.current_files())


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    """The calls of a company by its gateway alone, and by every log there is, and their home."""
    folder = tmp_path_factory.mktemp("logs")
    alone = calls(folder / "a", folder / "home-a", DAYS)
    others = dataclasses.replace(DAYS, call_logs=ALL_SOURCES["call_logs"])
    return alone, calls(folder / "b", folder / "home-b", others), folder / "home-b"


def told(frame: pl.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    """Some columns of calls; what a log does not count is nothing."""
    counts = pl.col("^.*_tokens$").fill_null(0)
    return frame.with_columns(counts).select(columns).sort(columns).rows()


def test_every_call_stands_in_one_log(logged: Calls) -> None:
    alone, all_, _ = logged
    assert all_.height == alone.height
    sources = set(all_["source_name"])
    assert sources == {*TOLD, "spans", "gateway"}
    assert told(all_.filter(pl.col("source_name") != "bedrock"), KEY) == told(
        alone.filter(
            (pl.col("gen_ai_request_model") != TOLD["bedrock"][0]) | pl.col("is_gateway_cache_hit")
        ),
        KEY,
    )


@pytest.mark.parametrize("log", TOLD)
def test_a_log_says_what_the_gateway_says(logged: Calls, log: str) -> None:
    alone, all_, _ = logged
    model, columns = TOLD[log]
    of_gateway = alone.filter(
        pl.col("gen_ai_request_model") == model, ~pl.col("is_gateway_cache_hit")
    )
    of_log = all_.filter(source_name=log)
    if log == "bedrock":
        whole_seconds = pl.col("started_at").dt.truncate("1s")
        of_gateway = of_gateway.with_columns(whole_seconds)
        assert set(of_log["gen_ai_provider_name"]) == {"aws.bedrock"}
    assert of_log.height > 20
    assert told(of_log, [*KEY, *columns]) == told(of_gateway, [*KEY, *columns])


@pytest.mark.parametrize("log", ["bedrock", "helicone", "langfuse"])
def test_a_log_without_keys_names_the_team_of_each_key(logged: Calls, log: str) -> None:
    alone, all_, _ = logged
    of_gateway = alone.filter(
        pl.col("gen_ai_request_model") == TOLD[log][0], ~pl.col("is_gateway_cache_hit")
    )
    keyless = of_gateway.filter(pl.col("gateway_team").is_null(), pl.col("api_key_alias").is_null())
    teamless = all_.filter(pl.col("source_name") == log, pl.col("gateway_team").is_null())
    assert teamless.height == keyless.height


def test_spans_say_what_the_gateway_says(logged: Calls) -> None:
    alone, all_, _ = logged
    spans = all_.filter(source_name="spans")
    assert all_.height // 5 < spans.height < all_.height * 2 // 3
    same = [name for name in alone.columns if name not in UNLIKE]
    trace = pl.col("trace_id").str.tail(16)
    both = [frame.with_columns(trace) for frame in (spans, alone)]
    of_spans, of_gateway = (frame.select(same) for frame in both)
    assert set(told(of_spans, same)) <= set(told(of_gateway, same))


UNLIKE = {
    *("source_name", "object_key", "object_sha256", "object_row"),
    *("request_id", "request_tags", "prompt_hmac", "prompt_block_hashes", "prompt_block_tokens"),
}
"""What spans say in words of their own."""


def test_no_prompt_of_any_log_reaches_a_disk(logged: Calls) -> None:
    assert_nowhere(logged[2], PROMPT_CANARY)


def test_other_logs_are_those_that_are_read() -> None:
    with pytest.raises(ValueError, match="helicone"):
        SampleOptions(call_logs=("litellm",))
