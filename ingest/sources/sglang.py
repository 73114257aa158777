"""The source kind `sglang`: the request metrics that SGLang writes for itself.

    <location>/<replica>/sglang-request-metrics-20261003_04.log

A server started with `--export-metrics-to-file` writes a JSON line for each request; its hour is
the server's own. The line holds the request too, prompt included, which never reaches a disk here.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import polars as pl
from pydantic import Field

from ingest.source import Batch
from ingest.sources.call_logs.formats import CallFormat, call_problems, typed
from ingest.sources.call_logs.redacting import Hashing, Line, Redact
from ingest.sources.call_logs.source import CallLogSource, FolderOptions
from ingest.sources.instants import logged_instants
from ingest.sources.requests import request_batch
from ingest.usage import SGLANG, Places

REQUEST = "request_parameters"
PROMPTS = ("text", "input_ids")
FOLDER = r"([^/]+)/[^/]*$"
SECONDS = r"^[0-9]{1,6}(?:\.[0-9]+)?(?:[eE]-[0-9]+)?$"
FIELDS: Mapping[str, Places] = {
    "request_id": (("id",),),
    "finished": (("response_sent_to_client_ts",),),
    "latency": (("e2e_latency",),),
    "ttft": (("ttft",),),
    "finish_reason": (("finish_reason", "type"),),
}


class SglangOptions(FolderOptions):
    """Where the files are, and what served the requests."""

    prefixes: tuple[str, ...] = Field(
        ("sglang-request-metrics-%Y%m%d_",),
        description="How the keys of a day begin; one for each replica's folder.",
    )
    deployment: str = Field(description="The deployment, as in the table `deployments`.")
    model: str | None = Field(None, description="The model that was served.")
    team: str | None = Field(None, description="Who calls, where it is one team alone.")


class SglangSource(CallLogSource[SglangOptions]):
    """The request metrics of one deployment."""

    options_model = SglangOptions
    documents = ()
    layout = CallFormat(FIELDS, SGLANG)

    def redaction(self) -> Redact:
        """The counts and times of a request."""

        def redact(record: Mapping[str, Any], hashing: Hashing | None) -> Iterator[Line]:
            kept = self.layout.keep(record)
            if hashing:
                kept |= hashing.prompt(_prompt(record.get(REQUEST)))
            yield kept

        return redact

    def typed(self, lines: pl.DataFrame) -> Batch:
        """Type landed lines; a request started its latency before its answer was sent."""
        calls = self.layout.read(lines)
        finished = logged_instants(calls["finished"])
        timed = calls.with_columns(completed_at=finished).with_columns(
            started_at=pl.col("completed_at") - _seconds("latency"),
            gen_ai_request_model=pl.lit(self._options.model, pl.String),
            deployment_id=pl.lit(self._options.deployment),
            gateway_team=pl.lit(self._options.team, pl.String),
            replica_id=pl.col("object_key").str.extract(FOLDER),
            status=pl.when(pl.col("finish_reason") == "abort")
            .then(pl.lit("failure"))
            .otherwise(pl.lit("success")),
        )
        first = pl.col("started_at") + _seconds("ttft")
        return request_batch(typed(timed.with_columns(first_token_at=first)), call_problems())


def _seconds(column: str) -> pl.Expr:
    text = pl.col(column)
    known = pl.when(text.str.contains(SECONDS)).then(text).cast(pl.Float64)
    return pl.duration(microseconds=(known * 1_000_000).round().cast(pl.Int64))


def _prompt(request: Any) -> str | None:
    """The prompt of a request, which is JSON text."""
    try:
        said = orjson.loads(request) if isinstance(request, str) else request
    except orjson.JSONDecodeError:
        return None
    found = [said[name] for name in PROMPTS if said.get(name)] if isinstance(said, dict) else []
    return json.dumps(found) if found else None
