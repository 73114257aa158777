"""The cost APIs of AI vendors as charges, and their usage APIs as what the vendor counted."""

from ingest.sources.vendor_costs.anthropic import AnthropicCostsSource
from ingest.sources.vendor_costs.anthropic_usage import AnthropicUsageSource
from ingest.sources.vendor_costs.openai import OpenAiCostsSource
from ingest.sources.vendor_costs.openai_usage import OpenAiUsageSource

__all__ = [
    "AnthropicCostsSource",
    "AnthropicUsageSource",
    "OpenAiCostsSource",
    "OpenAiUsageSource",
]
