"""A price list put in force from a day on, beside the prices that a company agreed itself.

Rows are those of `model_prices.csv`, as text. A row whose `price_source` begins with `IMPORTED` was
imported and may be ended by the next import. Every other row is the company's own: it stays as it
is, and no list's price for the same tokens and tier is in force beside it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ingest.price_list import CURRENCY, STANDARD, Price, PriceList
from ingest.sources.reference.rules import IMPORTED

NEVER = "9999-12-31"
"""The end of an empty `valid_to`. Dates are compared as text, which sorts as they do."""

Row = dict[str, str]
Key = tuple[str, str, str]
Span = tuple[str, str]


class AlreadyInForce(ValueError):
    """A price that was imported changes on or after the day; the message names it."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows of the table, and what became of how many prices.

    They are new, changed, ended, unchanged, own (the company's own price counts) or kept (the
    list has no such model; its last known price stays).
    """

    rows: list[Row]
    counts: Counter[str]


def merge(rows: Sequence[Row], listed: PriceList, provider: str, source: str, since: str) -> Merged:
    """The table with the list's prices in force from a day on.

    Args:
        rows: the table as it is.
        listed: the provider's prices.
        provider: its name in the table.
        source: where the list comes from.
        since: the day, as YYYY-MM-DD.

    Raises:
        AlreadyInForce: an imported price begins on or after the day and is not the list's.
    """
    own = _own_spans(rows, provider)
    models = {price.model.casefold() for price in listed.prices}
    wanted: dict[tuple[Key, int, Span], Price] = {}
    counts = Counter[str]()
    for price in listed.prices:
        key = (price.model.casefold(), price.token_type, price.service_tier)
        spans = list(_gaps(own[key], since))
        counts["own"] += spans != [(since, NEVER)]
        wanted |= {(key, price.context_tokens_over, span): price for span in spans}
    kept, ended = [], set()
    for row in rows:
        if not _imported(row, provider) or _end(row) <= since:
            kept.append(row)
            continue
        if _key(row)[0] not in models:
            counts["kept"] += 1
            kept.append(row)
            continue
        place = (_key(row), _step(row), (max(row["valid_from"], since), _end(row)))
        same = wanted.get(place)
        if same and same.price_per_token == Decimal(row["price_per_token"]):
            counts["unchanged"] += 1
            kept.append(row)
            del wanted[place]
        elif row["valid_from"] >= since:
            raise AlreadyInForce(f"{row['token_type']} of {row['model']} from {row['valid_from']}")
        else:
            ended.add(place[:2])
            kept.append(row | {"valid_to": since})
    new = [_row(price, provider, source, span) for (_, _, span), price in wanted.items()]
    replaced = {place[:2] for place in wanted} & ended
    counts.update(
        {"changed": len(replaced), "ended": len(ended - replaced), "new": len(new) - len(replaced)}
    )
    return Merged([*kept, *new], counts)


def _own_spans(rows: Sequence[Row], provider: str) -> dict[Key, list[Span]]:
    """When the company's own prices are in force: at any step, for they are what was agreed."""
    spans: dict[Key, list[Span]] = defaultdict(list)
    for row in rows:
        if _of(row, provider) and not _imported(row, provider):
            spans[_key(row)].append((row["valid_from"], _end(row)))
    return spans


def _gaps(taken: list[Span], since: str) -> Iterator[Span]:
    """The days from `since` on that none of the spans has."""
    start = since
    for first, end in sorted(taken):
        if start < first:
            yield start, first
        start = max(start, end)
    if start < NEVER:
        yield start, NEVER


def _of(row: Row, provider: str) -> bool:
    return row["gen_ai_provider_name"].strip().casefold() == provider.casefold()


def _imported(row: Row, provider: str) -> bool:
    return _of(row, provider) and row.get("price_source", "").startswith(IMPORTED)


def _key(row: Row) -> Key:
    return (
        row["model"].strip().casefold(),
        row["token_type"].strip(),
        row.get("service_tier", "").strip() or STANDARD,
    )


def _step(row: Row) -> int:
    return int(row.get("context_tokens_over", "").strip() or 0)


def _end(row: Row) -> str:
    return row.get("valid_to", "") or NEVER


def _row(price: Price, provider: str, source: str, span: Span) -> Row:
    start, end = span
    return {
        "gen_ai_provider_name": provider,
        "model": price.model,
        "token_type": price.token_type,
        "service_tier": price.service_tier,
        "context_tokens_over": str(price.context_tokens_over),
        "price_per_token": price.text,
        "currency": CURRENCY,
        "price_source": IMPORTED + source,
        "valid_from": start,
        "valid_to": "" if end == NEVER else end,
    }
