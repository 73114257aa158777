"""Landed lines of the gateway's log, typed into `inference_requests`."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.decimals import parse_decimals
from ingest.source import Batch
from ingest.sources.call_logs.redacting import PROBLEM
from ingest.sources.instants import logged_instants
from ingest.sources.litellm.fields import COLUMNS
from ingest.sources.requests import (
    TOKENS,
    Problem,
    problems,
    record_problems,
    request_batch,
    token_problems,
)

OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "completion": "chat",
        "responses": "chat",
        "anthropic_messages": "chat",
        "text_completion": "text_completion",
        "embedding": "embeddings",
        "generate_content": "generate_content",
        "generate_content_stream": "generate_content",
    }
)
"""LiteLLM's call types, each also with an `a` in front, by the operation names of OpenTelemetry;
another call type keeps its name."""

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai_provider_name": "provider",
        "gen_ai_request_model": "model_group",
        "gen_ai_response_model": "model",
        "deployment_id": "model_id",
        "gateway_team": "team",
    }
)
KEPT = (
    "request_id", "trace_id", "api_key_hash", "api_key_alias", "end_user_hmac", "session_id",
    "status", "service_tier", "prompt_hmac", "prompt_block_hashes", "request_tags",
)  # fmt: skip
LONGEST_RECORD = 2_000
RAW = "raw_"
LINE = pl.Struct(dict.fromkeys(COLUMNS, pl.String))


def type_requests(lines: pl.DataFrame) -> Batch:
    """Type landed lines.

    Args:
        lines: `object_key`, `object_row`, `line`, and `verdict`: the code of a repeated request, or
            null.
    """
    raw = lines["line"].str.json_decode(LINE).struct.unnest()
    raw.columns = [RAW + name for name in raw.columns]
    frame = pl.concat([lines, raw], how="horizontal")
    typed = frame.with_columns(
        *(pl.col(RAW + name).alias(name) for name in (*KEPT, *TOKENS)),
        *(pl.col(RAW + name).alias(column) for column, name in SOURCES.items()),
        replica_id=pl.lit(None, pl.String),
        started_at=logged_instants(raw["raw_started"]),
        completed_at=logged_instants(raw["raw_completed"]),
        first_token_at=logged_instants(raw["raw_first_token"]),
        gen_ai_operation_name=_operation(),
        is_gateway_cache_hit=_is_true("raw_cache_hit"),
        is_streamed=_is_true("raw_stream"),
        is_readable=pl.col(RAW + PROBLEM).is_null(),
        reported_cost=parse_decimals(raw["raw_cost"]),
        record=pl.col("line").str.head(LONGEST_RECORD),
    )
    return request_batch(_without_missing_first_tokens(typed), _problems())


def _without_missing_first_tokens(typed: pl.DataFrame) -> pl.DataFrame:
    """Where LiteLLM saw no first token, it writes the end of the call."""
    first, end = pl.col("first_token_at"), pl.col("completed_at")
    return typed.with_columns(first_token_at=pl.when(first != end).then(first))


def _operation() -> pl.Expr:
    call_type = pl.col("raw_call_type")
    known = {f"{a}{name}": operation for name, operation in OPERATIONS.items() for a in ("", "a")}
    return call_type.replace_strict(known, default=call_type, return_dtype=pl.String)


def _is_true(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().fill_null("") == "true"


def _problems() -> list[Problem]:
    cost = pl.col("reported_cost").is_null() & pl.col("raw_cost").is_not_null()
    return [
        *record_problems(),
        *token_problems(),
        Problem("BAD_NUMBER", "reported_cost", cost, "the reported cost is no number"),
        *problems(),
    ]
