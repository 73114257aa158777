"""The source kind `helicone`: requests that Helicone exports, as JSON lines or a JSON array.

What is landed are the allow-listed fields of a request; bodies, and the names of end users, never
reach a disk.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import orjson
import polars as pl
from pydantic import Field, model_validator

from ingest.source import Batch
from ingest.sources.call_logs.formats import TAGS, CallFormat, call_problems, text_of, typed
from ingest.sources.call_logs.redacting import Hashing, Line, Redact, as_read
from ingest.sources.call_logs.source import CallLogSource, FolderOptions
from ingest.sources.instants import logged_instants
from ingest.sources.requests import request_batch
from ingest.stores import Store
from ingest.usage import HELICONE, HELICONE_BESIDE, Places, first_of

USERS: Places = (("request_user_id",), ("user_id",))
PROPERTIES: Places = (("request_properties",), ("properties",))
MILLISECONDS = r"^[0-9]{1,9}(?:\.[0-9]+)?$"
SUCCESSES = r"^2[0-9][0-9]$"


class HeliconeOptions(FolderOptions):
    """Where the export is, and what its properties mean."""

    cached_tokens: Literal["inside", "beside"] = Field(
        description="Whether `prompt_tokens` count the tokens of the prompt cache, or leave them "
        "out; it depends on the provider and on Helicone's version.",
    )
    team: str = Field("team", description="The custom property that names the team.")
    tags: tuple[str, ...] = Field((), description="Custom properties that are kept.")

    @model_validator(mode="after")
    def _names_something(self) -> "HeliconeOptions":
        if not self.files and not self.prefixes:
            raise ValueError(
                "`prefixes` says how the keys of a day begin, or `files` names what is read"
            )
        return self


class HeliconeSource(CallLogSource[HeliconeOptions]):
    """The requests of one export."""

    options_model = HeliconeOptions

    def __init__(self, name: str, store: Store, options: HeliconeOptions) -> None:
        rule = HELICONE if options.cached_tokens == "inside" else HELICONE_BESIDE
        self.layout = CallFormat(_fields(options.team), rule)
        super().__init__(name, store, options)

    def redaction(self) -> Redact:
        """The allow-listed fields of a request."""

        def redact(record: Mapping[str, Any], hashing: Hashing | None) -> Iterator[Line]:
            listed = record.get("data")
            for request in listed if isinstance(listed, list) else [record]:
                yield self._kept(request, hashing)

        return redact

    def typed(self, lines: pl.DataFrame) -> Batch:
        """Type landed requests."""
        calls = self.layout.read(lines)
        started = logged_instants(calls["start"])
        status = pl.col("http_status")
        timed = calls.with_columns(
            started_at=started,
            completed_at=pl.coalesce(
                logged_instants(calls["end"]), started + _milliseconds("delay")
            ),
            first_token_at=started + _milliseconds("ttft"),
            gen_ai_provider_name=pl.col("gen_ai_provider_name").str.to_lowercase(),
            is_gateway_cache_hit=pl.col("cache_reference")
            .str.contains(r"[1-9a-f]")
            .cast(pl.String),
            status=pl.when(status.is_null())
            .then(None)
            .when(status.str.contains(SUCCESSES))
            .then(pl.lit("success"))
            .otherwise(pl.lit("failure")),
        )
        return request_batch(typed(timed), call_problems())

    def _kept(self, request: Any, hashing: Hashing | None) -> Line:
        said = request if isinstance(request, dict) else {}
        properties = first_of(said, PROPERTIES)
        own = properties if isinstance(properties, dict) else {}
        kept = self.layout.keep({**said, "own": own})
        tags = [f"{name}:{text}" for name in self._options.tags if (text := text_of(own.get(name)))]
        kept[TAGS] = orjson.dumps(tags).decode() if tags else None
        if hashing:
            kept["end_user_hmac"] = hashing.end_user(text_of(first_of(said, USERS)))
            body = said.get("request_body")
            prompt = json.dumps(body, sort_keys=True) if body else None
            kept |= hashing.prompt(prompt, as_read(body))
        return kept


def _fields(team: str) -> dict[str, Places]:
    return {
        "request_id": (("request_id",), ("response_id",)),
        "start": (("request_created_at",), ("created_at",)),
        "end": (("response_created_at",),),
        "delay": (("delay_ms",), ("latency",)),
        "ttft": (("time_to_first_token",),),
        "http_status": (("response_status",), ("status",)),
        "cache_reference": (("cache_reference_id",),),
        "gen_ai_provider_name": (("provider",),),
        "gen_ai_request_model": (("request_model",), ("model",)),
        "gen_ai_response_model": (("response_model",), ("model",)),
        "gateway_team": (("own", team),),
        "session_id": (("own", "Helicone-Session-Id"),),
        "reported_cost": (("costUSD",), ("cost",)),
    }


def _milliseconds(column: str) -> pl.Expr:
    text = pl.col(column)
    known = pl.when(text.str.contains(MILLISECONDS)).then(text).cast(pl.Float64)
    return pl.duration(microseconds=(known * 1_000).round().cast(pl.Int64))
