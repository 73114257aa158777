"""The source kind `openai_usage`: what OpenAI counted of an organization's calls, by key and model.

`GET /v1/organization/usage/completions` and the other reports beside it (OpenAI API reference,
Usage and Costs). `input_tokens` are all input tokens, those read from and written to the prompt
cache included. A batch call says so in `batch` and not in its service tier. What is not counted in
tokens is a quantity with its unit; searches are no calls of their own, since the call that made
them is among the completions.
"""

from dataclasses import dataclass
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
BY_KEY = ("project_id", "api_key_id", "model")
REQUESTS = "num_model_requests"


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the usage API: what its results are, and what makes one of them.

    `operation` is OpenTelemetry's gen_ai.operation.name, `counts` are the members that every result
    has, and `unit` is that of `quantity`.
    """

    result: str
    operation: str
    counts: tuple[str, ...]
    groups: tuple[str, ...] = BY_KEY
    quantity: str = ""
    unit: str | None = None


REPORTS = MappingProxyType(
    {
        "/completions": Report(
            "completions",
            "chat",
            (REQUESTS, "input_tokens", "output_tokens"),
            (*BY_KEY, "batch", "service_tier"),
        ),
        "/embeddings": Report("embeddings", "embeddings", (REQUESTS, "input_tokens")),
        "/moderations": Report("moderations", "moderation", (REQUESTS, "input_tokens")),
        "/images": Report("images", "image_generation", (REQUESTS,), BY_KEY, "images", "Images"),
        "/audio_speeches": Report(
            "audio_speeches", "speech", (REQUESTS,), BY_KEY, "characters", "Characters"
        ),
        "/audio_transcriptions": Report(
            "audio_transcriptions", "transcription", (REQUESTS,), BY_KEY, "seconds", "Seconds"
        ),
        "/web_search_calls": Report(
            "web_searches", "web_search", (), BY_KEY, "num_requests", "Searches"
        ),
        "/file_search_calls": Report(
            "file_searches", "file_search", (), BY_KEY[:2], "num_requests", "Searches"
        ),
        "/code_interpreter_sessions": Report(
            "code_interpreter_sessions",
            *("code_interpreter", (), BY_KEY[:1], "num_sessions", "Sessions"),
        ),
        "/vector_stores": Report(
            "vector_stores", "vector_store", (), BY_KEY[:1], "usage_bytes", "Bytes"
        ),
    }
)
RESULTS = MappingProxyType(
    {f"organization.usage.{report.result}.result": report for report in REPORTS.values()}
)


class OpenAiUsageOptions(VendorOptions):
    """Whose usage, and who asks."""

    url: str = Field("https://api.openai.com", description="Another address of the API.")


class OpenAiUsageSource(OpenAiAnswers, VendorUsageSource):
    """The usage of an organization at OpenAI."""

    options_model: ClassVar[type[VendorOptions]] = OpenAiUsageOptions
    provider = "openai"
    reports = tuple(REPORTS)

    def url(self) -> str:
        """What the addresses of all usage reports begin with."""
        return f"{self._options.url.rstrip('/')}/v1/organization/usage"

    def question(self, report: str, first: date, after: date) -> Parameters:
        """Daily buckets, by everything that tells calls apart but the person."""
        groups = [("group_by", group) for group in REPORTS[report].groups]
        return [*self.days(first, after, MOST_BUCKETS), *groups]

    def meaning(self, result: Answer) -> dict[str, Any]:
        """A result of any report.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, a result of another kind or without its counts.
        """
        report = RESULTS.get(result.get("object", ""))
        if report is None:
            raise self.store.invalid(f"no result of a known report: {result!r}"[:300])
        self.promised(result, *report.counts, *([report.quantity] if report.quantity else []))
        counts = {name: result[name] for name in report.counts}
        return {
            "gen_ai_operation_name": report.operation,
            "sub_account_id": result.get("project_id"),
            "api_key_id": result.get("api_key_id"),
            "gen_ai_response_model": result.get("model"),
            "service_tier": (
                "batch" if result.get("batch") else service_tier(result.get("service_tier"))
            ),
            "request_count": counts.get(REQUESTS),
            "input_tokens": counts.get("input_tokens", 0),
            "cache_read_input_tokens": result.get("input_cached_tokens"),
            "cache_creation_input_tokens": result.get("input_cache_write_tokens"),
            "input_audio_tokens": result.get("input_audio_tokens"),
            "input_image_tokens": result.get("input_image_tokens"),
            "output_tokens": counts.get("output_tokens", 0),
            "output_audio_tokens": result.get("output_audio_tokens"),
            "output_image_tokens": result.get("output_image_tokens"),
            "consumed_quantity": result[report.quantity] if report.quantity else None,
            "consumed_unit": report.unit,
        }
