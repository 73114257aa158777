"""What is kept of Langfuse's observations, in whichever form they are exported.

A trace as downloaded (`{trace, observations}`), pages of the API (`{data: […]}`), and rows of the
blob-storage export (one observation a line, names in snake case).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ingest.sources.call_logs.formats import TAGS, CallFormat, text_of
from ingest.sources.call_logs.redacting import Hashing, Line
from ingest.usage import LANGFUSE, Places, first_of

DIRECTIONS = ("input", "output")
ATTRIBUTES = ("metadata", "attributes")


def _both(camel: str, snake: str) -> Places:
    return ((camel,), (snake,))


def observation_format(team: str) -> CallFormat:
    """The allow-list of an observation.

    Args:
        team: the key of the metadata that names the team.
    """
    fields: dict[str, Places] = {
        "observation_id": (("id",),),
        "trace_id": _both("traceId", "trace_id"),
        "parent_id": _both("parentObservationId", "parent_observation_id"),
        "kind": (("type",),),
        "level": (("level",),),
        "start": _both("startTime", "start_time"),
        "end": _both("endTime", "end_time"),
        "first_token": _both("completionStartTime", "completion_start_time"),
        "gen_ai_provider_name": (
            (*ATTRIBUTES, "gen_ai.provider.name"),
            (*ATTRIBUTES, "gen_ai.system"),
            (*ATTRIBUTES, "llm.provider"),
            (*ATTRIBUTES, "llm.system"),
            ("metadata", "ls_provider"),
        ),
        "gen_ai_request_model": (("model",), *_both("providedModelName", "provided_model_name")),
        "api_key_alias": _both("projectId", "project_id"),
        "gateway_team": (("metadata", team), ("trace", "metadata", team), ("team_tag",)),
        "session_id": (
            *_both("sessionId", "session_id"),
            ("trace", "sessionId"),
            ("trace", "session_id"),
        ),
        "reported_cost": (*_both("totalCost", "total_cost"), ("calculatedTotalCost",)),
    }
    return CallFormat(fields, LANGFUSE)


KNOWN = {path[-1] for terms in LANGFUSE.counts.values() for places in terms for path in places}


def keep_observations(
    record: Mapping[str, Any], hashing: Hashing | None, layout: CallFormat, team: str
) -> Iterator[Line]:
    """What is kept of the observations of a record.

    Args:
        record: a trace with observations, a page of observations, or one observation.
        hashing: what end users and prompts are hashed with; without one nothing is kept of them.
        layout: the allow-list.
        team: what a tag that names the team starts with, before a colon.
    """
    for trace, observation in _observations(record):
        tags = _tags(observation, trace)
        teams = (tag.partition(":")[2] for tag in tags if tag.startswith(f"{team}:"))
        flat = {
            **observation,
            "trace": {**trace, "metadata": _metadata(trace)},
            "metadata": _metadata(observation),
            "usage": _usage(observation),
            "team_tag": next(teams, None),
        }
        kept = layout.keep(flat)
        kept[TAGS] = orjson.dumps(tags).decode() if tags else None
        if hashing:
            users = (*_both("userId", "user_id"), ("trace", "userId"), ("trace", "user_id"))
            kept["end_user_hmac"] = hashing.end_user(text_of(first_of(flat, users)))
            kept |= hashing.prompt(_prompt(observation.get("input")))
        yield kept


def _observations(
    record: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each observation with its trace, of which nothing may be known."""
    trace = record.get("trace")
    whole = trace if isinstance(trace, dict) else record
    listed = record.get("observations", whole.get("observations", record.get("data")))
    if isinstance(listed, list):
        yield from ((whole, one) for one in listed if isinstance(one, dict))
    else:
        yield {}, record


def _usage(observation: Mapping[str, Any]) -> dict[str, Any]:
    """The counts; those that are not known by name are added up by direction."""
    usage = _object(first_of(observation, _both("usageDetails", "usage_details")))
    counts = {name: _whole(value) for name, value in usage.items()}
    for direction in DIRECTIONS:
        others = [
            value
            for name, value in counts.items()
            if direction in name and name not in KNOWN and isinstance(value, int)
        ]
        counts |= {f"other_{direction}": sum(others)} if others else {}
    return counts


def _whole(value: Any) -> Any:
    """Counts of the blob-storage export are text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _metadata(of: Mapping[str, Any]) -> dict[str, Any]:
    metadata = _object(of.get("metadata"))
    return {**metadata, "attributes": _object(metadata.get("attributes"))}


def _tags(observation: Mapping[str, Any], trace: Mapping[str, Any]) -> list[str]:
    tags = observation.get("tags") or trace.get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    """An object, which may stand there as JSON text."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def _prompt(said: Any) -> str | None:
    return said if isinstance(said, str) else json.dumps(said, sort_keys=True) if said else None
