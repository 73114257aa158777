"""Prices and contracts with the vendors of model APIs."""

from dataclasses import dataclass

from apportion.sample import money
from apportion.sample.models import API_MODEL, TOKEN_TYPES
from apportion.sample.tables import read


def _per_token(per_million: str) -> int:
    """Ticks per token of a price in USD per million tokens; 0 where there is no such meter."""
    return money.ticks(per_million) // 1_000_000 if per_million else 0


PRICE_TICKS = {
    name: {kind: _per_token(getattr(model, kind)) for kind in TOKEN_TYPES}
    for name, model in API_MODEL.items()
}
"""List price per token in ticks, by deployment and token type."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor's billing: accounts, contract discount in percent, and the period's credit."""

    provider: str
    name: str
    billing_account: str
    account_word: str
    discount_percent: int
    credit: str


VENDORS = (
    Vendor("openai", "OpenAI", "org-kestrel-7f2c", "Project", 4, "1500"),
    Vendor("anthropic", "Anthropic", "b7e3f0aa-52d1-4f7e-9c55-kestrel", "Workspace", 6, "2000"),
)


@dataclass(frozen=True, slots=True)
class DirectUse:
    """Use of a vendor's model past the gateway: thousands of tokens a working day, by type."""

    team: str
    target: str
    account: str
    tokens: dict[str, int]


DIRECT_USES = read("direct_uses", DirectUse)
