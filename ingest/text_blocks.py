"""The bytes of a CSV file, in blocks of whole records, checked before anything is parsed.

A block is refused rather than repaired: what a lenient parser would guess at (an open quote, a
quote in the middle of a field, bytes of another encoding, a stream that ends early) can move an
amount into another column without an error.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from apportion.errors import DeliveryRefused

BLOCK = 32 << 20
LONGEST_RECORD = 64 << 20
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
OTHER_FORMATS = (b"<", b"{", b"[", b"\x1f\x8b", b"PAR1")
"""What HTML, XML, JSON, gzip and parquet start with."""

UNTRUSTED = "The delivery is not read and the last good one stays current."


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may hold: decompressed bytes, rows, and decompressed per stored byte."""

    text_bytes: int = 64 << 30
    row_count: int = 50_000_000
    expansion: int = 400


def read_blocks(
    path: Path, name: str, limits: Limits, *, needs_final_newline: bool
) -> Iterator[bytes]:
    """The text of a `.csv` or `.csv.gz` file in blocks that start and end with whole records.

    Every block ends with a newline. The first starts with the header; a byte order mark is gone.

    Args:
        path: the landed file.
        name: the object's address, for messages; its ending tells whether it is compressed.
        limits: how much the file may hold.
        needs_final_newline: refuse text that stops in the middle of a line. A file whose length
            nothing else vouches for could have been cut there, in the middle of a number.

    Raises:
        DeliveryRefused: the bytes are damaged, cut, too many, or not comma-separated UTF-8 text.
    """
    pending = b""
    for chunk in _chunks(path, name, limits):
        pending += chunk
        end = pending.rfind(b"\n") + 1
        if end and pending.count(b'"', 0, end) % 2 == 0:
            yield _checked(pending[:end], name)
            pending = pending[end:]
        elif len(pending) > LONGEST_RECORD:
            raise _open_quote(name)
    if pending:
        yield _checked(_last(pending, name, needs_final_newline=needs_final_newline), name)


def _chunks(path: Path, name: str, limits: Limits) -> Iterator[bytes]:
    size = path.stat().st_size
    total = 0
    with path.open("rb") as file:
        for chunk in _decompressed(file, name):
            text = _without_mark(chunk, name) if total == 0 else chunk
            total += len(chunk)
            if total > limits.text_bytes or total > max(BLOCK, size) * limits.expansion:
                raise DeliveryRefused(
                    "DECOMPRESSION_LIMIT",
                    f"{name}: {size} stored bytes hold more than {total} bytes of text. "
                    f"{UNTRUSTED} Ask the provider to split the export into smaller files.",
                )
            yield text
    if total == 0:
        raise DeliveryRefused(
            "NOT_A_DATA_FILE",
            f"{name}: the file is empty, without even a header. {UNTRUSTED} Ask the provider to "
            "deliver it again.",
        )


def _decompressed(file: IO[bytes], name: str) -> Iterator[bytes]:
    is_compressed = name.lower().endswith(".gz")
    stream = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if is_compressed else file
    length = 0
    try:
        while chunk := stream.read(BLOCK):
            length += len(chunk)
            yield chunk
    except (EOFError, OSError, zlib.error) as error:
        raise DeliveryRefused(
            "INPUT_GZIP",
            f"{name}: the compressed stream breaks off or is damaged ({error}); "
            f"{file.tell()} stored bytes, {length} bytes of text were readable. {UNTRUSTED} "
            "Ask the provider to deliver the file again.",
        ) from error


def _without_mark(chunk: bytes, name: str) -> bytes:
    if chunk.startswith(UTF_16_MARKS):
        raise encoding_refused(name, "is UTF-16 text")
    text = chunk.removeprefix(codecs.BOM_UTF8)
    start = text[:200].lstrip()
    if start.startswith(OTHER_FORMATS):
        raise DeliveryRefused(
            "NOT_A_DATA_FILE",
            f"{name}: starts with {start[:60].decode('utf-8', 'replace')!r}: an error page or "
            f"another format, not a CSV file. {UNTRUSTED} Deliver the file again.",
        )
    return text


def _last(pending: bytes, name: str, *, needs_final_newline: bool) -> bytes:
    if pending.count(b'"') % 2:
        raise _open_quote(name)
    if pending.endswith((b"\n", b"\r")):
        return pending
    if needs_final_newline:
        raise DeliveryRefused(
            "INPUT_TRUNCATED",
            f"{name}: the last line, {pending[-40:].decode('utf-8', 'replace')!r}, has no end, so "
            "the file may have been cut in the middle of a number. It is not read and the last "
            "good delivery stays current. Deliver it again; if it is complete, end it with a "
            "newline.",
        )
    return pending + b"\n"


def _checked(block: bytes, name: str) -> bytes:
    if b"\0" in block:
        raise encoding_refused(name, "holds NUL characters (UTF-16 text, or a damaged file)")
    if b'"' in block and _has_stray_quote(block):
        raise DeliveryRefused(
            "INPUT_CSV",
            f"{name}: a quote stands in the middle of a field, so fields cannot be told apart. "
            f"{UNTRUSTED} Quotes inside a quoted field are written twice.",
        )
    return block


def _has_stray_quote(block: bytes) -> bool:
    """Whether a quoted field starts or ends anywhere but at a comma or a line's end."""
    unquoted = block.replace(b'""', b"").split(b'"')[::2]
    starts = {text[:1] for text in unquoted[1:]}
    ends = {text[-1:] for text in [unquoted[0] or b"\n", *unquoted[1:]][:-1]}
    return not (starts <= {b",", b"\r", b"\n"} and ends <= {b",", b"\n"})


def _open_quote(name: str) -> DeliveryRefused:
    return DeliveryRefused(
        "INPUT_CSV",
        f"{name}: a quoted field is never closed, so fields cannot be told apart. {UNTRUSTED} Ask "
        "the provider to deliver the file again.",
    )


def encoding_refused(name: str, problem: str) -> DeliveryRefused:
    """The refusal of text in another encoding than UTF-8."""
    return DeliveryRefused(
        "INPUT_ENCODING", f"{name}: {problem}. {UNTRUSTED} Deliver the file as UTF-8."
    )
