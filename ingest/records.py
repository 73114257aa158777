"""What is written down about a delivery, in its own folder.

    landing/<source>/<period>/<sequence>-<identity>/
        manifest.json   the delivery is landed: every object it names is in landing/<source>/objects
        lake.json       its rows are typed: the lake files, the control totals
        refused.json    why it could not be trusted (the last good delivery stays current)

`identity` is a hash of everything the provider listed, so that the same listing finds the same
folder; `sequence` counts the arrivals of a period. The files are the whole state: no clock, no
database, nothing shared between sources.
"""

import hashlib
import re
import urllib.parse
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict

from ingest.source import ControlTotal, Delivery, LandedDelivery, LandedObject
from ingest.stores import ObjectInfo

MANIFEST, LAKE, REFUSED = "manifest.json", "lake.json", "refused.json"
COUNTED, APPROVED = "counted.json", "approved.json"
Document = TypeVar("Document", bound=BaseModel)
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class Header(BaseModel):
    """What identifies a delivery, repeated in each of its files so that each can be read alone."""

    model_config = ConfigDict(frozen=True)

    source_name: str
    kind: str
    period: str
    version: str
    order: str
    sequence: int
    delivery_id: str

    @property
    def rank(self) -> tuple[str, int]:
        """The greatest of a period is its newest delivery."""
        return (self.order, self.sequence)

    @property
    def folder(self) -> str:
        """The delivery's folder, relative to its source's landing zone."""
        return f"{folder_name(self.period)}/{self.delivery_id}"


class ObjectRecord(BaseModel):
    """A landed object: what the provider listed, and the hash of the bytes that came."""

    model_config = ConfigDict(frozen=True)

    key: str
    size: int | None
    fingerprint: str
    sha256: str


class Manifest(Header):
    """A landed delivery."""

    promised_rows: int | None
    covers_through: date | None
    objects: tuple[ObjectRecord, ...]

    def landed(self, objects: Path) -> LandedDelivery:
        """The delivery as `Source.read` takes it; `objects` is the folder of landed bytes."""
        infos = (ObjectInfo(o.key, o.size, o.fingerprint) for o in self.objects)
        paths = (LandedObject(o.key, objects / o.sha256, o.sha256) for o in self.objects)
        delivery = Delivery(
            self.source_name,
            self.period,
            self.version,
            self.order,
            tuple(infos),
            self.promised_rows,
            self.covers_through,
        )
        return LandedDelivery(delivery, tuple(paths))


class FileRecord(BaseModel):
    """A lake or quarantine file; `path` is relative to the home folder."""

    model_config = ConfigDict(frozen=True)

    table: str
    partition: str
    path: str
    sha256: str
    row_count: int
    content_hash: str


class Typed(Header):
    """A delivery whose rows are in the lake."""

    reader_version: str
    covers_through: date | None
    object_count: int
    row_count: int
    files: tuple[FileRecord, ...]
    quarantined: FileRecord | None
    control_totals: tuple[ControlTotal, ...]

    def counted(self) -> "Counted":
        """What stays of it when the lake is made again."""
        return Counted(
            **self.model_dump(include=set(Header.model_fields)),
            covers_through=self.covers_through,
            row_count=self.row_count,
            quarantined_row_count=self.quarantined.row_count if self.quarantined else 0,
            control_totals=self.control_totals,
        )


class Counted(Header):
    """What a delivery said when it became current, for as long as its period is kept."""

    covers_through: date | None
    row_count: int
    quarantined_row_count: int
    control_totals: tuple[ControlTotal, ...]

    @property
    def all_rows(self) -> int:
        """The rows that were delivered, trusted or not."""
        return self.row_count + self.quarantined_row_count


class Refusal(Header):
    """A delivery that could not be trusted."""

    code: str
    message: str


class Approval(Header):
    """Who let a delivery count that says less than the one before, when and why."""

    approved_by: str
    approved_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """A delivery's folder, read."""

    folder: Path
    header: Header
    typed: Typed | None
    counted: Counted | None
    refusal: Refusal | None
    approval: Approval | None

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The record of a folder; None if a run stopped before anything was written there."""
        typed = _read(folder / LAKE, Typed)
        refusal = _read(folder / REFUSED, Refusal)
        counted = _read(folder / COUNTED, Counted)
        header = typed or refusal or read_manifest(folder)
        if header is None:
            return None
        return cls(folder, header, typed, counted, refusal, _read(folder / APPROVED, Approval))

    def manifest(self) -> Manifest | None:
        """What was landed; None if the delivery was refused before."""
        return read_manifest(self.folder)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in a delivery's folder; None if the delivery is not landed."""
    return _read(folder / MANIFEST, Manifest)


def _read(path: Path, model: type[Document]) -> Document | None:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None


def identity(delivery: Delivery) -> str:
    """A hash of everything the provider listed about a delivery."""
    parts = [delivery.source, delivery.period, delivery.version, delivery.order]
    parts += [f"{o.key}\0{o.size}\0{o.fingerprint}\0{o.sha256}" for o in delivery.objects]
    parts += [f"{delivery.promised_rows}\0{delivery.covers_through}"]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def folder_name(period: str) -> str:
    """A folder name for a period; the period itself if that is a plain name."""
    if PLAIN_NAME.fullmatch(period):
        return period
    digest = hashlib.sha256(period.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    readable = urllib.parse.quote(period, safe="", errors="replace").replace("%", "_")
    return f"~{readable[:60]}-{digest}"
