"""The community's price list: read exactly, and put in force beside a company's own prices."""

import gzip
import json
from decimal import Decimal
from typing import Any

import pytest

from ingest.price_list import Price, PriceList, PriceListError, read
from ingest.price_rows import AlreadyInForce, Row, merge
from ingest.sources.reference import consistency
from ingest.sources.reference.parse import parse
from tests.conftest import SAMPLE_DATA

LIST = SAMPLE_DATA / "prices" / "llm" / "litellm_model_prices_1.109.1.json.gz"


def content(**models: dict[str, Any]) -> bytes:
    """A list of OpenAI's models; numbers are written as LiteLLM writes them."""
    entries = {name: {"litellm_provider": "openai"} | entry for name, entry in models.items()}
    return json.dumps(entries).encode()


def test_prices_have_a_token_type_a_tier_and_a_step() -> None:
    listed = read(
        content(
            m={
                "mode": "chat",
                "input_cost_per_token": 3e-07,
                "input_cost_per_token_batches": 1.5e-7,
                "output_cost_per_token_above_272k_tokens_priority": 0.00002,
                "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1,
                "cache_read_input_audio_token_cost_flex": 0,
                "output_cost_per_reasoning_token": 4e-6,
                "input_cost_per_audio_token": None,
            }
        ),
        "openai",
    )
    assert listed.prices == (
        Price("m", "cache_creation_1h", "standard", 200_000, Decimal(1)),
        Price("m", "cache_read_audio", "flex", 0, Decimal(0)),
        Price("m", "input", "batch", 0, Decimal("1.5e-7")),
        Price("m", "input", "standard", 0, Decimal("3e-7")),
        Price("m", "output", "priority", 272_000, Decimal("0.00002")),
        Price("m", "reasoning", "standard", 0, Decimal("4e-6")),
    )
    assert listed.left_out == ()


@pytest.mark.parametrize(
    "name",
    [
        "output_cost_per_image",
        "input_cost_per_token_ultrafast",
        "cache_creation_input_token_cost_above_12hr",
        "input_cost_per_token_above_1hr",
        "cache_creation_input_audio_token_cost",
        "search_context_cost_per_query",
    ],
)
def test_a_price_of_something_else_is_left_out_and_told(name: str) -> None:
    listed = read(content(m={name: 0.01, "input_cost_per_token": 1}), "openai")
    assert listed.left_out == (("m", name),)
    assert [price.token_type for price in listed.prices] == ["input"]


def test_a_price_is_never_a_binary_float() -> None:
    """0.1 + 2^-57, which a float cannot tell from 0.1; and more decimals than are stored."""
    text = b'{"m": {"litellm_provider": "openai", "input_cost_per_token": %s}}'
    (price,) = read(text % b"0.100000000000000006", "openai").prices
    assert price.price_per_token == Decimal("0.100000000000000006")
    listed = read(text % b"1.50000000000000025e-07", "openai")
    assert listed.prices[0].text == "0.00000015"
    assert listed.rounded == ("m",)


def test_ranges_of_tokens_are_steps() -> None:
    tiers = [
        {"range": [0, 256e3], "input_cost_per_token": 1},
        {"range": [256e3, 1e6], "input_cost_per_token": 2, "cost_of_a_wish": 1},
    ]
    listed = read(content(m={"tiered_pricing": tiers}), "openai")
    assert [(p.context_tokens_over, p.price_per_token) for p in listed.prices] == [
        (0, 1),
        (256_000, 2),
    ]
    assert listed.left_out == (("m", "cost_of_a_wish"),)


def test_a_provider_has_several_names_in_the_list() -> None:
    entries = {
        "a.claude": {"litellm_provider": "bedrock_converse", "input_cost_per_token": 1},
        "bedrock/eu/a.claude": {"litellm_provider": "bedrock", "input_cost_per_token": 2},
        "vertex_ai/gemini": {"litellm_provider": "vertex_ai-models", "input_cost_per_token": 3},
        "other": {"input_cost_per_token": 9},
    }
    listed = read(json.dumps(entries).encode(), "aws.bedrock")
    assert [(p.model, p.price_per_token) for p in listed.prices] == [
        ("a.claude", 1),
        ("eu/a.claude", 2),
    ]
    assert [p.model for p in read(json.dumps(entries).encode(), "vertex_ai").prices] == ["gemini"]


def test_an_entry_under_the_providers_name_counts_and_the_contradiction_is_told() -> None:
    entries = content(**{"openai/m": {"input_cost_per_token": 1}, "m": {"input_cost_per_token": 2}})
    listed = read(entries, "openai")
    assert [price.price_per_token for price in listed.prices] == [1]
    assert listed.contradicted == ("m",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"<html>", "it is no JSON"),
        (gzip.compress(b"{}", mtime=0)[:-9], "it is no JSON"),
        (b"[]", "it is no object of models"),
        (b'{"m": 1}', "it is no object of models"),
        (content(), 'no models of provider "openai"'),
        (content(m={"input_cost_per_token": "1"}), "input_cost_per_token of m is 1, which is no"),
        (content(m={"input_cost_per_token": -1}), "which is no price"),
        (content(m={"tiered_pricing": [{"input_cost_per_token": 1}]}), "has no range of tokens"),
    ],
)
def test_what_is_no_price_list_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(PriceListError, match=message):
        read(text, "openai")


def test_some_models_only() -> None:
    listed = read(content(a={"input_cost_per_token": 1}, b={"input_cost_per_token": 1}), "openai")
    assert {price.model for price in listed.of(["b"]).prices} == {"b"}
    assert listed.of([]) == listed
    with pytest.raises(PriceListError, match='no price per token of "c"'):
        listed.of(["c"])


def listed(price: str = "2", step: int = 0) -> PriceList:
    return PriceList((Price("m", "input", "standard", step, Decimal(price)),), (), (), ())


def row(price: str, since: str, until: str = "", source: str = "litellm:old", **more: str) -> Row:
    return {
        "gen_ai_provider_name": "p",
        "model": "m",
        "token_type": "input",
        "price_per_token": price,
        "currency": "USD",
        "price_source": source,
        "valid_from": since,
        "valid_to": until,
        **more,
    }


def spans(rows: list[Row], *, imported: bool = True) -> list[tuple[str, str, str]]:
    return [
        (row["price_per_token"], row["valid_from"], row["valid_to"])
        for row in rows
        if row["price_source"].startswith("litellm:") == imported
    ]


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ([], [("2", "2026-06-01", "")], "new"),
        ([row("2.0", "2026-01-01")], [("2.0", "2026-01-01", "")], "unchanged"),
        ([row("2", "2026-06-01")], [("2", "2026-06-01", "")], "unchanged"),
        (
            [row("1", "2026-01-01")],
            [("1", "2026-01-01", "2026-06-01"), ("2", "2026-06-01", "")],
            "changed",
        ),
        (
            [row("1", "2026-01-01", context_tokens_over="9")],
            [("1", "2026-01-01", "2026-06-01"), ("2", "2026-06-01", "")],
            "ended",
        ),
        (
            [row("1", "2026-01-01", "2026-02-01")],
            [("1", "2026-01-01", "2026-02-01"), ("2", "2026-06-01", "")],
            "new",
        ),
        (
            [row("7", "2026-01-01", model="gone")],
            [("7", "2026-01-01", ""), ("2", "2026-06-01", "")],
            "kept",
        ),
        (
            [row("7", "2026-01-01", gen_ai_provider_name="other")],
            [("7", "2026-01-01", ""), ("2", "2026-06-01", "")],
            "new",
        ),
    ],
)
def test_prices_change_from_a_day_on(
    before: list[Row], after: list[tuple[str, str, str]], outcome: str
) -> None:
    merged = merge(before, listed(), "p", "new", "2026-06-01")
    assert spans(merged.rows) == after
    assert merged.counts[outcome] == 1


@pytest.mark.parametrize(
    ("own", "after"),
    [
        ([("", "")], []),
        ([("2026-01-01", "2026-09-01")], [("2", "2026-09-01", "")]),
        (
            [("2026-08-01", "2026-09-01")],
            [("2", "2026-06-01", "2026-08-01"), ("2", "2026-09-01", "")],
        ),
        ([("2026-01-01", "2026-05-01")], [("2", "2026-06-01", "")]),
    ],
)
@pytest.mark.parametrize("step", [0, 200_000])
def test_a_companys_own_price_stays_and_wins_while_it_is_in_force(
    own: list[tuple[str, str]], after: list[tuple[str, str, str]], step: int
) -> None:
    rows = [row("1", *span, "contract", model="M ") for span in own]
    merged = merge(rows, listed(step=step), "p", "new", "2026-06-01")
    assert merged.rows[: len(rows)] == rows
    assert spans(merged.rows) == after


def test_a_price_that_was_imported_for_later_stops_the_import() -> None:
    with pytest.raises(AlreadyInForce, match="input of m from 2026-07-01"):
        merge([row("1", "2026-07-01")], listed(), "p", "new", "2026-06-01")


@pytest.mark.data
@pytest.mark.skipif(not LIST.exists(), reason="the public sample data is not beside us")
@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "aws.bedrock"])
def test_successive_lists_make_a_table_that_is_read_without_a_problem(provider: str) -> None:
    """Two years of price changes, imported one after the other."""
    rows: list[Row] = []
    changed = 0
    days = ("2024-06-30", "2024-09-06", "2025-03-24", "2025-09-01")
    for day in (*days, "2026-10-01"):
        path = LIST if day not in days else LIST.with_name(f"litellm_model_prices_{day}.json.gz")
        merged = merge(rows, read(path.read_bytes(), provider), provider, path.name, day)
        rows, changed = merged.rows, changed + merged.counts["changed"]
        again = merge(rows, read(path.read_bytes(), provider), provider, path.name, day)
        assert again.rows == rows
    assert changed
    text = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])
    parsed, problems = parse("model_prices", text.encode())
    assert (len(parsed), problems) == (len(rows), [])
    assert not list(consistency.problems({"model_prices": parsed}))
