"""How logs that are not a vendor's own answer count tokens, each in flat keys of a record.

`docs/token-accounting.md` is this in words.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ingest.usage.canonical import Path, Places, Rule


def _one(*keys: str) -> Places:
    """One number, which may stand under several keys."""
    return tuple((key,) for key in keys)


_INPUT = _one(
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
)
_READ = _one(
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.details.cached_tokens",
    "llm.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
_WRITTEN = _one(
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "llm.usage.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
)
_OTEL_PARTS: Mapping[str, tuple[Places, ...]] = {
    "cache_read_input_tokens": (_READ,),
    "cache_creation_input_tokens": (_WRITTEN,),
    "input_audio_tokens": (
        _one(
            "gen_ai.usage.audio.input_tokens",
            "gen_ai.usage.details.input_audio_tokens",
            "llm.token_count.prompt_details.audio",
        ),
    ),
    "output_tokens": (
        _one(
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.usage.completion_tokens",
            "llm.token_count.completion",
        ),
    ),
    "reasoning_output_tokens": (
        _one(
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
            "llm.usage.reasoning_tokens",
            "llm.token_count.completion_details.reasoning",
        ),
    ),
    "output_audio_tokens": (
        _one(
            "gen_ai.usage.audio.output_tokens",
            "gen_ai.usage.details.output_audio_tokens",
            "llm.token_count.completion_details.audio",
        ),
    ),
}
_TIER: tuple[Path, ...] = _one(
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
)

OTEL = Rule(root=(), counts={"input_tokens": (_INPUT,), **_OTEL_PARTS}, tier=_TIER)
"""OpenTelemetry's GenAI attributes, current and older, OpenLLMetry's and OpenInference's: cached
tokens are inside the input, reasoning inside the output."""

OTEL_BESIDE = Rule(
    root=(), counts={"input_tokens": (_INPUT, _READ, _WRITTEN), **_OTEL_PARTS}, tier=_TIER
)
"""Instrumentation that passes on what Anthropic or Bedrock say, with cached tokens beside the
input."""

LOG_RULES: Mapping[str, Rule] = MappingProxyType({"otel": OTEL, "otel_beside": OTEL_BESIDE})
"""The ways of counting by name."""
