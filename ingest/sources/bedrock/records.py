"""What is kept of a record of Bedrock's invocation log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from ingest.sources.call_logs.formats import TAGS, CallFormat, text_of
from ingest.sources.call_logs.redacting import Hashing, Line, as_read
from ingest.usage import BEDROCK_LOG, Places

BODY = ("output", "outputBodyJson")
METADATA = "requestMetadata"


def invocation_format(team: str) -> CallFormat:
    """The allow-list of a record.

    Args:
        team: the key of `requestMetadata` that names the team.
    """
    fields: dict[str, Places] = {
        "request_id": (("requestId",),),
        "logged_at": (("timestamp",),),
        "gen_ai_operation_name": (("operation",),),
        "model_id": (("modelId",),),
        "body_model": ((*BODY, "model"),),
        "principal": (("identity", "principal"),),
        "api_key_alias": (("identity", "principal"),),
        "gateway_team": ((METADATA, team),),
        "error": (("errorCode",),),
        "latency": (("performanceConfig", "latency"),),
    }
    return CallFormat(fields, BEDROCK_LOG)


def keep_invocation(
    record: Mapping[str, Any],
    hashing: Hashing | None,
    layout: CallFormat,
    tags: Sequence[str],
    end_user: str | None,
) -> Iterator[Line]:
    """What is kept of a record.

    Args:
        record: the record as Bedrock wrote it.
        hashing: what end users and prompts are hashed with; without one nothing is kept of them.
        layout: the allow-list.
        tags: keys of `requestMetadata` that are kept.
        end_user: the key of `requestMetadata` that names the end user; else it is the session of
            the role.
    """
    principal, session = _identity(record.get("identity"))
    metadata = record.get(METADATA)
    said = metadata if isinstance(metadata, dict) else {}
    kept = layout.keep({**record, "identity": {"principal": principal}})
    told = [f"{name}:{text}" for name in tags if (text := text_of(said.get(name)))]
    if told:
        kept[TAGS] = orjson.dumps(told).decode()
    if hashing:
        user = text_of(said.get(end_user)) if end_user else session
        kept["end_user_hmac"] = hashing.end_user(user)
        body = _body(record.get("input"))
        prompt = json.dumps(body, sort_keys=True) if body else None
        kept |= hashing.prompt(prompt, as_read(body))
    yield kept


def _identity(identity: Any) -> tuple[str | None, str | None]:
    """The user or role that called, and the name of the role's session, often a person's."""
    arn = identity.get("arn") if isinstance(identity, dict) else None
    if not isinstance(arn, str):
        return None, None
    parts = arn.split("/")
    if ":assumed-role" in parts[0] and len(parts) > 2:  # noqa: PLR2004 - kind, role, session
        return "/".join(parts[:-1]), parts[-1]
    return arn, None


def _body(said: Any) -> Any:
    """The body of the request, or where a large one was put."""
    return said.get("inputBodyJson") if isinstance(said, dict) else None
