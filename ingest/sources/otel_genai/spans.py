"""OTLP JSON: the spans of a line, and which of their attributes are kept.

Attributes that are not listed here never reach a disk: prompts and answers are attributes too.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.sources.call_logs.formats import CallFormat, text_of
from ingest.sources.call_logs.redacting import Hashing, Line
from ingest.usage import Places, Rule, first_of

PROMPTS = (
    "gen_ai.input.messages",
    "gen_ai.system_instructions",
    "gen_ai.prompt",
    "llm.input_messages",
    "llm.prompts",
    "input.value",
)
"""Attributes that hold a prompt, whole or in numbered parts (`gen_ai.prompt.0.content`)."""

NUMBERED_PROMPTS = tuple(f"{name}." for name in PROMPTS)
END_USERS = ("enduser.id", "user.id", "enduser.pseudo.id", "gen_ai.openai.request.user", "llm.user")
SCALARS = ("stringValue", "intValue", "doubleValue", "boolValue")


def _one(*keys: str) -> Places:
    return tuple((key,) for key in keys)


FIELDS: Mapping[str, Places] = {
    "trace_id": _one("traceId"),
    "span_id": _one("spanId"),
    "parent_span_id": _one("parentSpanId"),
    "start": _one("startTimeUnixNano"),
    "end": _one("endTimeUnixNano"),
    "status_code": _one("status.code"),
    "error": _one("error.type"),
    "kind": _one("openinference.span.kind", "llm.request.type"),
    "ttft": _one(
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.server.time_to_first_token",
        "gen_ai.latency.time_to_first_token",
    ),
    "gen_ai_operation_name": _one("gen_ai.operation.name"),
    "gen_ai_provider_name": _one(
        "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"
    ),
    "gen_ai_request_model": _one(
        "gen_ai.request.model", "llm.request.model", "llm.model_name", "embedding.model_name"
    ),
    "gen_ai_response_model": _one("gen_ai.response.model", "llm.response.model"),
    "replica_id": _one("k8s.pod.name", "service.instance.id"),
    "api_key_hash": _one("metadata.user_api_key_hash"),
    "api_key_alias": _one("metadata.user_api_key_alias"),
    "gateway_team": _one("metadata.user_api_key_team_alias", "metadata.user_api_key_team_id"),
    "service_name": _one("service.name"),
    "session_id": _one("gen_ai.conversation.id", "session.id"),
    "is_streamed": _one("gen_ai.request.stream", "llm.is_streaming", "gen_ai.is_streaming"),
    "reported_cost": _one("gen_ai.usage.cost", "llm.cost.total"),
}
"""Where each column, and what this source needs beside them, stands."""


def span_format(attributes: Mapping[str, str], rule: Rule) -> CallFormat:
    """The format of a log whose owner says where else some columns stand.

    Args:
        attributes: an attribute by our name of the column; it comes before the usual ones.
        rule: how tokens are counted.
    """
    own = {column: ((name,), *FIELDS.get(column, ())) for column, name in attributes.items()}
    return CallFormat({**FIELDS, **own}, rule)


def keep_spans(
    record: Mapping[str, Any], hashing: Hashing | None, layout: CallFormat, end_user: str | None
) -> Iterator[Line]:
    """What is kept of the spans of a line (`ExportTraceServiceRequest`, or a single span).

    Args:
        record: the line.
        hashing: what end users and prompts are hashed with; without one nothing is kept of them.
        layout: the allow-list.
        end_user: the attribute that names the end user, if it is none of the usual ones.
    """
    users = (end_user, *END_USERS) if end_user else END_USERS
    for resource, span in _spans(record):
        attributes = _attributes(span)
        flat = {**resource, **attributes, **_envelope(span)}
        kept = layout.keep(flat)
        if hashing:
            user = text_of(first_of(flat, _one(*users)))
            kept["end_user_hmac"] = hashing.end_user(user)
            kept |= hashing.prompt(_prompt(attributes, span))
        yield kept


def _spans(record: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each span with the attributes of its resource."""
    if "resourceSpans" not in record:
        yield {}, record
        return
    for resource in _objects(record.get("resourceSpans")):
        of = resource.get("resource")
        attributes = _attributes(of) if isinstance(of, dict) else {}
        for scope in _objects(resource.get("scopeSpans")):
            for span in _objects(scope.get("spans")):
                yield attributes, span


def _envelope(span: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a span that are no attributes; nothing, where they say nothing."""
    status = span.get("status")
    code = status.get("code") if isinstance(status, dict) else None
    names = ("traceId", "spanId", "parentSpanId", "startTimeUnixNano", "endTimeUnixNano")
    fields = {name: span.get(name) for name in names}
    return {**fields, "status.code": code}


def _attributes(of: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for attribute in _objects(of.get("attributes")):
        value, name = attribute.get("value"), attribute.get("key")
        if isinstance(name, str) and isinstance(value, dict):
            scalars = (value[kind] for kind in SCALARS if kind in value)
            found[name] = next(scalars, value)
    return found


def _prompt(attributes: Mapping[str, Any], span: Mapping[str, Any]) -> str | None:
    """All that the span says of its prompt, in one order."""
    said = {
        name: value
        for name, value in attributes.items()
        if name in PROMPTS or name.startswith(NUMBERED_PROMPTS)
    }
    events = [
        _attributes(event)
        for event in _objects(span.get("events"))
        if str(event.get("name")).startswith(("gen_ai.user.", "gen_ai.system.", "gen_ai.content.p"))
    ]
    return json.dumps([said, events], sort_keys=True) if said or events else None


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))
