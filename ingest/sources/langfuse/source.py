"""The source kind `langfuse`: observations that Langfuse exports.

    <location>/<project>/observations_v2/<time>.jsonl[.gz]   the blob-storage export, a row a line
    <location>/<trace>.json                                  a trace or a page of the API

What is landed are the allow-listed fields of observations (`observations.observation_format`):
prompts and answers never reach a disk.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from pydantic import Field, model_validator

from ingest.source import Batch
from ingest.sources.call_logs.formats import call_problems, typed
from ingest.sources.call_logs.redacting import Hashing, Line, Redact
from ingest.sources.call_logs.source import FolderOptions
from ingest.sources.call_logs.traces import TraceLogSource
from ingest.sources.instants import logged_instants
from ingest.sources.langfuse.observations import keep_observations, observation_format
from ingest.sources.requests import request_batch
from ingest.stores import Store

OPERATIONS = {"GENERATION": "chat", "EMBEDDING": "embeddings"}
RESOURCE = r"^projects/.*/models/"


class LangfuseOptions(FolderOptions):
    """Where the export is, and what it does not say."""

    team: str = Field(
        "team", description="The key of the metadata, or the start of a tag, that names the team."
    )
    provider: str | None = Field(
        None, description="The provider of calls whose instrumentation does not name it."
    )

    @model_validator(mode="after")
    def _names_something(self) -> "LangfuseOptions":
        if not self.files and not self.prefixes:
            raise ValueError(
                "`prefixes` says how the keys of a day begin, or `files` names what is read"
            )
        return self


class LangfuseSource(TraceLogSource[LangfuseOptions]):
    """The observations of one export."""

    options_model = LangfuseOptions

    def __init__(self, name: str, store: Store, options: LangfuseOptions) -> None:
        self.layout = observation_format(options.team)
        super().__init__(name, store, options)

    def redaction(self) -> Redact:
        """The allow-listed fields of every observation."""

        def redact(record: Mapping[str, Any], hashing: Hashing | None) -> Iterator[Line]:
            return keep_observations(record, hashing, self.layout, self._options.team)

        return redact

    def spans(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Landed observations as text."""
        told = self.layout.read(lines)
        trace = pl.col("trace_id") + "-"
        has_tokens = pl.col("input_tokens").is_not_null() | pl.col("output_tokens").is_not_null()
        is_model = pl.col("kind").str.to_uppercase().is_in(list(OPERATIONS))
        return told.with_columns(
            request_id=trace + pl.col("observation_id"),
            span=trace + pl.col("observation_id"),
            parent=trace + pl.col("parent_id"),
            has_tokens=has_tokens,
            is_call=~pl.col("is_readable") | has_tokens | is_model.fill_null(value=False),
        )

    def type_calls(self, calls: pl.DataFrame) -> Batch:
        """Type the calls among the observations."""
        kind = pl.col("kind").str.to_uppercase()
        timed = calls.with_columns(
            started_at=logged_instants(calls["start"]),
            completed_at=logged_instants(calls["end"]),
            first_token_at=logged_instants(calls["first_token"]),
            gen_ai_operation_name=kind.replace_strict(OPERATIONS, default=kind.str.to_lowercase()),
            gen_ai_provider_name=pl.coalesce(
                pl.col("gen_ai_provider_name").str.to_lowercase(), pl.lit(self._options.provider)
            ),
            gen_ai_request_model=pl.col("gen_ai_request_model").str.replace(RESOURCE, ""),
            status=pl.when(pl.col("level") == "ERROR")
            .then(pl.lit("failure"))
            .otherwise(pl.lit("success")),
        )
        return request_batch(typed(timed), call_problems())
