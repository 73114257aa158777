"""A log of model calls, its keys told by day, landed without prompts and answers."""

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import polars as pl
from pydantic import BaseModel, Field, model_validator

from apportion.settings import resolve_secret
from ingest.deliveries import explicit_files
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject, Window, version_of
from ingest.sources.call_logs.formats import CallFormat
from ingest.sources.call_logs.redacting import DOCUMENTS, Hashing, Redact, RedactingStore
from ingest.sources.requests import repeated_requests
from ingest.stores import ObjectInfo, Store, StoreOptions, open_store

BATCH_ROWS = 50_000


class HashingOptions(BaseModel):
    """What end users and prompts are hashed with."""

    hmac_key: str | None = Field(
        None,
        pattern=r"^(env|file):",
        description="The secret (`env:NAME`, `file:path` from the configuration's folder) with "
        "which end users and prompts are hashed when they are collected; without it nothing of "
        "them is kept.",
    )

    prompt_block_characters: int | None = Field(
        None,
        ge=256,
        description="With `hmac_key`: hash prompts block by block, too, in blocks of so many "
        "characters (2048 are about 512 tokens), to find prompts that begin alike.",
    )

    @model_validator(mode="after")
    def _has_key(self) -> Self:
        if self.prompt_block_characters and not self.hmac_key:
            raise ValueError("`prompt_block_characters` needs an `hmac_key`")
        return self

    def beside(self, directory: Path) -> Self:
        """The same, with a secret's relative path taken from a folder."""
        scheme, _, name = (self.hmac_key or "").partition(":")
        changed = {"hmac_key": f"file:{directory / name}"} if scheme == "file" else {}
        return self.model_copy(update=changed)

    def hashing(self) -> Hashing | None:
        """The secret itself, and what is hashed with it.

        Raises:
            ConfigError: nothing stands behind the reference.
        """
        if not self.hmac_key:
            return None
        return Hashing(resolve_secret(self.hmac_key).encode(), self.prompt_block_characters)


class CallLogOptions(StoreOptions, HashingOptions):
    """Where a log is; a kind of source says which keys a day has."""

    def day_prefixes(self) -> tuple[str, ...]:
        """How the keys of a day begin, with the day as `strftime` writes it."""
        raise NotImplementedError


class FolderOptions(CallLogOptions):
    """A log whose keys the configuration describes."""

    files: tuple[str, ...] = Field((), description="Keys of files to read instead of days.")
    prefixes: tuple[str, ...] = Field(
        (), description="How the keys of a day begin, as in `traces/%Y/%m/%d/`."
    )

    def day_prefixes(self) -> tuple[str, ...]:
        """The configured prefixes."""
        return self.prefixes


Options = TypeVar("Options", bound=CallLogOptions)


class CallReader:
    """Reads landed calls; a kind of source says how they are typed."""

    name: str
    store: Store
    layout: CallFormat

    def judge(self, chunks: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """What only the whole delivery tells of a line.

        Records of one id that are all alike count once; if they contradict, none counts.

        Returns:
            `object_key`, `object_row`, `verdict` (as `requests.repeated_requests`); a kind may
            tell more.
        """
        return repeated_requests(pl.concat([self._hashes(lines) for lines in chunks]))

    def typed(self, lines: pl.DataFrame) -> Batch:
        """Type landed lines: `object_key`, `object_row`, `line`, and what `judge` told of them."""
        raise NotImplementedError

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The calls of a delivery, each once."""
        judged = self.judge(landed_lines(landed.objects))
        for lines in landed_lines(self.own_objects(landed)):
            yield self.typed(lines.join(judged, on=["object_key", "object_row"], how="left"))

    def own_objects(self, landed: LandedDelivery) -> Sequence[LandedObject]:
        """The objects whose calls the delivery tells of; others only help to judge them."""
        return landed.objects

    def _hashes(self, lines: pl.DataFrame) -> pl.DataFrame:
        calls = self.layout.read(lines).filter(pl.col("request_id").is_not_null())
        request, content = pl.col("request_id").hash(), pl.col("line").hash()
        return calls.select("object_key", "object_row", request=request, content=content)


class CallLogSource(CallReader, Generic[Options]):
    """One log in a store; a kind of source says what is kept of its records."""

    options_model: ClassVar[type[CallLogOptions]]
    documents: ClassVar[tuple[str, ...]] = DOCUMENTS

    def __init__(self, name: str, store: Store, options: Options) -> None:
        self.name = name
        self._options = options
        self.store = RedactingStore(store, self.redaction(), options.hashing, self.documents)

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        checked: Any = cls.options_model.model_validate(dict(options))
        store = open_store(checked.location, directory, checked)
        return cls(name, store, checked.beside(directory))

    def redaction(self) -> Redact:
        """What is kept of a record."""
        raise NotImplementedError

    def is_part(self, key: str) -> bool:  # noqa: ARG002 - a kind may look at the key
        """Whether an object below a day's prefix belongs to the log."""
        return True

    def discover(self, window: Window) -> Iterator[Delivery]:
        """The days of the window on which something was logged, or the configured files.

        Raises:
            ConfigError: a configured file is not there.
        """
        files: tuple[str, ...] = getattr(self._options, "files", ())
        if files:
            yield from explicit_files(self.name, self.store, files)
            return
        for number in range((window.last - window.first).days + 1):
            day = window.first + timedelta(days=number)
            prefixes = (day.strftime(prefix) for prefix in self._options.day_prefixes())
            objects = tuple(info for prefix in prefixes for info in self._listed(prefix))
            if objects:
                yield Delivery(self.name, f"{day}", version_of(objects), "", objects)

    def _listed(self, prefix: str) -> Iterator[ObjectInfo]:
        return (info for info in self.store.list(prefix) if self.is_part(info.key))


def landed_lines(objects: Iterable[LandedObject]) -> Iterator[pl.DataFrame]:
    """Landed lines with their objects: many small objects at a time, a large one in parts."""
    pending: list[pl.DataFrame] = []
    for item in objects:
        for lines in _parts(item):
            pending.append(lines)
            if sum(frame.height for frame in pending) >= BATCH_ROWS:
                yield pl.concat(pending)
                pending = []
    if pending:
        yield pl.concat(pending)


def _parts(item: LandedObject) -> Iterator[pl.DataFrame]:
    """The lines of an object that are not empty, with their numbers; at least one frame."""
    first = 1
    with gzip.open(item.path) as file:
        while (block := list(islice(file, BATCH_ROWS))) or first == 1:
            texts = pl.Series("line", [line.rstrip(b"\n").decode() for line in block], pl.String)
            numbers = pl.int_range(first, first + len(block), dtype=pl.Int64)
            yield (
                texts.to_frame()
                .select(pl.lit(item.key).alias("object_key"), numbers.alias("object_row"), "line")
                .filter(pl.col("line") != "")
            )
            first += max(len(block), 1)
