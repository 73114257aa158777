"""Landed spans of a collector's files, typed into `inference_requests`."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.source import Batch
from ingest.sources.call_logs.formats import CallFormat, call_problems, typed
from ingest.sources.instants import numbers_as_instants
from ingest.sources.requests import request_batch

OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "chat": "chat",
        "llm": "chat",
        "text_completion": "text_completion",
        "completion": "text_completion",
        "generate_content": "generate_content",
        "embeddings": "embeddings",
        "embedding": "embeddings",
        "rerank": "rerank",
        "reranker": "rerank",
    }
)
"""Operations that are model calls, as the conventions spell them, by OpenTelemetry's name."""

FAILED = ("2", "STATUS_CODE_ERROR")
SECONDS = r"^[0-9]{1,6}(?:\.[0-9]+)?(?:[eE]-[0-9]+)?$"


def read_spans(lines: pl.DataFrame, layout: CallFormat) -> pl.DataFrame:
    """Landed spans as text, with `request_id`, `span`, `parent`, `is_call` and `has_tokens`."""
    spans = layout.read(lines)
    kind, operation = pl.col("kind"), pl.col("gen_ai_operation_name")
    has_tokens = pl.col("input_tokens").is_not_null() | pl.col("output_tokens").is_not_null()
    trace = pl.col("trace_id") + "-"
    said = pl.coalesce(operation, kind.str.to_lowercase())
    return spans.with_columns(
        has_tokens=has_tokens,
        request_id=trace + pl.col("span_id"),
        parent=trace + pl.col("parent_span_id"),
        gen_ai_operation_name=pl.coalesce(
            said.replace_strict(dict(OPERATIONS), default=None, return_dtype=pl.String), said
        ),
    ).with_columns(
        span=pl.col("request_id"),
        is_call=~pl.col("is_readable")
        | has_tokens
        | pl.col("gen_ai_operation_name").is_in(list(set(OPERATIONS.values()))).fill_null(False),  # noqa: FBT003
    )


def type_calls(calls: pl.DataFrame) -> Batch:
    """Type what `read_spans` gives of calls, with `verdict`."""
    timed = calls.with_columns(
        started_at=_nanoseconds(calls["start"]),
        completed_at=_nanoseconds(calls["end"]),
        api_key_alias=pl.coalesce("api_key_alias", "service_name"),
        gen_ai_provider_name=pl.col("gen_ai_provider_name").str.to_lowercase(),
        status=pl.when(pl.col("status_code").is_in(FAILED) | pl.col("error").is_not_null())
        .then(pl.lit("failure"))
        .otherwise(pl.lit("success")),
    )
    return request_batch(typed(timed.with_columns(first_token_at=_first_token())), call_problems())


def _nanoseconds(texts: pl.Series) -> pl.Series:
    """Instants; a zero is none."""
    return numbers_as_instants(texts.replace("0", None), "ns")


def _first_token() -> pl.Expr:
    text = pl.col("ttft")
    seconds = pl.when(text.str.contains(SECONDS)).then(text).cast(pl.Float64)
    return pl.col("started_at") + pl.duration(
        microseconds=(seconds * 1_000_000).round().cast(pl.Int64)
    )
