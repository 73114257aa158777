"""The source kind `request_log`: any log of model calls, read by a mapping of its columns.

    [[sources]]
    name = "chat"
    kind = "request_log"
    location = "s3://logs/chat"
    files = ["2023-11-16.csv.gz"]                 # or a manifest.json that names deliveries
    columns = { started_at = "TIMESTAMP", input_tokens = "ContextTokens" }
    constants = { gen_ai_provider_name = "azure.ai.openai" }

Columns and constants are named as in `ingest.schemas.INFERENCE_REQUESTS`. `input_tokens` must count
all input tokens, cached ones included. Files are landed as they are: leave prompts, answers and the
names of end users out of the export.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Self

import polars as pl
from pydantic import Field, field_validator, model_validator

from ingest.registry import suggestion
from ingest.schemas import INFERENCE_REQUESTS
from ingest.source import Batch, LandedDelivery, LandedObject
from ingest.sources.file_source import FileOptions, FileSource
from ingest.sources.instants import InstantOptions
from ingest.sources.mapped_rows import CONTENT, NUMBER, read_rows
from ingest.sources.request_columns import RELATIVE, MeaningOptions, type_requests
from ingest.sources.requests import repeated_requests

COLUMNS = (*INFERENCE_REQUESTS, *RELATIVE)


class RequestLogOptions(InstantOptions, MeaningOptions, FileOptions):
    """Where the log is, and which of its columns means what."""

    columns: dict[str, str] = Field(
        description="Our column = the log's column (or path of keys). `duration_seconds` or "
        "`duration_milliseconds` may stand instead of `completed_at`, `first_token_seconds` or "
        "`first_token_milliseconds` instead of `first_token_at`."
    )
    records: str | None = Field(
        None, description="In JSON lines, the path of the list in each line that holds the calls."
    )
    null_values: tuple[str, ...] = Field(
        ("", "NULL", "null", "None"), description="Texts that stand for no value."
    )

    @field_validator("columns", "constants", "values")
    @classmethod
    def _are_known(cls, columns: dict[str, Any]) -> dict[str, Any]:
        for name in columns:
            if name not in COLUMNS:
                raise ValueError(f'there is no column "{name}"{suggestion(name, COLUMNS)}')
        return columns

    @model_validator(mode="after")
    def _are_unambiguous(self) -> Self:
        if "started_at" not in self.columns:
            raise ValueError("`columns` must say where `started_at` is")
        both = sorted(set(self.columns) & set(self.constants))
        if both:
            raise ValueError(f"{', '.join(both)}: a column and a constant at once")
        for instant in ("completed_at", "first_token_at"):
            ways = (instant, *(name for name, (told, _) in RELATIVE.items() if told == instant))
            given = [name for name in ways if name in {*self.columns, *self.constants}]
            if len(given) > 1:
                raise ValueError(f"`{given[0]}` or `{given[1]}`, not both")
        return self


class RequestLogSource(FileSource[RequestLogOptions]):
    """The files of one log."""

    options_model = RequestLogOptions

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The calls of a delivery, each once.

        Raises:
            DeliveryRefused: a file is damaged, of another format, or lacks a column.
        """
        verdicts = self._verdicts(landed)
        for item in landed.objects:
            seen: Counter[bytes] = Counter()
            for frame in self._frames(item):
                rows = frame.join(verdicts, on=["object_key", NUMBER], how="left")
                if "request_id" not in self._options.columns:
                    rows = rows.with_columns(request_id=self._ids(item.key, rows[CONTENT], seen))
                yield type_requests(rows, self._options, self._options)

    def _frames(self, item: LandedObject) -> Iterator[pl.DataFrame]:
        options = self._options
        name = self.store.uri(item.key)
        for frame in read_rows(
            item.path, name, options.columns, options.null_values, options.records
        ):
            yield frame.with_columns(object_key=pl.lit(item.key))

    def _verdicts(self, landed: LandedDelivery) -> pl.DataFrame:
        """The repeated records of a log that names its requests."""
        hashes = [pl.DataFrame(schema={"object_key": pl.String, NUMBER: pl.Int64, **_HASHES})]
        if "request_id" in self._options.columns:
            hashes += [_hashes(frame) for item in landed.objects for frame in self._frames(item)]
        return repeated_requests(pl.concat(hashes))

    def _ids(self, key: str, contents: pl.Series, seen: Counter[bytes]) -> pl.Series:
        """Ids from the content of a row and its ordinal among rows of the same content."""
        start = blake2b(f"{self.name}\0{key}\0".encode(), digest_size=16)
        ids = []
        for content in contents:
            digest = start.copy()
            digest.update(content.encode())
            seen[digest.digest()] += 1
            ids.append(f"{digest.hexdigest()}-{seen[digest.digest()]}")
        return pl.Series(ids, dtype=pl.String)


_HASHES = {"request": pl.UInt64, "content": pl.UInt64}


def _hashes(frame: pl.DataFrame) -> pl.DataFrame:
    named = frame.filter(pl.col("request_id").is_not_null())
    request, content = pl.col("request_id").hash(), pl.col(CONTENT).hash()
    return named.select("object_key", NUMBER, request=request, content=content)
