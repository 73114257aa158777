"""Recorded answers of model APIs: which way of counting each follows."""

from collections.abc import Mapping
from typing import Any

NAMES = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "cache_audio_read_tokens": "cache_read_audio_input_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_tokens": "output_tokens",
    "output_reasoning_tokens": "reasoning_output_tokens",
    "output_image_tokens": "output_image_tokens",
    "web_searches": "search_requests",
}
"""The names that the recorded readings use for what `Usage` counts."""


def rule_of(body: Mapping[str, Any]) -> str:
    """The name of the rule (`ingest.usage.RULES`) for an answer, by the shape of its usage."""
    if "usageMetadata" in body:
        return "gemini"
    if "meta" in body or "billed_units" in body["usage"]:
        return "cohere"
    marks = {
        "inputTokens": "bedrock",
        "prompt_tokens": "chat",
        "cache_creation_input_tokens": "anthropic",
    }
    return next((rule for mark, rule in marks.items() if mark in body["usage"]), "responses")
