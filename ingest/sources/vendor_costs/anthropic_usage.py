"""The source kind `anthropic_usage`: what Anthropic counted of an organization's calls, by key.

`GET /v1/organizations/usage_report/messages` (Anthropic API reference, Usage and Cost Admin API).
Uncached input stands beside what was read from and written to the prompt cache, and is added up
here. Requests are not counted. Calls that were blocked have tokens here and no cost.
"""

from datetime import date
from typing import Any, ClassVar

from pydantic import Field

from ingest.sources.vendor_costs.answers import VendorOptions
from ingest.sources.vendor_costs.anthropic import DEFAULT_WORKSPACE, AnthropicAnswers
from ingest.sources.vendor_costs.api import Answer, Parameters
from ingest.sources.vendor_costs.usage import VendorUsageSource, added
from ingest.usage import service_tier

MOST_BUCKETS = 31
GROUPS = ("api_key_id", "workspace_id", "model", "service_tier", "context_window")
WRITES = {"ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"}


class AnthropicUsageOptions(VendorOptions):
    """Whose usage, and who asks."""

    url: str = Field("https://api.anthropic.com", description="Another address of the API.")


class AnthropicUsageSource(AnthropicAnswers, VendorUsageSource):
    """The usage of an organization at Anthropic."""

    options_model: ClassVar[type[VendorOptions]] = AnthropicUsageOptions
    provider = "anthropic"

    def url(self) -> str:
        """The usage report of the messages API."""
        return f"{self._options.url.rstrip('/')}/v1/organizations/usage_report/messages"

    def question(self, report: str, first: date, after: date) -> Parameters:
        """Daily buckets, by everything that tells calls apart but the person."""
        del report
        groups = [("group_by[]", group) for group in GROUPS]
        return [*self.days(first, after, MOST_BUCKETS), *groups]

    def meaning(self, result: Answer) -> dict[str, Any]:
        """A result of the messages API.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, a count is missing, or a cache that nobody knows.
        """
        uncached, writes, reads, output = self.promised(
            result,
            *("uncached_input_tokens", "cache_creation", "cache_read_input_tokens"),
            "output_tokens",
        )
        if not isinstance(writes, dict) or set(writes) != WRITES:
            raise self.store.invalid(f'"cache_creation" is not what it was: {writes!r}'[:300])
        hour, minutes = writes["ephemeral_1h_input_tokens"], writes["ephemeral_5m_input_tokens"]
        return {
            "gen_ai_operation_name": "chat",
            "sub_account_id": result.get("workspace_id") or DEFAULT_WORKSPACE,
            "api_key_id": result.get("api_key_id"),
            "gen_ai_response_model": result.get("model"),
            "service_tier": service_tier(result.get("service_tier")),
            "context_window": result.get("context_window"),
            "input_tokens": added(uncached, reads, hour, minutes),
            "cache_read_input_tokens": reads,
            "cache_creation_input_tokens": added(hour, minutes),
            "cache_creation_1h_input_tokens": hour,
            "output_tokens": output,
            "search_requests": (result.get("server_tool_use") or {}).get("web_search_requests"),
        }
