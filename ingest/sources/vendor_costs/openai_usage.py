"""The source kind `openai_usage`: what OpenAI counted of an organization's calls, by key and model.

`GET /v1/organization/usage/completions` and `/embeddings` (OpenAI API reference, Usage and Costs).
`input_tokens` are all input tokens, those read from and written to the prompt cache included. A
batch call says so in `batch` and not in its service tier.
"""

from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field

from ingest.sources.vendor_costs.answers import VendorOptions
from ingest.sources.vendor_costs.api import Answer, Parameters
from ingest.sources.vendor_costs.openai import OpenAiAnswers
from ingest.sources.vendor_costs.usage import VendorUsageSource
from ingest.usage import service_tier

MOST_BUCKETS = 31
GROUPS = MappingProxyType(
    {
        "/completions": ("project_id", "api_key_id", "model", "batch", "service_tier"),
        "/embeddings": ("project_id", "api_key_id", "model"),
    }
)
"""The reports that are asked for, and what makes a result of each."""

OPERATIONS = MappingProxyType(
    {
        "organization.usage.completions.result": "chat",
        "organization.usage.embeddings.result": "embeddings",
    }
)
"""The kinds of result, as OpenTelemetry gen_ai.operation.name."""


class OpenAiUsageOptions(VendorOptions):
    """Whose usage, and who asks."""

    url: str = Field("https://api.openai.com", description="Another address of the API.")


class OpenAiUsageSource(OpenAiAnswers, VendorUsageSource):
    """The usage of an organization at OpenAI."""

    options_model: ClassVar[type[VendorOptions]] = OpenAiUsageOptions
    provider = "openai"
    reports = tuple(GROUPS)

    def url(self) -> str:
        """What the addresses of all usage reports begin with."""
        return f"{self._options.url.rstrip('/')}/v1/organization/usage"

    def question(self, report: str, first: date, after: date) -> Parameters:
        """Daily buckets, by everything that tells calls apart but the person."""
        groups = [("group_by", group) for group in GROUPS[report]]
        return [*self.days(first, after, MOST_BUCKETS), *groups]

    def meaning(self, result: Answer) -> dict[str, Any]:
        """A result of completions or embeddings.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, a result of another kind or without its counts.
        """
        operation = OPERATIONS.get(result.get("object", ""))
        if operation is None:
            raise self.store.invalid(f"neither completions nor embeddings: {result!r}"[:300])
        requests, tokens = self.promised(result, "num_model_requests", "input_tokens")
        output = self.promised(result, "output_tokens")[0] if operation == "chat" else 0
        return {
            "gen_ai_operation_name": operation,
            "sub_account_id": result.get("project_id"),
            "api_key_id": result.get("api_key_id"),
            "gen_ai_response_model": result.get("model"),
            "service_tier": (
                "batch" if result.get("batch") else service_tier(result.get("service_tier"))
            ),
            "request_count": requests,
            "input_tokens": tokens,
            "cache_read_input_tokens": result.get("input_cached_tokens"),
            "cache_creation_input_tokens": result.get("input_cache_write_tokens"),
            "output_tokens": output,
        }
