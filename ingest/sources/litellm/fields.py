"""The fields of a LiteLLM record that are kept; everything else never reaches a disk.

A record is a `StandardLoggingPayload` (what callbacks write) or a row of `LiteLLM_SpendLogs`. A
field has several paths where the two differ; the first that holds something counts.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import orjson

USAGE = ("metadata", "usage_object")
FIELDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "request_id": (("id",), ("request_id",)),
    "trace_id": (("trace_id",),),
    "started": (("startTime",),),
    "completed": (("endTime",),),
    "first_token": (("completionStartTime",),),
    "call_type": (("call_type",),),
    "provider": (("custom_llm_provider",),),
    "model_group": (("model_group",),),
    "model": (("model",),),
    "model_id": (("model_id",),),
    "api_key_hash": (("metadata", "user_api_key_hash"), ("api_key",)),
    "api_key_alias": (("metadata", "user_api_key_alias"),),
    "team": (
        ("metadata", "user_api_key_team_alias"),
        ("metadata", "user_api_key_team_id"),
        ("team_id",),
    ),
    "session_id": (("session_id",),),
    "status": (("status",),),
    "service_tier": (("cost_breakdown", "service_tier"), (*USAGE, "service_tier")),
    "cache_hit": (("cache_hit",),),
    "stream": (("stream",),),
    "input_tokens": (("prompt_tokens",),),
    "cache_read_input_tokens": (
        (*USAGE, "prompt_tokens_details", "cached_tokens"),
        (*USAGE, "cache_read_input_tokens"),
    ),
    "cache_creation_input_tokens": (
        (*USAGE, "cache_creation_input_tokens"),
        (*USAGE, "prompt_tokens_details", "cache_creation_tokens"),
    ),
    "output_tokens": (("completion_tokens",),),
    "reasoning_output_tokens": ((*USAGE, "completion_tokens_details", "reasoning_tokens"),),
    "cost": (("response_cost",), ("spend",)),
}
END_USER = (("metadata", "user_api_key_end_user_id"), ("end_user",))
JSON_TEXTS = ("metadata", "messages", "request_tags")
"""What a row of SpendLogs holds as JSON text and a payload as JSON."""

PROBLEM = "problem"
EXTRA = ("request_tags", "end_user_hmac", "prompt_hmac", PROBLEM)
COLUMNS = (*FIELDS, *EXTRA)
"""The keys of a landed line, all of them text or null."""

HMAC_BYTES = 16
NOT_SCALAR = "(not a single value)"


def redact(record: Mapping[str, Any], key: bytes | None) -> dict[str, str | None]:
    """The kept fields of a record, as text.

    Args:
        record: the record as LiteLLM wrote it.
        key: what end users and prompts are hashed with; without one nothing is kept of them.
    """
    record = {**record, **{name: _parsed(record.get(name)) for name in JSON_TEXTS}}
    kept = {name: _text(_first(record, paths)) for name, paths in FIELDS.items()}
    kept["api_key_hash"] = _hashed(kept["api_key_hash"])
    if record.get("response_cost_failure_debug_info"):
        kept["cost"] = None  # no price was known, which LiteLLM writes as 0.0
    kept["request_tags"] = _tags(record["request_tags"])
    if key:
        kept["end_user_hmac"] = _hmac(key, b"end_user", _text(_first(record, END_USER)))
        kept["prompt_hmac"] = _hmac(key, b"prompt", _prompt(record["messages"]))
    return kept


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _first(record: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> Any:
    for path in paths:
        value: Any = record
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value not in (None, ""):
            return value
    return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else NOT_SCALAR


def _hashed(value: str | None) -> str | None:
    """A key that was logged in the clear becomes the hash that LiteLLM itself would have logged."""
    if value and value.startswith("sk-"):
        return hashlib.sha256(value.encode()).hexdigest()
    return value


def _tags(value: Any) -> str | None:
    if not isinstance(value, list):
        return None
    return orjson.dumps([tag for tag in value if isinstance(tag, str)]).decode()


def _prompt(messages: Any) -> str | None:
    if not messages:
        return None
    return json.dumps(messages, sort_keys=True)


def _hmac(key: bytes, purpose: bytes, value: str | None) -> str | None:
    if value is None:
        return None
    digest = hmac.digest(key, purpose + b"\0" + value.encode("utf-8", "surrogatepass"), "sha256")
    return digest[:HMAC_BYTES].hex()
