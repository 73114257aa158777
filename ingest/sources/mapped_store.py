"""A store that lets only what a mapping looks at onto the disk.

A log of model calls may hold prompts, answers and names of end users beside what is counted. What
lands are gzipped JSON lines with the number of each row and the texts that stand at the places of
the mapping, as they were written; a line that cannot be read lands as its number alone. The object
itself is in a private temporary folder while it is read.
"""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import polars as pl

from apportion.errors import DeliveryRefused
from ingest.durable import sha256_of
from ingest.sources.mapped_rows import (
    FRAME_ROWS,
    IS_READABLE,
    MARKS,
    Columns,
    places_of,
    raw_rows,
)
from ingest.stores import ObjectInfo, Store
from ingest.text_blocks import UNTRUSTED

COMPRESSION = 1


class MappedStore:
    """Wraps the store that holds a log.

    Args:
        inner: the store that holds the log.
        columns: where each column is.
        records: in JSON, the path of a list in each line whose items are the rows.
    """

    def __init__(self, inner: Store, columns: Columns, records: str | None) -> None:
        self._inner = inner
        self._columns = columns
        self._records = records
        looked_at = orjson.dumps([sorted(places_of(columns)), records])
        self._mark = "+" + hashlib.sha256(looked_at).hexdigest()[:12]
        self._promised: dict[str, str] = {}

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object of the log; another mapping fetches it again."""
        for info in self._inner.list(prefix):
            yield replace(info, size=None, fingerprint=info.fingerprint + self._mark, sha256=None)

    def promise(self, info: ObjectInfo) -> ObjectInfo:
        """Remember the hash that an object must have before anything is left out of it."""
        if info.sha256:
            self._promised[info.key] = info.sha256
        return replace(info, sha256=None)

    def read(self, key: str) -> bytes:
        """The bytes of an object, in memory."""
        return self._inner.read(key)

    def uri(self, key: str) -> str:
        """The full address of an object."""
        return self._inner.uri(key)

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write what the mapping looks at.

        Raises:
            DeliveryRefused: the object is damaged, of another format, or lacks a column.
        """
        listed = replace(info, fingerprint=info.fingerprint.removesuffix(self._mark))
        name = self.uri(info.key)
        with TemporaryDirectory(prefix="apportion-") as folder:
            whole = Path(folder) / "object"
            self._inner.fetch(listed, whole)
            promised = self._promised.get(info.key)
            if promised and sha256_of(whole) != promised:
                raise DeliveryRefused(
                    "INPUT_CHECKSUM",
                    f"{name}: its SHA-256 should be {promised}. {UNTRUSTED} Deliver it again.",
                )
            self.write(whole, name, destination)

    def write(self, whole: Path, name: str, destination: Path) -> None:
        """Write what the mapping looks at in a file.

        Raises:
            DeliveryRefused: the file is damaged, of another format, or lacks a column.
        """
        with (
            destination.open("wb") as file,
            gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as out,
        ):
            for frame in raw_rows(whole, name, self._columns, self._records):
                readable = pl.when(IS_READABLE).then(pl.exclude(*MARKS))
                out.write(frame.select(*MARKS, readable).write_ndjson().encode())


def read_places(path: Path, columns: Columns) -> Iterator[pl.DataFrame]:
    """Landed rows, as `mapped_rows.raw_rows` gave them."""
    schema = {**MARKS, **dict.fromkeys(places_of(columns), pl.String)}
    with gzip.open(path) as lines:
        while chunk := list(islice(lines, FRAME_ROWS)):
            yield pl.read_ndjson(b"".join(chunk), schema=schema)
