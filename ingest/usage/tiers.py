"""The service tiers of model APIs under one name each."""

from collections.abc import Mapping
from types import MappingProxyType

SERVICE_TIERS: Mapping[str, str | None] = MappingProxyType(
    {
        "default": "standard",
        "standard": "standard",
        "standard_only": "standard",
        "on_demand": "standard",
        "batch": "batch",
        "batches": "batch",
        "flex": "flex",
        "on_demand_flex": "flex",
        "priority": "priority",
        "on_demand_priority": "priority",
        "performance": "priority",
        "provisioned_throughput": "provisioned",
        "auto": None,
        "traffic_type_unspecified": None,
    }
)
"""What vendors and gateways write (in any case), and what it means; None says nothing: `auto` asks
for a tier and does not name the one that answered."""


def service_tier(text: str | None) -> str | None:
    """The name of a tier; one that is not listed keeps its own, in lower case."""
    folded = (text or "").strip().lower()
    return SERVICE_TIERS.get(folded, folded) or None
