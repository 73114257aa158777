"""The source kind `request_log`: any log of model calls, read by a mapping of its columns.

    [[sources]]
    name = "chat"
    kind = "request_log"
    location = "s3://logs/chat"
    files = ["2023-11-16.csv.gz"]                 # or a manifest.json that names deliveries
    columns = { started_at = "TIMESTAMP", input_tokens = "ContextTokens" }
    constants = { gen_ai_provider_name = "azure.ai.openai" }

Columns and constants are named as in `ingest.schemas.INFERENCE_REQUESTS`. `input_tokens` must count
all input tokens, cached ones included. What lands is what `columns` name and nothing else, so that
prompts, answers and the names of end users stay where they are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Literal, Self

import polars as pl
from pydantic import Field, field_validator, model_validator

from ingest.registry import suggestion
from ingest.schemas import INFERENCE_REQUESTS
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject, Window
from ingest.sources.file_source import FileOptions, FileSource
from ingest.sources.instants import InstantOptions
from ingest.sources.mapped_rows import MARKS, NUMBER, named
from ingest.sources.mapped_store import MappedStore, read_places
from ingest.sources.request_columns import RELATIVE, MeaningOptions, type_requests
from ingest.sources.request_parts import as_attempts, merged_parts
from ingest.sources.requests import repeated_requests
from ingest.stores import Store

COLUMNS = (*INFERENCE_REQUESTS, *RELATIVE)


class RequestLogOptions(InstantOptions, MeaningOptions, FileOptions):
    """Where the log is, and which of its columns means what."""

    columns: dict[str, str | tuple[str, ...]] = Field(
        description="Our column = the log's column (or path of keys), or a list of them: of counts "
        "the sum, of others the first that is there. `duration_seconds` or "
        "`duration_milliseconds` may stand instead of `completed_at`, `first_token_seconds` or "
        "`first_token_milliseconds` instead of `first_token_at`."
    )
    records: str | None = Field(
        None, description="In JSON, the path of the list in each line that holds the calls."
    )
    same_id: Literal["once", "parts", "attempts"] = Field(
        "once",
        description="What records of one `request_id` are: `once`, the same call, which must not "
        "contradict itself; `parts` of one call; or `attempts`, each a call of its own.",
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
        if self.same_id != "once" and "request_id" not in self.columns:
            raise ValueError("`same_id` needs to know where `request_id` is")
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
    store: MappedStore

    def __init__(self, name: str, store: Store, options: RequestLogOptions) -> None:
        super().__init__(name, MappedStore(store, options.columns, options.records), options)

    def discover(self, window: Window) -> Iterable[Delivery]:
        """As other files; the hash that a manifest promises is that of the whole file."""
        for delivery in super().discover(window):
            yield replace(
                delivery, objects=tuple(self.store.promise(info) for info in delivery.objects)
            )

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The calls of a delivery, each once."""
        if self._options.same_id != "once":
            yield self._together(landed)
            return
        verdicts = self._verdicts(landed)
        for item in landed.objects:
            seen: Counter[bytes] = Counter()
            for frame in self._frames(item):
                rows = frame.join(verdicts, on=["object_key", NUMBER], how="left")
                if "request_id" not in self._options.columns:
                    rows = rows.with_columns(request_id=self._ids(item.key, rows, seen))
                yield self._typed(rows)

    def _together(self, landed: LandedDelivery) -> Batch:
        """The calls of a delivery whose records belong together by their id."""
        every = pl.concat([frame for item in landed.objects for frame in self._frames(item)])
        join = merged_parts if self._options.same_id == "parts" else as_attempts
        return self._typed(join(every))

    def _typed(self, rows: pl.DataFrame) -> Batch:
        return type_requests(rows, self._options, self._options)

    def _frames(self, item: LandedObject) -> Iterator[pl.DataFrame]:
        options = self._options
        for frame in read_places(item.path, options.columns):
            rows = named(frame, options.columns, options.null_values)
            yield rows.with_columns(object_key=pl.lit(item.key))

    def _verdicts(self, landed: LandedDelivery) -> pl.DataFrame:
        """The repeated records of a log that names its requests."""
        hashes = [pl.DataFrame(schema={"object_key": pl.String, NUMBER: pl.Int64, **_HASHES})]
        if "request_id" in self._options.columns:
            hashes += [_hashes(frame) for item in landed.objects for frame in self._frames(item)]
        return repeated_requests(pl.concat(hashes))

    def _ids(self, key: str, rows: pl.DataFrame, seen: Counter[bytes]) -> pl.Series:
        """Ids from the content of a row and its ordinal among rows of the same content."""
        start = blake2b(f"{self.name}\0{key}\0".encode(), digest_size=16)
        ids = []
        for content in _content(rows):
            digest = start.copy()
            digest.update(content.encode())
            seen[digest.digest()] += 1
            ids.append(f"{digest.hexdigest()}-{seen[digest.digest()]}")
        return pl.Series(ids, dtype=pl.String)


_HASHES = {"request": pl.UInt64, "content": pl.UInt64}


def _hashes(frame: pl.DataFrame) -> pl.DataFrame:
    told = frame.filter(pl.col("request_id").is_not_null())
    request, content = pl.col("request_id").hash(), _content(told).hash()
    return told.select("object_key", NUMBER, request=request, content=content)


def _content(rows: pl.DataFrame) -> pl.Series:
    """What a row says, as one text."""
    told = sorted(set(rows.columns) - {*MARKS, "object_key", "verdict"})
    return rows.select(pl.struct(told).struct.json_encode()).to_series()
