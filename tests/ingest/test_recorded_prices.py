"""Prices of recorded answers against what an established library calculated for them."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from ingest.price_list import STANDARD, read
from ingest.usage import RULES, Usage, canonical_usage
from tests.conftest import SAMPLE_DATA
from tests.price_book import Book
from tests.pricing import Prices, cost
from tests.usage_objects import NAMES, rule_of

OBJECTS = SAMPLE_DATA / "inference" / "provider-usage-objects" / "usages.json.gz"
PRICES = SAMPLE_DATA / "prices" / "llm"
LIST, BOOK = "litellm_model_prices_1.109.1.json.gz", "genai_prices_2026-07-25.json.gz"
DAY = "2026-07-25"
PROVIDERS = {
    "anthropic": ("anthropic",),
    "aws": ("bedrock",),
    "azure": ("azure", "azure_ai"),
    "deepseek": ("deepseek",),
    "google": ("gemini", "vertex_ai"),
    "groq": ("groq",),
    "mistral": ("mistral",),
    "openai": ("openai",),
    "ovhcloud": ("ovhcloud",),
}
"""The book's providers as the list names them."""

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not OBJECTS.exists(), reason="the public sample data is not beside us"),
]


@dataclass(frozen=True)
class Reading:
    """A price that the library calculated for an answer, and ours for the same."""

    number: int
    provider: str
    model: str
    usage: Usage
    recorded: tuple[Decimal, Decimal]
    counts_alike: bool
    entry: Any
    from_book: tuple[Decimal, Decimal] | None


REASONS = {
    "read under another vendor's names": lambda r: not r.counts_alike,
    "not in the book": lambda r: r.entry is None,
    "no price is no cost": lambda r: r.entry and not r.entry["prices"] and r.recorded == (0, 0),
    "prices by the time of day": lambda r: r.entry and "start_time" in str(r.entry["prices"]),
    "pictures priced apart": lambda r: "-image" in r.model,
}
"""Why a price differs, each with what must be so. The library reads an OpenAI answer as if it were
Anthropic's, too, and overlooks the cache; the recorded prices come from another state of the book,
which had more models and a price for pictures; it takes a model without a price for free, where
nothing is invented here; and its answer depends on the clock."""


def readings() -> Iterator[Reading]:
    book = Book(PRICES / BOOK, DAY)
    for number, item in enumerate(json.loads(gzip.decompress(OBJECTS.read_bytes()))):
        usage = canonical_usage(RULES[rule_of(item["body"])], item["body"])
        for told in item["extracted"]:
            counts = {ours: told["usage"].get(theirs, 0) for theirs, ours in NAMES.items()}
            alike = (
                all(
                    (getattr(usage, name) or 0) == counts[name]
                    for name in ("input_tokens", "cache_read_input_tokens", "output_tokens")
                )
                and (usage.cache_creation_input_tokens or 0)
                == counts["cache_creation_input_tokens"]
            )
            for reader in told["extractors"]:
                if "input_price" in reader:
                    entry = book.model(reader["provider_id"], item.get("model", ""))
                    yield Reading(
                        number,
                        reader["provider_id"],
                        item.get("model", ""),
                        usage,
                        (Decimal(reader["input_price"]), Decimal(reader["output_price"])),
                        alike,
                        entry,
                        cost(book.prices(entry), usage) if entry else None,
                    )


@pytest.fixture(scope="module")
def recorded() -> list[Reading]:
    return list(readings())


def reason(reading: Reading) -> str:
    return next(why for why, holds in REASONS.items() if holds(reading))


def test_every_recorded_price_is_ours_or_differs_for_a_known_reason(
    recorded: list[Reading],
) -> None:
    """By the library's own book: what is compared is how tokens are counted and rated."""
    different = [r for r in recorded if r.from_book != r.recorded]
    assert len(recorded) == 2311
    assert Counter(reason(r) for r in different) == {
        "read under another vendor's names": 349,
        "pictures priced apart": 5,
        "no price is no cost": 3,
        "prices by the time of day": 3,
        "not in the book": 2,
    }
    answers = {r.number for r in recorded}
    equal = {r.number for r in recorded if r.from_book == r.recorded}
    assert (len(answers), len(equal)) == (1011, 998)


def test_the_imported_list_prices_alike_where_both_have_the_same_price(
    recorded: list[Reading],
) -> None:
    """By LiteLLM's list, as it is imported; any other result is another price in that list."""
    content = (PRICES / LIST).read_bytes()
    names = {name for several in PROVIDERS.values() for name in several}
    lists = {name: by_model(content, name) for name in names}
    outcomes = Counter[str]()
    for r in recorded:
        found = (lists[name].get(r.model) for name in PROVIDERS.get(r.provider, ()))
        prices = next((prices for prices in found if prices), None)
        if prices is None:
            outcomes["not in the list"] += 1
        elif cost(prices, r.usage) == r.recorded:
            outcomes["equal"] += 1
        elif r.from_book == r.recorded:
            outcomes["another price in the list"] += 1
        else:
            outcomes[reason(r)] += 1
    assert outcomes == {
        "equal": 1136,
        "not in the list": 712,
        "read under another vendor's names": 333,
        "another price in the list": 125,
        "pictures priced apart": 4,
        "prices by the time of day": 1,
    }


def by_model(content: bytes, provider: str) -> dict[str, Prices]:
    models: dict[str, dict[tuple[str, int], Decimal]] = {}
    for price in read(content, provider).prices:
        if price.service_tier == STANDARD:
            steps = models.setdefault(price.model, {})
            steps[price.token_type, price.context_tokens_over] = price.price_per_token
    return dict(models)
