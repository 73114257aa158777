"""A store that lets only the kept fields of logged model calls onto the disk.

What it writes are gzipped JSON lines, in the order of the object: what is kept of each record, and
for a record that cannot be read a line that says why, without a word of it.
"""

import gzip
import hmac
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from ingest.sources import gzipped
from ingest.stores import ObjectInfo, Store, object_changed

DOCUMENTS = (".json", ".json.gz")
"""Endings of objects that hold one JSON document and not one record a line."""

COMPRESSION = 1
HMAC_BYTES = 16
BLOCK_HMAC_BYTES = 8
FIRST_READ = ("tools", "system")
HASHES = ("end_user_hmac", "prompt_hmac", "prompt_block_hashes")
PROBLEM = "problem"
"""The key of a landed line that says why its record cannot be read."""

Line = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Hashing:
    """What end users and prompts are hashed with: HMAC-SHA256, cut to 16 bytes.

    `block_characters` asks for hashes of a prompt's blocks, too, cut to 8 bytes.
    """

    key: bytes
    block_characters: int | None = None

    def end_user(self, name: str | None) -> str | None:
        """The hash of an end user's name."""
        return self._hash("end_user", name)

    def prompt(self, text: str | None, as_read: str | None = None) -> dict[str, str | None]:
        """The hashes of a prompt: of the whole, and of its blocks in the order of reading.

        The hash of a block is over the one before it, too: equal hashes mean that all before is
        equal. The last block is what is left.

        Args:
            text: the prompt.
            as_read: the same with what stays the same first, where it is written otherwise.
        """
        hashes = {"prompt_hmac": self._hash("prompt", text)}
        size, blocks, chain = self.block_characters, [], ""
        if size and (read := as_read or text):
            for start in range(0, len(read), size):
                message = f"{chain}\0{read[start : start + size]}"
                chain = (self._hash("prompt_block", message) or "")[: 2 * BLOCK_HMAC_BYTES]
                blocks.append(chain)
        return {**hashes, "prompt_block_hashes": " ".join(blocks)} if blocks else hashes

    def _hash(self, purpose: str, value: str | None) -> str | None:
        """The same text has another hash per purpose."""
        if value is None:
            return None
        message = f"{purpose}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.key, message, "sha256")[:HMAC_BYTES].hex()


def as_read(body: Any) -> str | None:
    """A request's body in the order in which a model reads it: tools, system prompt, the rest."""
    if not isinstance(body, dict):
        return None
    names = sorted(body, key=lambda name: (name not in FIRST_READ, name != "tools", str(name)))
    return json.dumps([body[name] for name in names], sort_keys=True)


Redact = Callable[[Mapping[str, Any], Hashing | None], Iterable[Line]]
"""What is kept of a record, given what end users and prompts are hashed with: a line for each of
its calls."""


def write_lines(
    destination: Path, records: Iterable[Any], redact: Redact, hashing: Hashing | None
) -> None:
    """Write what is kept of records, and nothing else, as gzipped JSON lines.

    Args:
        destination: the file.
        records: parsed records; None leaves an empty line.
        redact: what is kept of a record.
        hashing: what end users and prompts are hashed with.
    """
    with (
        destination.open("wb") as file,
        gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as packed,
        io.BufferedWriter(packed, 1 << 20) as out,  # type: ignore[arg-type]
    ):
        for record in records:
            out.writelines(_lines(record, redact, hashing))


class RedactingStore:
    """Wraps the store that holds a log."""

    def __init__(
        self,
        inner: Store,
        redact: Redact,
        secret: Callable[[], Hashing | None],
        documents: tuple[str, ...] = DOCUMENTS,
    ) -> None:
        """Wrap a store.

        Args:
            inner: the store that holds the log.
            redact: what is kept of a record.
            secret: gives what end users and prompts are hashed with, when it is first needed.
            documents: endings of objects that hold one JSON document; others hold JSON lines.
        """
        self._inner = inner
        self._redact = redact
        self._secret = secret
        self._documents = documents

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
        records = self._records(content, self.uri(info.key))
        write_lines(destination, records, self._redact, self._secret())

    def _records(self, content: bytes, name: str) -> Iterator[Any]:
        """What stands in an object, record by record; None for an empty line."""
        if name.lower().endswith(self._documents):
            document = _parse(gzipped.read_whole(content, name))
            yield from document if isinstance(document, list) else [document]
            return
        with gzipped.opened(content, name) as stream:
            for line in gzipped.lines(stream, name, len(content)):
                yield _parse(line) if line.strip() else None


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """Why a record cannot be read."""

    problem: str


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


def _lines(record: Any, redact: Redact, hashing: Hashing | None) -> tuple[bytes, ...]:
    if record is None:
        return (b"\n",)
    if not isinstance(record, dict):
        is_known = isinstance(record, _Unreadable)
        return (_packed({PROBLEM: record.problem if is_known else "not a JSON object"}),)
    try:
        return tuple(_packed(line) for line in redact(record, hashing))
    except (orjson.JSONEncodeError, UnicodeEncodeError) as error:
        problem = f"a kept field is not Unicode text: {type(error).__name__}"
        return (_packed({PROBLEM: problem}),)


def _packed(line: Line) -> bytes:
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
