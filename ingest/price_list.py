"""The community's price list of model APIs (LiteLLM's), read exactly.

The list is a JSON object of models. A price is USD per token, under a name that says of which
tokens, from how long a prompt on and at which service tier, such as
`cache_read_input_token_cost_above_200k_tokens_priority`. Prices are read as decimal text and never
pass through a binary float.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ingest.decimals import LARGEST, stored
from ingest.registry import suggestion

CURRENCY = "USD"
STANDARD = "standard"

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "aws.bedrock": "bedrock",
        "azure.ai.inference": "azure_ai",
        "azure.ai.openai": "azure",
        "gcp.gemini": "gemini",
        "gcp.vertex_ai": "vertex_ai",
        "mistral_ai": "mistral",
        "x_ai": "xai",
    }
)
"""OpenTelemetry's names of providers that the list calls otherwise."""

_FAMILIES = {
    "bedrock_converse": "bedrock",
    "bedrock_mantle": "bedrock",
    "cohere_chat": "cohere",
    "text-completion-openai": "openai",
}
"""What the list keeps apart and a provider bills as one."""

_PRICE = re.compile(
    r"(?:(?P<side>input|output)_cost_per(?:_(?P<kind>audio|reasoning))?_token"
    r"|cache_(?P<cache>read|creation)_input(?P<audio>_audio)?_token_cost)"
    r"(?P<hour>_above_1hr)?(?:_above_(?P<thousands>[0-9]{1,6})k_tokens)?"
    r"(?:_(?P<tier>batches|flex|priority))?"
)
_TOKEN_TYPES = {
    "input": "input",
    "input audio": "input_audio",
    "cache_read": "cache_read",
    "cache_read audio": "cache_read_audio",
    "cache_creation": "cache_creation",
    "cache_creation 1h": "cache_creation_1h",
    "output": "output",
    "output audio": "output_audio",
    "output reasoning": "reasoning",
}

Key = tuple[str, str, int]
"""Token type, service tier, tokens of input beyond which the price holds."""


class PriceListError(ValueError):
    """A file is no price list; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """USD per token of one type, for requests of a tier with more than so many input tokens."""

    model: str
    token_type: str
    service_tier: str
    context_tokens_over: int
    price_per_token: Decimal

    @property
    def text(self) -> str:
        """The price as plain decimal text."""
        return f"{self.price_per_token.normalize():f}"


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one provider, by model and what they are for.

    `left_out` are prices that are not per token of a known type (per image, second, search): the
    model and the list's own name of each; `rounded` has the model of each price with more than 18
    decimals; `contradicted` the models that stand in the list twice at different prices: the entry
    under the provider's name counts.
    """

    prices: tuple[Price, ...]
    left_out: tuple[tuple[str, str], ...]
    rounded: tuple[str, ...]
    contradicted: tuple[str, ...]

    def of(self, models: Sequence[str]) -> "PriceList":
        """The prices of some models only; of all where none is named.

        Raises:
            PriceListError: the list has no prices per token of a model.
        """
        names = {price.model for price in self.prices}
        for model in models:
            if model not in names:
                raise PriceListError(
                    f'it has no price per token of "{model}"{suggestion(model, sorted(names))}'
                )
        wanted = set(models) or names
        return replace(
            self,
            prices=tuple(price for price in self.prices if price.model in wanted),
            left_out=tuple(pair for pair in self.left_out if not models or pair[0] in wanted),
            rounded=tuple(model for model in self.rounded if model in wanted),
            contradicted=tuple(model for model in self.contradicted if model in wanted),
        )


def read(content: bytes, provider: str) -> PriceList:
    """The prices of a provider.

    Args:
        content: the list, gzipped or not.
        provider: OpenTelemetry's name of the provider, or the list's own.

    Raises:
        PriceListError: the content is no price list, has no such provider or an impossible price.
    """
    family = PROVIDERS.get(provider, provider)
    entries = [
        (name, entry) for name, entry in _parsed(content).items() if _family(entry) == family
    ]
    if not entries:
        raise PriceListError(f'it has no models of provider "{family}"')
    models: dict[str, tuple[str, dict[Key, Decimal]]] = {}
    left_out: list[tuple[str, str]] = []
    rounded, contradicted = list[str](), set[str]()
    # entries under the provider's name come last, so that they count
    for name, entry in sorted(entries, key=lambda pair: pair[0].startswith(f"{family}/")):
        model = name.removeprefix(f"{family}/")
        found = dict(_prices(model, entry, left_out))
        rounded += [model for price in found.values() if stored(price) != price]
        earlier = models.get(model.casefold())
        if earlier and earlier[1] != found:
            contradicted.add(model)
        if found:
            models[model.casefold()] = model, found
    prices = (
        Price(model, *key, stored(price))
        for model, found in models.values()
        for key, price in found.items()
    )
    return PriceList(
        tuple(sorted(prices)), tuple(left_out), tuple(rounded), tuple(sorted(contradicted))
    )


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (OSError, EOFError, ValueError) as error:
        raise PriceListError(f"it is no JSON: {error}") from None
    if not isinstance(document, dict) or not all(isinstance(e, dict) for e in document.values()):
        raise PriceListError("it is no object of models, each an object")
    return document


def _family(entry: Mapping[str, Any]) -> str | None:
    """The provider of an entry; `vertex_ai-language-models` is one of `vertex_ai`."""
    provider = entry.get("litellm_provider")
    if not isinstance(provider, str):
        return None
    return _FAMILIES.get(provider, provider.partition("-")[0])


def _prices(
    model: str, entry: Mapping[str, Any], left_out: list[tuple[str, str]]
) -> Iterator[tuple[Key, Decimal]]:
    for name, value in entry.items():
        if "cost" in name and value is not None:
            key = _key(name)
            if key:
                yield key, _price(model, name, value)
            else:
                left_out.append((model, name))
    for step in entry.get("tiered_pricing") or ():
        over = _start(model, step)
        for name, value in step.items():
            key = _key(name)
            if key:
                yield (*key[:2], over), _price(model, name, value)
            elif name != "range":
                left_out.append((model, name))


def _start(model: str, step: Any) -> int:
    try:
        return int(step["range"][0])
    except (TypeError, KeyError, IndexError, ValueError):
        raise PriceListError(f"tiered_pricing of {model} has no range of tokens") from None


def _key(name: str) -> Key | None:
    found = _PRICE.fullmatch(name)
    if not found:
        return None
    tokens = found["side"] or f"cache_{found['cache']}"
    kind = found["kind"] or (found["audio"] and "audio") or (found["hour"] and "1h")
    token_type = _TOKEN_TYPES.get(f"{tokens} {kind}" if kind else tokens)
    if not token_type or bool(found["hour"]) != (kind == "1h"):
        return None
    tier = "batch" if found["tier"] == "batches" else found["tier"] or STANDARD
    return token_type, tier, 1000 * int(found["thousands"] or 0)


def _price(model: str, name: str, value: Any) -> Decimal:
    if not isinstance(value, Decimal) or not 0 <= value < LARGEST:
        raise PriceListError(f"{name} of {model} is {value}, which is no price")
    return value
