"""The mappings of examples/request-logs, each on a log of its gateway with a prompt in it."""

import shutil
import tomllib
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from tests.ingest.call_logs import assert_nowhere
from tests.ingest.conftest import WINDOW

FOLDER = Path(__file__).parents[2] / "examples" / "request-logs"
CANARY = "canary-7d1f"
SUMS = ("input_tokens", "cache_read_input_tokens", "output_tokens", "reasoning_output_tokens")
EXPECTED = {
    "azure-api-management": (2, 2, (160, 0, 40, 0), None, "gpt-5-mini-eu"),
    "cloudflare-ai-gateway": (3, 0, (240, 0, 60, 0), "0.00009", None),
    "envoy-ai-gateway": (2, 0, (120, 100, 30, 20), None, "gpt-5-mini"),
    "kong-ai-gateway": (3, 0, (160, 0, 40, 0), "0.00009", "gpt-5-mini"),
    "one-record-an-attempt": (3, 1, (280, 100, 45, 20), "0.00016", "gpt-5-mini"),
    "vertex-ai": (2, 0, (160, 100, 40, 20), None, "publishers/google/models/gemini-2.5-flash"),
}
"""Calls, records that are no call of their own, tokens, reported cost, the first call's model."""


@pytest.fixture
def collected(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> Callable[[str], tuple[CollectResult, pl.DataFrame, Settings]]:
    def collected(name: str) -> tuple[CollectResult, pl.DataFrame, Settings]:
        (section,) = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["sources"]
        for file in section["files"]:
            shutil.copy(FOLDER / file, tmp_path / file)
            assert CANARY in (tmp_path / file).read_text(encoding="utf-8")
        settings = make_settings(section)
        result = collect(settings, section["name"], WINDOW)
        files = Ledger(settings.home, {section["name"]}).current_files()
        rows = [pl.read_parquet(file.path) for file in files]
        return result, pl.concat(rows).sort("started_at"), settings

    return collected


def test_every_mapping_is_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_log_of_each_gateway_is_read_and_its_prompts_stay_away(
    collected: Callable[..., tuple[CollectResult, pl.DataFrame, Settings]], name: str
) -> None:
    result, rows, settings = collected(name)
    count, set_aside, tokens, cost, model = EXPECTED[name]
    assert (result.rows, result.quarantined_rows, result.refused) == (count, set_aside, [])
    assert tuple(rows.select(SUMS).sum().row(0)) == tokens
    assert rows["reported_cost"].sum() == Decimal(cost or 0)
    first = rows.row(0, named=True)
    assert first["gen_ai_request_model"] == model
    assert first["started_at"] == datetime.fromisoformat("2026-10-03T04:00:00.250")
    assert_nowhere(settings.home, CANARY)


def test_attempts_keep_the_id_of_their_request(
    collected: Callable[..., tuple[CollectResult, pl.DataFrame, Settings]],
) -> None:
    _, rows, _ = collected("one-record-an-attempt")
    assert rows.select("request_id", "trace_id", "status").rows() == [
        ("r1", "r1", "504"),
        ("r1#2", "r1", "success"),
        ("r2", "r2", "success"),
    ]


def test_a_call_in_parts_takes_over_what_only_later_parts_say(
    collected: Callable[..., tuple[CollectResult, pl.DataFrame, Settings]],
) -> None:
    _, rows, _ = collected("azure-api-management")
    told = rows.select("gen_ai_response_model", "input_tokens", "output_tokens").rows()
    assert told == [("gpt-5-mini", 120, 30), ("gpt-5-mini", 40, 10)]


def test_what_gateways_say_beside_tokens_is_kept(
    collected: Callable[..., tuple[CollectResult, pl.DataFrame, Settings]],
) -> None:
    _, cloudflare, _ = collected("cloudflare-ai-gateway")
    assert cloudflare["gateway_team"].to_list() == ["search", "search", None]
    assert cloudflare["is_gateway_cache_hit"].to_list() == [False, True, False]
    assert cloudflare["status"].to_list() == ["success", "success", "failure"]
    _, kong, _ = collected("kong-ai-gateway")
    assert kong["api_key_alias"].to_list() == ["search-service", "robots", "robots"]
    assert kong["first_token_at"][0] == datetime.fromisoformat("2026-10-03T04:00:00.500")
    _, vertex, _ = collected("vertex-ai")
    assert vertex["gateway_team"].to_list() == ["search", "robots"]
    assert vertex["service_tier"].to_list() == ["standard", None]
