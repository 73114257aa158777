"""The source kind `otel_genai`: spans as the OpenTelemetry collector's exporters write them.

    <location>/year=2026/month=10/day=03/…/traces_1.json[.gz]   the AWS S3 exporter's folders
    <location>/traces.json                                      the file exporter, named in `files`

A line is one `ExportTraceServiceRequest`. What is landed are the allow-listed fields of its spans
(`spans.FIELDS`): prompts and answers never reach a disk.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import polars as pl
from pydantic import Field, field_validator

from ingest.registry import suggestion
from ingest.schemas import INFERENCE_REQUESTS
from ingest.source import Batch
from ingest.sources.call_logs.redacting import Hashing, Line, Redact
from ingest.sources.call_logs.source import FolderOptions
from ingest.sources.call_logs.traces import TraceLogSource
from ingest.sources.otel_genai.rows import read_spans, type_calls
from ingest.sources.otel_genai.spans import keep_spans, span_format
from ingest.stores import Store
from ingest.usage import OTEL, OTEL_BESIDE

TEXTS = tuple(
    name
    for name, kind in INFERENCE_REQUESTS.items()
    if kind == pl.String and not name.endswith("_hmac") and name not in ("request_id", "trace_id")
)


class OtelOptions(FolderOptions):
    """Where the spans are, and which attributes say what is not standard."""

    prefixes: tuple[str, ...] = Field(
        ("year=%Y/month=%m/day=%d/",), description="How the keys of a day begin."
    )
    evening_prefixes: tuple[str, ...] = Field(
        ("year=%Y/month=%m/day=%d/hour=23/",),
        description="How the keys of a day's last spans begin: the day after judges its own by "
        "them.",
    )
    attributes: dict[str, str] = Field(
        default_factory=dict,
        description='Our column = the attribute of a span or its resource, as in `gateway_team = "'
        'team.name"`; it comes before the usual ones.',
    )
    end_user: str | None = Field(
        None, description="The attribute that names the end user, where it is no usual one."
    )
    cached_tokens: Literal["inside", "beside"] = Field(
        "inside",
        description="Whether the input tokens count cached ones, as the conventions want it, or "
        "cached ones come beside them.",
    )

    @field_validator("attributes")
    @classmethod
    def _are_known(cls, attributes: dict[str, str]) -> dict[str, str]:
        for name in attributes:
            if name not in TEXTS:
                raise ValueError(f'there is no column "{name}"{suggestion(name, TEXTS)}')
        return attributes


class OtelGenAiSource(TraceLogSource[OtelOptions]):
    """The spans of one collector."""

    options_model = OtelOptions
    documents = ()

    def __init__(self, name: str, store: Store, options: OtelOptions) -> None:
        rule = OTEL if options.cached_tokens == "inside" else OTEL_BESIDE
        self.layout = span_format(options.attributes, rule)
        self._end_user = options.end_user
        super().__init__(name, store, options)

    def redaction(self) -> Redact:
        """The allow-listed attributes of every span."""

        def redact(record: Mapping[str, Any], hashing: Hashing | None) -> Iterator[Line]:
            return keep_spans(record, hashing, self.layout, self._end_user)

        return redact

    def evening_prefixes(self) -> tuple[str, ...]:
        """The configured prefixes."""
        return self._options.evening_prefixes

    def spans(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Landed spans as text."""
        return read_spans(lines, self.layout)

    def type_calls(self, calls: pl.DataFrame) -> Batch:
        """Type the calls among the spans."""
        return type_calls(calls)
