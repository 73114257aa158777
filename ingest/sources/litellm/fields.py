"""The fields of a LiteLLM record that are kept; everything else never reaches a disk.

A record is a `StandardLoggingPayload` (what callbacks write) or a row of `LiteLLM_SpendLogs`. A
field has several places where the two differ; the first that holds something counts.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from ingest.schemas import INFERENCE_REQUESTS
from ingest.sources.call_logs.redacting import HASHES, PROBLEM, Hashing
from ingest.usage import LITELLM, first_of

RECORD, METADATA, USAGE, COST = range(4)
"""The objects of a record that hold fields; see `_objects`."""

Place = tuple[int, str]
FIELDS: Mapping[str, tuple[Place, ...]] = MappingProxyType(
    {
        "request_id": ((RECORD, "id"), (RECORD, "request_id")),
        "trace_id": ((RECORD, "trace_id"),),
        "started": ((RECORD, "startTime"),),
        "completed": ((RECORD, "endTime"),),
        "first_token": ((RECORD, "completionStartTime"),),
        "call_type": ((RECORD, "call_type"),),
        "provider": ((RECORD, "custom_llm_provider"),),
        "model_group": ((RECORD, "model_group"),),
        "model": ((RECORD, "model"),),
        "model_id": ((RECORD, "model_id"),),
        "api_key_hash": ((METADATA, "user_api_key_hash"), (RECORD, "api_key")),
        "api_key_alias": ((METADATA, "user_api_key_alias"),),
        "team": (
            (METADATA, "user_api_key_team_alias"),
            (METADATA, "user_api_key_team_id"),
            (RECORD, "team_id"),
        ),
        "session_id": ((RECORD, "session_id"),),
        "status": ((RECORD, "status"),),
        "service_tier": ((COST, "service_tier"), (USAGE, "service_tier")),
        "cache_hit": ((RECORD, "cache_hit"),),
        "stream": ((RECORD, "stream"),),
        "input_tokens": ((RECORD, "prompt_tokens"),),
        "output_tokens": ((RECORD, "completion_tokens"),),
        "cost": ((RECORD, "response_cost"), (RECORD, "spend")),
    }
)
COUNTS = {name: places for name, (places,) in LITELLM.counts.items() if name in INFERENCE_REQUESTS}
"""The counts of the usage object that are kept; those of the record itself come first."""

END_USER = ((METADATA, "user_api_key_end_user_id"), (RECORD, "end_user"))
EXTRA = ("request_tags", *HASHES, "prompt_block_tokens", PROBLEM)
COLUMNS = (*FIELDS, *(name for name in COUNTS if name not in FIELDS), *EXTRA)
"""The keys of a landed line, all of them text or null."""

NOT_SCALAR = "(not a single value)"


def redact(record: Mapping[str, Any], hashing: Hashing | None) -> Iterator[dict[str, str | None]]:
    """The kept fields of a record, as text; a record is one call.

    Args:
        record: the record as LiteLLM wrote it.
        hashing: what end users and prompts are hashed with; without one nothing is kept of them.
    """
    objects = _objects(record)
    kept = {name: _text(_first(objects, places)) for name, places in FIELDS.items()}
    for name, paths in COUNTS.items():
        kept[name] = kept.get(name) or _text(first_of(objects[USAGE], paths))
    if kept["service_tier"] is None and "batch" in (kept["call_type"] or ""):
        kept["service_tier"] = "batch"
    kept["api_key_hash"] = _hashed(kept["api_key_hash"])
    if record.get("response_cost_failure_debug_info"):
        kept["cost"] = None  # no price was known, which LiteLLM writes as 0.0
    kept["request_tags"] = _tags(_parsed(record.get("request_tags")))
    if hashing:
        kept["end_user_hmac"] = hashing.end_user(_text(_first(objects, END_USER)))
        kept |= hashing.prompt(_prompt(_parsed(record.get("messages"))))
    yield kept


def _objects(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    metadata = _object(_parsed(record.get("metadata")))
    usage = _object(metadata.get("usage_object"))
    return record, metadata, usage, _object(record.get("cost_breakdown"))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _parsed(value: Any) -> Any:
    """A value that a row of SpendLogs holds as JSON text, and a payload as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _first(objects: tuple[Mapping[str, Any], ...], places: tuple[Place, ...]) -> Any:
    for number, name in places:
        value = objects[number].get(name)
        if value is not None and value != "":
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
