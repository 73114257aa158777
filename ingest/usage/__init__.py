"""What a model call used, in the classes of tokens that are priced.

The one place that knows how each vendor counts.
"""

from ingest.usage.canonical import PARTS, Usage, UsageError, canonical_usage, first_of
from ingest.usage.rules import LITELLM, RULES
from ingest.usage.tiers import SERVICE_TIERS, service_tier

__all__ = [
    "LITELLM",
    "PARTS",
    "RULES",
    "SERVICE_TIERS",
    "Usage",
    "UsageError",
    "canonical_usage",
    "first_of",
    "service_tier",
]
