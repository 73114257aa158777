"""The tree that an explanation is: amounts, facts beside them, the parts they consist of."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import reduce
from typing import Any

EXACT = Context(prec=76)
"""Wide enough for any sum or product of DECIMAL(38,18) amounts."""

EVERY = sys.maxsize
"""Show all parts, the largest first."""

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One line of an explanation.

    Attributes:
        title: what the line is about.
        amount: an exact amount, or none where the line has no cost of its own.
        currency: the currency of the amount.
        facts: what else is known, by name; empty ones are left out.
        parts: the lines below.
        is_sum: the parts' amounts add up to the amount exactly.
    """

    title: str
    amount: Decimal | None = None
    currency: str = ""
    facts: Facts = field(default_factory=dict)
    parts: Sequence["Node"] = ()
    is_sum: bool = False

    def as_json(self) -> dict[str, Any]:
        """Nested objects; amounts as exact decimal text."""
        document: dict[str, Any] = {"title": self.title}
        if self.amount is not None:
            document |= {"amount": exact(self.amount), "currency": self.currency}
        if facts := known(self.facts):
            document["facts"] = {name: _plain(value) for name, value in facts.items()}
        if self.parts:
            document["parts_add_up"] = self.is_sum
            document["parts"] = [part.as_json() for part in self.parts]
        return document


def exact(amount: Decimal) -> str:
    """All digits of an amount, never in exponent form."""
    return f"{amount:f}"


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    return reduce(EXACT.add, amounts, Decimal(0))


def known(facts: Facts) -> dict[str, Any]:
    """The facts that say something."""
    return {name: value for name, value in facts.items() if value is not None and value != ""}


def summed(
    title: str, currency: str, parts: Sequence[Node], facts: Facts | None = None, top: int = 0
) -> Node:
    """A line that its parts add up to.

    Args:
        title: what the line is about.
        currency: the currency of all parts.
        parts: lines with amounts.
        facts: what else is known.
        top: keep so many of the largest parts and one line for the others; 0 keeps all as given.
    """
    amount = total(part.amount for part in parts if part.amount is not None)
    shown = largest(parts, top) if top else parts
    return Node(title, amount, currency, facts or {}, tuple(shown), is_sum=True)


def largest(parts: Sequence[Node], top: int) -> tuple[Node, ...]:
    """The parts with the largest amounts, of either sign, and one line for all others."""
    ordered = sorted(parts, key=lambda part: (-abs(part.amount or Decimal(0)), part.title))
    first, rest = ordered[:top], ordered[top:]
    if not rest:
        return tuple(first)
    others = total(part.amount for part in rest if part.amount is not None)
    return (*first, Node(f"{len(rest):,} more", others, rest[0].currency))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return exact(value)
    return value if isinstance(value, bool | int | str) else str(value)
