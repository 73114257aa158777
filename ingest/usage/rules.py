"""How each vendor of model APIs counts tokens. `docs/token-accounting.md` is this in words."""

from collections.abc import Mapping
from types import MappingProxyType

from ingest.usage.canonical import Member, Path, Places, Rule
from ingest.usage.log_rules import HELICONE, HELICONE_BESIDE, LANGFUSE, OTEL, OTEL_BESIDE, SGLANG

PROMPT, COMPLETION = "prompt_tokens_details", "completion_tokens_details"
INPUT, OUTPUT = "input_tokens_details", "output_tokens_details"
PICTURES = ("IMAGE", "DOCUMENT")
ONE_HOUR = Member("ttl", ("1h",))


def _at(*path: str) -> Places:
    return (path,)


def _modality(lists: tuple[str, ...], *names: str) -> tuple[Places, ...]:
    """The tokens of a modality in each of several lists."""
    return tuple(((key, Member("modality", names), "tokenCount"),) for key in lists)


def _places(*paths: Path) -> tuple[Places]:
    """One number, which may stand in several places."""
    return (paths,)


CHAT = Rule(
    root=("usage",),
    counts={
        "input_tokens": _places(("prompt_tokens",)),
        "cache_read_input_tokens": _places(
            (PROMPT, "cached_tokens"),
            ("prompt_cache_hit_tokens",),
            ("num_cached_tokens",),
            ("cached_tokens",),
            ("cached_prompt_text_tokens",),
        ),
        "cache_creation_input_tokens": _places((PROMPT, "cache_write_tokens")),
        "input_audio_tokens": _places((PROMPT, "audio_tokens")),
        "input_image_tokens": _places((PROMPT, "image_tokens")),
        "output_tokens": _places(("completion_tokens",)),
        "reasoning_output_tokens": _places((COMPLETION, "reasoning_tokens")),
        "output_audio_tokens": _places((COMPLETION, "audio_tokens")),
        "output_image_tokens": _places((COMPLETION, "image_tokens")),
        "search_requests": _places(
            ("server_tool_use", "web_search_requests"), ("num_search_queries",)
        ),
    },
    tier=_at("service_tier"),
)
"""Chat completions of OpenAI and of all who answer as OpenAI does: cached tokens are inside
`prompt_tokens`, reasoning inside `completion_tokens`."""

RESPONSES = Rule(
    root=("usage",),
    counts={
        "input_tokens": _places(("input_tokens",)),
        "cache_read_input_tokens": _places((INPUT, "cached_tokens")),
        "cache_creation_input_tokens": _places((INPUT, "cache_write_tokens")),
        "input_audio_tokens": _places((INPUT, "audio_tokens")),
        "cache_read_audio_input_tokens": _places((INPUT, "cached_tokens_details", "audio_tokens")),
        "input_image_tokens": _places((INPUT, "image_tokens")),
        "output_tokens": _places(("output_tokens",)),
        "reasoning_output_tokens": _places((OUTPUT, "reasoning_tokens")),
        "output_audio_tokens": _places((OUTPUT, "audio_tokens")),
        "output_image_tokens": _places((OUTPUT, "image_tokens")),
    },
    tier=_at("service_tier"),
)
"""OpenAI's responses, images and realtime: as `CHAT`, under other names."""

ANTHROPIC = Rule(
    root=("usage",),
    counts={
        "input_tokens": (
            _at("input_tokens"),
            _at("cache_creation_input_tokens"),
            _at("cache_read_input_tokens"),
        ),
        "cache_read_input_tokens": _places(("cache_read_input_tokens",)),
        "cache_creation_input_tokens": _places(("cache_creation_input_tokens",)),
        "cache_creation_1h_input_tokens": _places(("cache_creation", "ephemeral_1h_input_tokens")),
        "output_tokens": _places(("output_tokens",)),
        "reasoning_output_tokens": _places((OUTPUT, "thinking_tokens")),
        "search_requests": _places(("server_tool_use", "web_search_requests")),
    },
    tier=_at("service_tier"),
)
"""Anthropic, wherever it is hosted: `input_tokens` leaves out what was read from and written to the
cache; thinking is inside `output_tokens`."""

GEMINI = Rule(
    root=("usageMetadata",),
    counts={
        "input_tokens": (_at("promptTokenCount"), _at("toolUsePromptTokenCount")),
        "cache_read_input_tokens": _places(("cachedContentTokenCount",)),
        "input_audio_tokens": _modality(
            ("promptTokensDetails", "toolUsePromptTokensDetails"), "AUDIO"
        ),
        "cache_read_audio_input_tokens": _modality(("cacheTokensDetails",), "AUDIO"),
        "input_image_tokens": _modality(
            ("promptTokensDetails", "toolUsePromptTokensDetails"), *PICTURES
        ),
        "output_tokens": (
            *_places(("candidatesTokenCount",), ("responseTokenCount",)),
            _at("thoughtsTokenCount"),
        ),
        "reasoning_output_tokens": _places(("thoughtsTokenCount",)),
        "output_audio_tokens": _modality(("candidatesTokensDetails",), "AUDIO"),
        "output_image_tokens": _modality(("candidatesTokensDetails",), "IMAGE"),
    },
    tier=(("serviceTier",), ("trafficType",)),
)
"""Gemini: cached tokens are inside `promptTokenCount`, what tools read beside it; thoughts are
beside `candidatesTokenCount`."""

_READ = (("cacheReadInputTokens",), ("cacheReadInputTokenCount",))
_WRITTEN = (("cacheWriteInputTokens",), ("cacheWriteInputTokenCount",))
BEDROCK = Rule(
    root=("usage",),
    counts={
        "input_tokens": (_at("inputTokens"), _READ, _WRITTEN),
        "cache_read_input_tokens": (_READ,),
        "cache_creation_input_tokens": (_WRITTEN,),
        "cache_creation_1h_input_tokens": _places(("cacheDetails", ONE_HOUR, "inputTokens")),
        "output_tokens": _places(("outputTokens",)),
    },
)
"""Bedrock's Converse: cached tokens are beside `inputTokens`."""

_BODY = ("output", "outputBodyJson")
_STREAMED = (*_BODY, Member("type", ("message_start",)), "message")
_LOGGED_READ: Places = (
    ("input", "cacheReadInputTokenCount"),
    (*_BODY, "usage", "cacheReadInputTokens"),
    (*_BODY, "usage", "cache_read_input_tokens"),
    (*_STREAMED, "usage", "cache_read_input_tokens"),
)
_LOGGED_WRITTEN: Places = (
    ("input", "cacheWriteInputTokenCount"),
    (*_BODY, "usage", "cacheWriteInputTokens"),
    (*_BODY, "usage", "cache_creation_input_tokens"),
    (*_STREAMED, "usage", "cache_creation_input_tokens"),
)
BEDROCK_LOG = Rule(
    root=(),
    counts={
        "input_tokens": (_at("input", "inputTokenCount"), _LOGGED_READ, _LOGGED_WRITTEN),
        "cache_read_input_tokens": (_LOGGED_READ,),
        "cache_creation_input_tokens": (_LOGGED_WRITTEN,),
        "cache_creation_1h_input_tokens": _places(
            (*_BODY, "usage", "cacheDetails", ONE_HOUR, "inputTokens"),
            (*_BODY, "usage", "cache_creation", "ephemeral_1h_input_tokens"),
            (*_STREAMED, "usage", "cache_creation", "ephemeral_1h_input_tokens"),
        ),
        "output_tokens": _places(("output", "outputTokenCount")),
    },
    tier=((*_BODY, "serviceTier", "type"), ("serviceTier", "type")),
)
"""A record of Bedrock's invocation log; what its cache did stands in the record, or only in the
model's answer: whole (Converse, Claude), or in the first event of a stream."""

COHERE = Rule(
    root=(),
    counts={
        "input_tokens": _places(
            ("usage", "billed_units", "input_tokens"), ("meta", "billed_units", "input_tokens")
        ),
        "input_image_tokens": _places(("meta", "billed_units", "image_tokens")),
        "output_tokens": _places(
            ("usage", "billed_units", "output_tokens"), ("meta", "billed_units", "output_tokens")
        ),
        "search_requests": _places(
            ("usage", "billed_units", "search_units"), ("meta", "billed_units", "search_units")
        ),
    },
)
"""Cohere bills `billed_units`, which leave out what its own templates add to a prompt."""

_DETAILS = "cache_creation_token_details"
LITELLM = Rule(
    root=(),
    counts={
        "input_tokens": _places(("prompt_tokens",)),
        "cache_read_input_tokens": _places((PROMPT, "cached_tokens"), ("cache_read_input_tokens",)),
        "cache_creation_input_tokens": _places(
            ("cache_creation_input_tokens",),
            (PROMPT, "cache_creation_tokens"),
            (PROMPT, "cache_write_tokens"),
        ),
        "cache_creation_1h_input_tokens": _places(
            (PROMPT, _DETAILS, "ephemeral_1h_input_tokens"),
            ("cache_creation", "ephemeral_1h_input_tokens"),
        ),
        "input_audio_tokens": _places((PROMPT, "audio_tokens")),
        "cache_read_audio_input_tokens": _places((PROMPT, "cached_tokens_details", "audio_tokens")),
        "input_image_tokens": _places((PROMPT, "image_tokens")),
        "output_tokens": _places(("completion_tokens",)),
        "reasoning_output_tokens": _places((COMPLETION, "reasoning_tokens")),
        "output_audio_tokens": _places((COMPLETION, "audio_tokens")),
        "output_image_tokens": _places((COMPLETION, "image_tokens")),
        "search_requests": _places(
            ("server_tool_use", "web_search_requests"), (PROMPT, "web_search_requests")
        ),
    },
    tier=_at("service_tier"),
)
"""The usage object that LiteLLM makes of every vendor's: cached tokens are inside `prompt_tokens`,
Anthropic's too."""

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "chat": CHAT,
        "responses": RESPONSES,
        "anthropic": ANTHROPIC,
        "gemini": GEMINI,
        "bedrock": BEDROCK,
        "bedrock_log": BEDROCK_LOG,
        "cohere": COHERE,
        "litellm": LITELLM,
        "otel": OTEL,
        "otel_beside": OTEL_BESIDE,
        "langfuse": LANGFUSE,
        "helicone": HELICONE,
        "helicone_beside": HELICONE_BESIDE,
        "sglang": SGLANG,
    }
)
"""The ways of counting by name."""
