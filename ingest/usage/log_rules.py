"""How logs that are not a vendor's own answer count tokens, each in flat keys of a record.

`docs/token-accounting.md` is this in words.
"""

from collections.abc import Mapping

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


def _usage(*keys: str) -> Places:
    return tuple(("usage", key) for key in keys)


_BESIDE_READ = _usage(
    "input_cached_tokens", "input_cache_read", "input_cached", "cache_read_input_tokens"
)
_BESIDE_WRITTEN = _usage("input_cache_creation", "input_cache_write", "cache_creation_input_tokens")
_BESIDE_1H = _usage("input_cache_creation_1h")
_BESIDE_AUDIO = _usage("input_audio_tokens", "input_audio")
_BESIDE_REASONING = _usage("output_reasoning_tokens", "output_reasoning")
_BESIDE_SPOKEN = _usage("output_audio_tokens", "output_audio")
LANGFUSE = Rule(
    root=(),
    counts={
        "input_tokens": (
            _usage("input"),
            _BESIDE_READ,
            _BESIDE_WRITTEN,
            _BESIDE_1H,
            _BESIDE_AUDIO,
            _usage("other_input"),
        ),
        "cache_read_input_tokens": ((*_BESIDE_READ, *_usage("prompt_details.cache_read")),),
        "cache_creation_input_tokens": (
            (*_BESIDE_WRITTEN, *_usage("prompt_details.cache_write")),
            _BESIDE_1H,
        ),
        "cache_creation_1h_input_tokens": (_BESIDE_1H,),
        "input_audio_tokens": ((*_BESIDE_AUDIO, *_usage("prompt_details.audio")),),
        "output_tokens": (
            _usage("output"),
            _BESIDE_REASONING,
            _BESIDE_SPOKEN,
            _usage("other_output"),
        ),
        "reasoning_output_tokens": ((*_BESIDE_REASONING, *_usage("completion_details.reasoning")),),
        "output_audio_tokens": ((*_BESIDE_SPOKEN, *_usage("completion_details.audio")),),
    },
    tier=(("modelParameters", "service_tier"), ("model_parameters", "service_tier")),
)
"""Langfuse: a count whose name has `input` or `output` in it comes beside `input` and `output`, as
Langfuse prices it; what is a detail (`prompt_details.…`) is inside. `other_input` and
`other_output` are the sums of such counts that are not listed here."""

_HELICONE_READ, _HELICONE_WRITTEN = (
    _one("prompt_cache_read_tokens"),
    _one("prompt_cache_write_tokens"),
)
_HELICONE_PARTS: Mapping[str, tuple[Places, ...]] = {
    "cache_read_input_tokens": (_HELICONE_READ,),
    "cache_creation_input_tokens": (_HELICONE_WRITTEN,),
    "input_audio_tokens": (_one("prompt_audio_tokens"),),
    "output_tokens": (_one("completion_tokens"),),
    "reasoning_output_tokens": (_one("reasoning_tokens"),),
    "output_audio_tokens": (_one("completion_audio_tokens"),),
}
HELICONE = Rule(root=(), counts={"input_tokens": (_one("prompt_tokens"),), **_HELICONE_PARTS})
"""Helicone where `prompt_tokens` are all input tokens."""

HELICONE_BESIDE = Rule(
    root=(),
    counts={
        "input_tokens": (_one("prompt_tokens"), _HELICONE_READ, _HELICONE_WRITTEN),
        **_HELICONE_PARTS,
    },
)
"""Helicone where cached tokens come beside `prompt_tokens`."""

SGLANG = Rule(
    root=(),
    counts={
        "input_tokens": (_one("prompt_tokens"),),
        "cache_read_input_tokens": (_one("cached_tokens"),),
        "output_tokens": (_one("completion_tokens"),),
        "reasoning_output_tokens": (_one("reasoning_tokens"),),
    },
)
"""SGLang's request metrics: what its prefix cache held is inside `prompt_tokens`."""
