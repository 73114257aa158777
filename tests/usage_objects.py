"""Recorded answers of model APIs: which way of counting each follows."""

from collections.abc import Mapping
from typing import Any


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
