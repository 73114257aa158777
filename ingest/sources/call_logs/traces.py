"""Logs whose calls are spans of traces: each call once, however many layers logged it.

A span is written down when it ends, so the spans around a call come after it, on the next day even.
What came last on the day before is therefore part of a day's delivery, to judge its spans by.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

import polars as pl

from ingest.deliveries import DAY
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject, Window, version_of
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

    def evening_prefixes(self) -> tuple[str, ...]:
        """How the keys of what is written last on a day begin, with the day as in `strftime`."""
        return ()

    def discover(self, window: Window) -> Iterator[Delivery]:
        """The days of the window on which something was logged, or the configured files.

        Raises:
            ConfigError: a configured file is not there.
        """
        for delivery in super().discover(window):
            before = (one for prefix in self._evening(delivery) for one in self._listed(prefix))
            objects = (*before, *delivery.objects)
            yield replace(delivery, objects=objects, version=version_of(objects))

    def own_objects(self, landed: LandedDelivery) -> Sequence[LandedObject]:
        """The objects of the day itself."""
        evening = self._evening(landed.delivery)
        return [item for item in landed.objects if not item.key.startswith(evening)]

    def _evening(self, delivery: Delivery) -> tuple[str, ...]:
        """The prefixes of what was written last on the day before a delivery's."""
        if not DAY.fullmatch(delivery.period):
            return ()
        before = date.fromisoformat(delivery.period) - timedelta(days=1)
        return tuple(before.strftime(prefix) for prefix in self.evening_prefixes())

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
