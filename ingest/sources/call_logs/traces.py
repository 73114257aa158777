"""Logs whose calls are spans of traces: each call once, however many layers logged it."""

from collections.abc import Iterable
from typing import TypeVar

import polars as pl

from ingest.source import Batch
from ingest.sources.call_logs.source import CallLogOptions, CallLogSource
from ingest.sources.call_logs.tree import PLACE, innermost
from ingest.sources.requests import repeated_requests

INHERITED = (
    "api_key_hash",
    "api_key_alias",
    "gateway_team",
    "session_id",
    "end_user_hmac",
    "deployment_id",
)
"""What a call takes from the spans around it, where it does not say it itself."""

JUDGED = (*PLACE, "request_id", "span", "parent", "is_call", "has_tokens", *INHERITED)

Options = TypeVar("Options", bound=CallLogOptions)


class TraceLogSource(CallLogSource[Options]):
    """A log of spans; a kind of source says which of them are calls."""

    def spans(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Landed spans as text.

        Returns:
            What the layout reads, with `request_id`, `span` and `parent` (names that no two traces
            share), `is_call` (also where a line cannot be read) and `has_tokens`.
        """
        raise NotImplementedError

    def type_calls(self, calls: pl.DataFrame) -> Batch:
        """Type the calls among the spans, with `verdict`."""
        raise NotImplementedError

    def judge(self, chunks: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Which spans are calls, which of them stand for others, and who called."""
        parts = [(self.spans(lines), lines["line"].hash()) for lines in chunks]
        spans = pl.concat(frame.select(*JUDGED, content=content) for frame, content in parts)
        calls = spans.filter("is_call", pl.col("request_id").is_not_null())
        request = pl.col("request_id").hash()
        verdicts = repeated_requests(calls.select(*PLACE, "content", request=request))
        return innermost(spans, INHERITED).join(verdicts, on=list(PLACE), how="left")

    def typed(self, lines: pl.DataFrame) -> Batch:
        """Type the innermost calls; what is no call of its own is left out."""
        told = lines.rename({name: f"{name}_told" for name in INHERITED})
        calls = self.spans(told).filter(~pl.col("is_nested"))
        return self.type_calls(
            calls.with_columns(pl.coalesce(name, f"{name}_told").alias(name) for name in INHERITED)
        )
