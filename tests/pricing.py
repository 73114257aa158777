"""What a model call costs, calculated by itself: the rules of rating, in one small function.

Every token is counted once, in the narrowest class that it is part of. A class costs what it is
priced at for the longest prompt that the call exceeds; one without a price of its own costs what
the class costs that it is part of.
"""

from collections.abc import Mapping
from decimal import Decimal

from ingest.usage import Usage

Prices = Mapping[tuple[str, int], Decimal]
"""By token type and the input tokens beyond which the price holds."""

PART_OF = {
    "cache_read": "input",
    "cache_creation": "input",
    "cache_creation_1h": "cache_creation",
    "input_audio": "input",
    "cache_read_audio": "cache_read",
    "reasoning": "output",
    "output_audio": "output",
}


def cost(prices: Prices, usage: Usage) -> tuple[Decimal, Decimal] | None:
    """What the input and the output cost; None where a class that was used has no price."""
    told = {name: getattr(usage, name) or 0 for name in Usage.__slots__ if name != "service_tier"}
    read, audio = told["cache_read_input_tokens"], told["cache_read_audio_input_tokens"]
    written, hour = told["cache_creation_input_tokens"], told["cache_creation_1h_input_tokens"]
    heard = told["input_audio_tokens"] - audio
    thought, said = told["reasoning_output_tokens"], told["output_audio_tokens"]
    given = {
        "input": told["input_tokens"] - read - written - heard,
        "cache_read": read - audio,
        "cache_read_audio": audio,
        "cache_creation": written - hour,
        "cache_creation_1h": hour,
        "input_audio": heard,
    }
    made = {
        "output": told["output_tokens"] - thought - said,
        "reasoning": thought,
        "output_audio": said,
    }
    sums = [_sum(prices, counts, told["input_tokens"]) for counts in (given, made)]
    return None if sums[0] is None or sums[1] is None else (sums[0], sums[1])


def _sum(prices: Prices, counts: Mapping[str, int], prompt: int) -> Decimal | None:
    costs = [
        None if (price := _price(prices, kind, prompt)) is None else price * count
        for kind, count in counts.items()
        if count
    ]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _price(prices: Prices, kind: str | None, prompt: int) -> Decimal | None:
    while kind:
        steps = [over for of, over in prices if of == kind and (over == 0 or over < prompt)]
        if steps:
            return prices[kind, max(steps)]
        kind = PART_OF.get(kind)
    return None
