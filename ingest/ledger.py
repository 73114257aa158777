"""What is current: the read side of the landing zone, for the warehouse.

Of each source and period the newest typed delivery counts. A delivery that was refused, or that a
stopped run left half-typed, changes nothing: the last good one stays current.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from apportion.errors import DeliveryRefused
from ingest.durable import sha256_of
from ingest.landing import Landing
from ingest.records import Approval, Counted, FileRecord, Record, Refusal, Typed
from ingest.source import ControlTotal


@dataclass(frozen=True, slots=True)
class LakeFile:
    """A parquet file of typed rows of one table, source and partition.

    `content_hash` is equal for files whose rows say the same, whichever objects they came from.
    """

    table: str
    source_name: str
    partition: str
    path: Path
    sha256: str
    row_count: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class CurrentDelivery:
    """The delivery of a source and period that counts, and those that were refused since."""

    source_name: str
    kind: str
    period: str
    version: str
    delivery_id: str
    object_count: int
    row_count: int
    files: tuple[LakeFile, ...]
    control_totals: tuple[ControlTotal, ...]
    quarantined: LakeFile | None
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class DeliveryVersion:
    """A delivery that counts or has counted, in the order in which they did: `ordinal` from 1."""

    counted: Counted
    ordinal: int
    is_current: bool
    approval: Approval | None


class Ledger:
    """The deliveries of a home folder, read once per call; nothing is cached or written."""

    def __init__(self, home: Path, sources: Collection[str] | None = None) -> None:
        """Read the ledger of a home folder.

        Args:
            home: the home folder.
            sources: the names of the configured sources; what others delivered earlier does not
                count. None for all.
        """
        self._home = home
        self._sources = sources

    def current_deliveries(self) -> list[CurrentDelivery]:
        """The current delivery of each source and period, in that order."""
        found = [
            self._describe(current.typed, _refused_since(history, current))
            for history in self._histories()
            if (current := current_of(history)) is not None and current.typed is not None
        ]
        return sorted(found, key=lambda delivery: (delivery.source_name, delivery.period))

    def current_files(self) -> list[LakeFile]:
        """The lake files of all current deliveries, by table, partition and source."""
        files = [file for delivery in self.current_deliveries() for file in delivery.files]
        return sorted(files, key=lambda f: (f.table, f.partition, f.source_name, f.sha256))

    def refusals(self) -> list[Refusal]:
        """Every refused delivery that is newer than the current one of its period."""
        found = [
            refusal
            for history in self._histories()
            for refusal in _refused_since(history, current_of(history))
        ]
        return sorted(found, key=lambda refusal: (refusal.source_name, refusal.period))

    def versions(self) -> list[DeliveryVersion]:
        """Every delivery that has counted, oldest first within its source and period."""
        found = []
        for history in self._histories():
            current = current_of(history)
            counted = [(r, r.counted) for r in history if r.counted]
            found += [
                DeliveryVersion(said, number, record is current, record.approval)
                for number, (record, said) in enumerate(counted, 1)
            ]
        return sorted(found, key=lambda v: (v.counted.source_name, v.counted.period, v.ordinal))

    def _histories(self) -> list[list[Record]]:
        root = self._home / "landing"
        names = sorted(path.name for path in root.iterdir()) if root.is_dir() else []
        zones = [
            Landing(self._home, name)
            for name in names
            if self._sources is None or name in self._sources
        ]
        return [history for zone in zones for history in zone.histories()]

    def _describe(self, typed: Typed, refused: tuple[Refusal, ...]) -> CurrentDelivery:
        name = typed.source_name
        quarantined = typed.quarantined
        return CurrentDelivery(
            source_name=name,
            kind=typed.kind,
            period=typed.period,
            version=typed.version,
            delivery_id=typed.delivery_id,
            object_count=typed.object_count,
            row_count=typed.row_count,
            files=tuple(self._lake_file(name, file) for file in typed.files),
            control_totals=typed.control_totals,
            quarantined=self._lake_file(name, quarantined) if quarantined else None,
            refused=refused,
        )

    def _lake_file(self, source_name: str, file: FileRecord) -> LakeFile:
        return LakeFile(
            table=file.table,
            source_name=source_name,
            partition=file.partition,
            path=self._home / file.path,
            sha256=file.sha256,
            row_count=file.row_count,
            content_hash=file.content_hash,
        )


def verify(file: LakeFile) -> None:
    """Compare a lake file with its hash; DuckDB would read a damaged one without complaint.

    Raises:
        DeliveryRefused: `LAKE_DAMAGED`.
    """
    if not file.path.is_file() or sha256_of(file.path) != file.sha256:
        raise DeliveryRefused(
            "LAKE_DAMAGED",
            f"{file.path}: the file is gone, or its bytes are not those that were written. Its "
            "rows cannot be trusted; nothing was published from it. Delete the file and run "
            "again: it is written anew from the landing zone.",
        )


def current_of(history: list[Record]) -> Record | None:
    """The newest typed delivery of a period's history."""
    return next((record for record in reversed(history) if record.typed), None)


def _refused_since(history: list[Record], current: Record | None) -> tuple[Refusal, ...]:
    newer = (r for r in history if current is None or r.header.rank >= current.header.rank)
    return tuple(record.refusal for record in newer if record.refusal)
