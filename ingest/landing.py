"""The landing zone of one source: immutable bytes under the name of their hash, and deliveries.

    landing/<source>/objects/<sha256>     read-only, never changed, shared by all deliveries
    landing/<source>/<period>/...         what each delivery was (see `ingest.records`)

Objects are written first and manifests last, so that a delivery is landed if and only if its
manifest exists.
"""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from apportion.errors import Busy, DeliveryRefused
from ingest.durable import make_folder, settle, sha256_of, sync_folder, write_json
from ingest.records import (
    APPROVED,
    COUNTED,
    LAKE,
    MANIFEST,
    REFUSED,
    Approval,
    Header,
    Manifest,
    ObjectRecord,
    Record,
    Refusal,
    Typed,
    folder_name,
    read_manifest,
)
from ingest.stores import ObjectInfo

OBJECTS, INCOMING = "objects", "incoming"


class Landing:
    """The landing zone of one source."""

    def __init__(self, home: Path, source_name: str) -> None:
        self.root = home / "landing" / source_name
        self.objects = self.root / OBJECTS
        self._incoming = self.root / INCOMING

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the source for one collection; what an earlier one left half-done is removed.

        Raises:
            Busy: another run is collecting the source.
        """
        make_folder(self.objects)
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(
                    "SOURCE_BUSY",
                    f"{self.root}: another run is collecting this source. Nothing was changed. "
                    "Wait for it to end, then run again.",
                ) from None
            shutil.rmtree(self._incoming, ignore_errors=True)
            self._incoming.mkdir()
            yield

    def add(self, info: ObjectInfo, number: int, fetch: Callable[[Path], None]) -> ObjectRecord:
        """Fetch an object and land it under the hash of its bytes.

        Args:
            info: what the store listed; its size and hash are held against what came.
            number: names the temporary file.
            fetch: writes the bytes to a path.

        Raises:
            DeliveryRefused: `INPUT_CHECKSUM`, if other bytes came than were listed.
        """
        temporary = self._incoming / str(number)
        fetch(temporary)
        size, digest = temporary.stat().st_size, sha256_of(temporary)
        if info.size not in (None, size):
            raise _damaged(info.key, f"{info.size} bytes were listed, {size} came")
        if info.sha256 not in (None, digest):
            raise _damaged(info.key, f"its SHA-256 should be {info.sha256} and is {digest}")
        settle(temporary, self.objects / digest)
        return ObjectRecord(key=info.key, size=size, fingerprint=info.fingerprint, sha256=digest)

    def holds(self, sha256: str) -> bool:
        """Whether the landed bytes of that hash are there and undamaged."""
        path = self.objects / sha256
        return path.is_file() and sha256_of(path) == sha256

    def verify(self, manifest: Manifest) -> None:
        """Read every object of a delivery and compare it with its hash.

        Raises:
            DeliveryRefused: `INPUT_CHECKSUM`, if a landed object was changed or is gone.
        """
        for record in {record.sha256: record for record in manifest.objects}.values():
            if not self.holds(record.sha256):
                raise _damaged(record.key, "its landed bytes are gone or were changed")

    def histories(self) -> list[list[Record]]:
        """The deliveries of each period, oldest first."""
        folders = (path for path in self.root.iterdir() if path.is_dir())
        periods = sorted(path for path in folders if path.name not in (OBJECTS, INCOMING))
        return [_history(period) for period in periods]

    def history(self, period: str) -> list[Record]:
        """The deliveries of one period, oldest first."""
        return _history(self.root / folder_name(period))

    def manifest(self, header: Header) -> Manifest | None:
        """The manifest of a delivery; None if it is not landed."""
        return read_manifest(self.root / header.folder)

    def land(self, manifest: Manifest) -> None:
        """Write the manifest: from now on the delivery is landed."""
        sync_folder(self.objects)
        self._write(manifest, MANIFEST)

    def complete(self, typed: Typed) -> None:
        """Write down the delivery's lake files: from now on its rows count."""
        self._write(typed.counted(), COUNTED)
        self._write(typed, LAKE)
        (self.root / typed.folder / REFUSED).unlink(missing_ok=True)

    def approve(self, approval: Approval) -> None:
        """Write down that a refused delivery may count."""
        self._write(approval, APPROVED)

    def refuse(self, refusal: Refusal) -> None:
        """Write down why the delivery could not be trusted."""
        self._write(refusal, REFUSED)

    def _write(self, document: Header, name: str) -> None:
        folder = self.root / document.folder
        make_folder(folder)
        write_json(folder / name, document.model_dump(mode="json"))


def _history(period: Path) -> list[Record]:
    if not period.is_dir():
        return []
    found = (Record.read(folder) for folder in period.iterdir() if folder.is_dir())
    return sorted((record for record in found if record), key=lambda record: record.header.rank)


def _damaged(key: str, problem: str) -> DeliveryRefused:
    return DeliveryRefused(
        "INPUT_CHECKSUM",
        f"{key}: {problem}. The last good delivery stays current. The next run fetches the object "
        "again; if this stays, ask the provider to deliver again.",
    )
