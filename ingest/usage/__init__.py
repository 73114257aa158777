"""What a model call used, in the classes of tokens that are priced.

The one place that knows how each vendor counts.
"""

from ingest.usage.canonical import (
    PARTS,
    Path,
    Places,
    Rule,
    Usage,
    UsageError,
    canonical_usage,
    first_of,
    path_name,
)
from ingest.usage.log_rules import (
    HELICONE,
    HELICONE_BESIDE,
    LANGFUSE,
    OTEL,
    OTEL_BESIDE,
    SGLANG,
)
from ingest.usage.rules import BEDROCK_LOG, LITELLM, RULES
from ingest.usage.tiers import SERVICE_TIERS, service_tier

__all__ = [
    "BEDROCK_LOG",
    "HELICONE",
    "HELICONE_BESIDE",
    "LANGFUSE",
    "LITELLM",
    "OTEL",
    "OTEL_BESIDE",
    "PARTS",
    "RULES",
    "SERVICE_TIERS",
    "SGLANG",
    "Path",
    "Places",
    "Rule",
    "Usage",
    "UsageError",
    "canonical_usage",
    "first_of",
    "path_name",
    "service_tier",
]
