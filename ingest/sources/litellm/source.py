"""The source kind `litellm`: a day's folder of logged model calls is a delivery.

    <location>/<prefix>/YYYY-MM-DD/[HH/]<name>.json         one payload (or an array of them)
    <location>/<prefix>/YYYY-MM-DD/[HH/]<name>.jsonl[.gz]   payloads, one a line

What is landed is not the log but the fields that are kept of it (`fields.FIELDS`): prompts, answers
and the names of end users never reach a disk.
"""

from collections.abc import Iterable

import polars as pl
from pydantic import Field

from ingest.source import Batch
from ingest.sources.call_logs.redacting import Redact
from ingest.sources.call_logs.source import CallLogOptions, CallLogSource, CallReader
from ingest.sources.litellm.fields import redact
from ingest.sources.litellm.rows import type_requests
from ingest.sources.requests import repeated_requests

REQUEST_ID = r'^\{"request_id":"((?:[^"\\]|\\.)*)"'


class LiteLlmOptions(CallLogOptions):
    """Where the gateway's log is."""

    prefix: str = Field("", description="The part of the keys before the day's folder.")

    def day_prefixes(self) -> tuple[str, ...]:
        """The folder of a day."""
        prefix = self.prefix.rstrip("/").replace("%", "%%")
        return (f"{prefix}/%Y-%m-%d/" if prefix else "%Y-%m-%d/",)


class LiteLlmReader(CallReader):
    """Reads landed records, wherever they came from."""

    def judge(self, chunks: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Records of one id that are all alike count once; if they contradict, none counts."""
        return repeated_requests(pl.concat([_hashes(lines) for lines in chunks]))

    def typed(self, lines: pl.DataFrame) -> Batch:
        """Type landed lines."""
        return type_requests(lines)


class LiteLlmSource(LiteLlmReader, CallLogSource[LiteLlmOptions]):
    """The log of one gateway."""

    options_model = LiteLlmOptions

    def redaction(self) -> Redact:
        """The fields of `fields.FIELDS`."""
        return redact


def _hashes(lines: pl.DataFrame) -> pl.DataFrame:
    line = pl.col("line")
    named = lines.filter(line.str.contains(REQUEST_ID))
    request = line.str.extract(REQUEST_ID).hash()
    return named.select("object_key", "object_row", request=request, content=line.hash())
