"""Gzip streams of limited size, for text that is read as a whole or line by line."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from apportion.errors import DeliveryRefused
from ingest.text_blocks import UNTRUSTED, Limits

FLOOR = 1 << 16
LONGEST_TEXT = 1 << 30
LONGEST_LINE = 64 << 20


@contextmanager
def opened(content: bytes, name: str) -> Iterator[IO[bytes]]:
    """The text of a file's bytes, decompressed if its name ends in `.gz`.

    Raises:
        DeliveryRefused: the stream is cut or damaged (raised where it is read).
    """
    file = io.BytesIO(content)
    stream: IO[bytes] = file
    if name.lower().endswith(".gz"):
        stream = io.BufferedReader(gzip.GzipFile(fileobj=file), buffer_size=1 << 20)
    try:
        yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DeliveryRefused(
            "INPUT_GZIP",
            f"{name}: the compressed stream breaks off or is damaged ({error}). {UNTRUSTED} "
            "Deliver the file again.",
        ) from error


def longest_text(size: int) -> int:
    """The number of bytes that so many stored bytes can plausibly hold."""
    return max(size, FLOOR) * Limits().expansion


def read_whole(content: bytes, name: str) -> bytes:
    """All the text of a small file.

    Raises:
        DeliveryRefused: the stream is damaged, or holds implausibly much.
    """
    limit = min(LONGEST_TEXT, longest_text(len(content)))
    with opened(content, name) as stream:
        text = stream.read(limit + 1)
    if len(text) > limit:
        raise too_long(name, len(content), limit)
    return text


def lines(stream: IO[bytes], name: str, size: int) -> Iterator[bytes]:
    """The lines of a stream, one at a time.

    Args:
        stream: what `opened` gives.
        name: the object's address, for messages.
        size: the number of its stored bytes.

    Raises:
        DeliveryRefused: a line, or the whole text, is implausibly long.
    """
    total, limit = 0, longest_text(size)
    while line := stream.readline(LONGEST_LINE):
        total += len(line)
        if total > limit or len(line) == LONGEST_LINE:
            raise too_long(name, size, min(limit, total))
        yield line


def too_long(name: str, size: int, limit: int) -> DeliveryRefused:
    """The refusal of a file that holds more text than is plausible."""
    return DeliveryRefused(
        "DECOMPRESSION_LIMIT",
        f"{name}: {size} stored bytes hold more than {limit} bytes of text. {UNTRUSTED} Split the "
        "file and look whether it is what it should be.",
    )
