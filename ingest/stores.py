"""Object stores behind one small interface: list, read, fetch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as a store lists it; `fingerprint` changes when its bytes do (an ETag)."""

    key: str
    size: int | None
    fingerprint: str


class Store(Protocol):
    """A place that holds a provider's objects."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose key starts with the prefix, in key order."""
        ...

    def read(self, key: str) -> bytes:
        """The bytes of a small object, such as a manifest."""
        ...

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write the object's bytes to a new file; refuse if they are no longer those listed."""
        ...
