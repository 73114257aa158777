"""Landed records of Bedrock's invocation log, typed into `inference_requests`."""

from collections.abc import Mapping

import polars as pl

from ingest.schemas import TIMESTAMP
from ingest.source import Batch
from ingest.sources.call_logs.formats import call_problems, typed
from ingest.sources.instants import logged_instants
from ingest.sources.requests import request_batch

OPERATIONS = {"Converse": "chat", "ConverseStream": "chat"}
ARN = r"^arn:[^:]*:bedrock:[^/]*:"
GEOGRAPHY = r"^(?:us-gov|us|eu|apac|au|ca|jp|sa|me|af|il|global)\."
OPAQUE = (":application-inference-profile/", ":provisioned-model/", ":imported-model/")


def type_invocations(calls: pl.DataFrame, models: Mapping[str, str]) -> Batch:
    """Type what `CallFormat.read` gives, with `verdict`.

    Args:
        calls: landed records as text.
        models: the model behind an id that does not name it (an application inference profile).
    """
    operation = pl.col("gen_ai_operation_name")
    is_opaque = pl.col("model_id").str.contains_any(list(OPAQUE))
    model = _model(models)
    streamed = operation.str.ends_with("Stream")
    known = calls.with_columns(
        started_at=logged_instants(calls["logged_at"]),
        completed_at=pl.lit(None, TIMESTAMP),
        first_token_at=pl.lit(None, TIMESTAMP),
        gen_ai_provider_name=pl.lit("aws.bedrock"),
        gen_ai_operation_name=operation.replace(OPERATIONS),
        gen_ai_request_model=model,
        gen_ai_response_model=pl.when(is_opaque).then(pl.coalesce(_known(models), "body_model")),
        deployment_id=pl.when(is_opaque).then("model_id"),
        is_streamed=streamed.cast(pl.String),
        service_tier=_tier(),
        status=pl.when(pl.col("error").is_null())
        .then(pl.lit("success"))
        .otherwise(pl.lit("failure")),
    )
    return request_batch(typed(known), call_problems())


def _model(models: Mapping[str, str]) -> pl.Expr:
    """The model's id without the ARN around it and the geography of an inference profile."""
    last = pl.col("model_id").str.replace(ARN, "").str.replace(r"^[^:]*/", "")
    return pl.coalesce(_known(models), last.str.replace(GEOGRAPHY, ""))


def _known(models: Mapping[str, str]) -> pl.Expr:
    ids = pl.col("model_id")
    names = pl.coalesce(
        ids.replace_strict(dict(models), default=None, return_dtype=pl.String),
        ids.str.extract(r"/([^/]+)$").replace_strict(
            dict(models), default=None, return_dtype=pl.String
        ),
    )
    return names if models else pl.lit(None, pl.String)


def _tier() -> pl.Expr:
    is_provisioned = pl.col("model_id").str.contains(":provisioned-model/", literal=True)
    is_fast = pl.col("latency") == "optimized"
    return (
        pl.when(is_provisioned)
        .then(pl.lit("provisioned"))
        .otherwise(pl.coalesce("service_tier", pl.when(is_fast).then(pl.lit("latency_optimized"))))
    )
