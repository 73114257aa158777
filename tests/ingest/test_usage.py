"""How each vendor counts tokens, by hand and on the vendors' own recorded answers."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest.usage import RULES, Usage, UsageError, canonical_usage, service_tier
from tests.conftest import SAMPLE_DATA
from tests.usage_objects import NAMES, rule_of

OBJECTS = SAMPLE_DATA / "inference" / "provider-usage-objects" / "usages.json.gz"


def count(rule: str, **usage: Any) -> Usage:
    root = {"gemini": "usageMetadata", "bedrock_log": None, "cohere": None, "litellm": None}
    at = root.get(rule, "usage")
    return canonical_usage(RULES[rule], {at: usage} if at else usage)


@pytest.mark.parametrize(
    ("rule", "usage", "expected"),
    [
        (
            "chat",
            {
                "prompt_tokens": 100,
                "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 10},
                "completion_tokens": 50,
                "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 5},
                "service_tier": "default",
            },
            Usage(
                input_tokens=100,
                cache_read_input_tokens=60,
                input_audio_tokens=10,
                output_tokens=50,
                reasoning_output_tokens=30,
                output_audio_tokens=5,
                service_tier="standard",
            ),
        ),
        (
            "anthropic",
            {
                "input_tokens": 6,
                "cache_read_input_tokens": 70,
                "cache_creation_input_tokens": 24,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 4,
                    "ephemeral_1h_input_tokens": 20,
                },
                "output_tokens": 9,
                "server_tool_use": {"web_search_requests": 2},
                "service_tier": "batch",
            },
            Usage(
                input_tokens=100,
                cache_read_input_tokens=70,
                cache_creation_input_tokens=24,
                cache_creation_1h_input_tokens=20,
                output_tokens=9,
                search_requests=2,
                service_tier="batch",
            ),
        ),
        (
            "gemini",
            {
                "promptTokenCount": 90,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 50},
                    {"modality": "AUDIO", "tokenCount": 40},
                ],
                "toolUsePromptTokenCount": 10,
                "cachedContentTokenCount": 60,
                "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 30}],
                "candidatesTokenCount": 20,
                "thoughtsTokenCount": 5,
                "trafficType": "ON_DEMAND_PRIORITY",
            },
            Usage(
                input_tokens=100,
                cache_read_input_tokens=60,
                input_audio_tokens=40,
                cache_read_audio_input_tokens=30,
                output_tokens=25,
                reasoning_output_tokens=5,
                service_tier="priority",
            ),
        ),
        (
            "bedrock",
            {
                "inputTokens": 6,
                "cacheReadInputTokens": 70,
                "cacheWriteInputTokens": 24,
                "cacheDetails": [
                    {"inputTokens": 20, "ttl": "1h"},
                    {"inputTokens": 4, "ttl": "5m"},
                ],
                "outputTokens": 9,
            },
            Usage(
                input_tokens=100,
                cache_read_input_tokens=70,
                cache_creation_input_tokens=24,
                cache_creation_1h_input_tokens=20,
                output_tokens=9,
            ),
        ),
        (
            "cohere",
            {"usage": {"billed_units": {"input_tokens": 4}, "tokens": {"input_tokens": 70}}},
            Usage(input_tokens=4),
        ),
    ],
)
def test_a_vendor_counts_in_its_own_way(rule: str, usage: dict[str, Any], expected: Usage) -> None:
    assert count(rule, **usage) == expected


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        ({"prompt_tokens": -1}, "prompt_tokens: -1 is not a number of tokens"),
        ({"prompt_tokens": 1.5}, "prompt_tokens: 1.5 is not a number of tokens"),
        ({"prompt_tokens": True}, "prompt_tokens: True is not a number of tokens"),
        (
            {"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 8}},
            "cache_read_input_tokens and cache_creation_input_tokens exceed input_tokens",
        ),
    ],
)
def test_a_count_that_cannot_be_is_refused(usage: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        count("chat", **usage)


def test_an_answer_without_usage_is_refused() -> None:
    with pytest.raises(UsageError, match="no usage object at usageMetadata"):
        canonical_usage(RULES["gemini"], {"usage": {}})


@pytest.mark.parametrize(
    ("text", "tier"),
    [(None, None), (" Flex ", "flex"), ("ON_DEMAND", "standard"), ("auto", None), ("x", "x")],
)
def test_a_tier_has_one_name(text: str | None, tier: str | None) -> None:
    assert service_tier(text) == tier


@pytest.mark.data
@pytest.mark.skipif(not OBJECTS.exists(), reason="the public sample data is not beside us")
def test_recorded_answers_are_counted_as_an_established_library_counts_them() -> None:
    """The one difference: what Mistral tells of its cache, the library does not read."""
    different = Counter[str]()
    objects = json.loads(gzip.decompress(Path(OBJECTS).read_bytes()))
    for item in objects:
        usage = canonical_usage(RULES[rule_of(item["body"])], item["body"])
        ours = {name: getattr(usage, name) for name in NAMES.values() if getattr(usage, name)}
        readings = [
            {NAMES[k]: v for k, v in reading["usage"].items() if k in NAMES and v}
            for reading in item["extracted"]
        ]
        if ours not in readings:
            assert "num_cached_tokens" in item["body"]["usage"]
            ours.pop("cache_read_input_tokens")
            different["num_cached_tokens"] += 1
        assert ours in readings
    assert len(objects) == 1249
    assert different == {"num_cached_tokens": 29}
