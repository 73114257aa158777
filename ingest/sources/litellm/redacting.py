"""A store that lets only the kept fields of LiteLLM records onto the disk.

What it writes has one line for each record, in the order of the object, as gzipped JSON lines: a
line that cannot be read becomes a line that says why, without a word of it.
"""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from ingest.sources import gzipped
from ingest.sources.litellm.fields import PROBLEM, redact
from ingest.stores import ObjectInfo, Store, object_changed

DOCUMENTS = (".json", ".json.gz")
COMPRESSION = 1


class RedactingStore:
    """Wraps the store that holds the gateway's log."""

    def __init__(self, inner: Store, secret: Callable[[], bytes | None]) -> None:
        """Wrap a store.

        Args:
            inner: the store that holds the log.
            secret: gives the key for hashes of end users and prompts, when it is first needed.
        """
        self._inner = inner
        self._secret = secret

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object of the log; the size of what will be written is not known."""
        return (replace(info, size=None, sha256=None) for info in self._inner.list(prefix))

    def read(self, key: str) -> bytes:
        """The bytes of an object, in memory."""
        return self._inner.read(key)

    def uri(self, key: str) -> str:
        """The full address of an object."""
        return self._inner.uri(key)

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write the kept fields of an object's records; the object itself stays in memory."""
        content = self._inner.read(info.key)
        now = next((found for found in self._inner.list(info.key) if found.key == info.key), None)
        if now is None or now.fingerprint != info.fingerprint:
            raise object_changed(self.uri(info.key))
        key = self._secret()
        with (
            destination.open("wb") as file,
            gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as packed,
            io.BufferedWriter(packed, 1 << 20) as out,  # type: ignore[arg-type]
        ):
            for record in _records(content, self.uri(info.key)):
                out.write(_line(record, key))


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """Why a record cannot be read."""

    problem: str


def _records(content: bytes, name: str) -> Iterator[Any]:
    """What stands in an object, record by record."""
    if name.lower().endswith(DOCUMENTS):
        document = _parse(gzipped.read_whole(content, name))
        yield from document if isinstance(document, list) else [document]
        return
    with gzipped.opened(content, name) as stream:
        for line in gzipped.lines(stream, name, len(content)):
            yield _parse(line) if line.strip() else None


def _parse(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _parse_leniently(text)


def _parse_leniently(text: bytes) -> Any:
    """Read what strict JSON forbids and Python's own writer produces: lone surrogates, NaN."""
    try:
        return json.loads(text)
    except ValueError as error:
        at = f"at character {error.colno} of " if isinstance(error, json.JSONDecodeError) else "in "
        return _Unreadable(f"not JSON: {type(error).__name__} {at}{len(text)}")


def _line(record: Any, key: bytes | None) -> bytes:
    if record is None:
        return b"\n"
    try:
        return orjson.dumps(_kept(record, key), option=orjson.OPT_APPEND_NEWLINE)
    except (orjson.JSONEncodeError, UnicodeEncodeError) as error:
        kept = {PROBLEM: f"a kept field is not Unicode text: {type(error).__name__}"}
        return orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE)


def _kept(record: Any, key: bytes | None) -> dict[str, str | None]:
    if isinstance(record, dict):
        return redact(record, key)
    is_known = isinstance(record, _Unreadable)
    return {PROBLEM: record.problem if is_known else "not a JSON object"}
