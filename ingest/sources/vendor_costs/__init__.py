"""The cost APIs of AI vendors as charges."""

from ingest.sources.vendor_costs.anthropic import AnthropicCostsSource
from ingest.sources.vendor_costs.openai import OpenAiCostsSource

__all__ = ["AnthropicCostsSource", "OpenAiCostsSource"]
