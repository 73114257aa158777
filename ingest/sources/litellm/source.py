"""The source kind `litellm`: a day's folder of logged model calls is a delivery.

    <location>/<prefix>/YYYY-MM-DD/[HH/]<name>.json         one payload (or an array of them)
    <location>/<prefix>/YYYY-MM-DD/[HH/]<name>.jsonl[.gz]   payloads, one a line

What is landed is not the log but the fields that are kept of it (`fields.FIELDS`): prompts, answers
and the names of end users never reach a disk.
"""

import gzip
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import polars as pl
from pydantic import Field

from apportion.settings import resolve_secret
from ingest.source import Batch, Delivery, LandedDelivery, Window, version_of
from ingest.sources.litellm.redacting import RedactingStore
from ingest.sources.litellm.rows import type_requests
from ingest.sources.requests import repeated_requests
from ingest.stores import Store, StoreOptions, open_store

BATCH_ROWS = 50_000
REQUEST_ID = r'^\{"request_id":"((?:[^"\\]|\\.)*)"'


class LiteLlmOptions(StoreOptions):
    """Where the gateway's log is."""

    prefix: str = Field("", description="The part of the keys before the day's folder.")
    hmac_key: str | None = Field(
        None,
        pattern=r"^(env|file):",
        description="The secret (`env:NAME`, `file:/path`) with which end users and prompts are "
        "hashed when they are collected; without it nothing is kept of them.",
    )


class LiteLlmSource:
    """The log of one gateway."""

    def __init__(self, name: str, store: Store, options: LiteLlmOptions) -> None:
        self.name = name
        self.store: Store = RedactingStore(store, self._key)
        self._prefix = f"{options.prefix.rstrip('/')}/" if options.prefix else ""
        self._hmac_key = options.hmac_key

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        checked = LiteLlmOptions.model_validate(dict(options))
        return cls(name, open_store(checked.location, directory, checked), checked)

    def discover(self, window: Window) -> Iterator[Delivery]:
        """The days of the window on which something was logged."""
        for number in range((window.last - window.first).days + 1):
            day = window.first + timedelta(days=number)
            objects = tuple(self.store.list(f"{self._prefix}{day}/"))
            if objects:
                yield Delivery(self.name, f"{day}", version_of(objects), "", objects)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The calls of a day, each once.

        Records of one id that are all alike count once; if they contradict each other, none counts.
        """
        repeated = repeated_requests(pl.concat([_hashes(lines) for lines in _chunks(landed)]))
        for lines in _chunks(landed):
            yield type_requests(lines.join(repeated, on=["object_key", "object_row"], how="left"))

    def _key(self) -> bytes | None:
        return resolve_secret(self._hmac_key).encode() if self._hmac_key else None


def _chunks(landed: LandedDelivery) -> Iterator[pl.DataFrame]:
    """Landed lines with their objects, many objects at a time."""
    pending: list[pl.DataFrame] = []
    for item in landed.objects:
        with gzip.open(item.path) as file:
            lines = pl.DataFrame({"line": file.read().decode().split("\n")}, {"line": pl.String})
        numbered = lines.with_row_index("object_row", 1).filter(pl.col("line") != "")
        pending.append(
            numbered.select(
                pl.lit(item.key).alias("object_key"), pl.col("object_row").cast(pl.Int64), "line"
            )
        )
        if sum(frame.height for frame in pending) >= BATCH_ROWS:
            yield pl.concat(pending)
            pending = []
    if pending:
        yield pl.concat(pending)


def _hashes(lines: pl.DataFrame) -> pl.DataFrame:
    line = pl.col("line")
    named = lines.filter(line.str.contains(REQUEST_ID))
    request = line.str.extract(REQUEST_ID).hash()
    return named.select("object_key", "object_row", request=request, content=line.hash())
