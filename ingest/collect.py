"""Collect one source: discover, land what is new, type what is landed, write down the outcome.

    discover ──► settled? ──► fetch ──► manifest.json ──► read ──► lake files ──► lake.json
                    │ yes       │ a delivery that cannot be trusted │
                    ▼           ▼                                   ▼
                unchanged     refused.json; the last good delivery stays current

Every step can be stopped anywhere and run again. A delivery that was refused is fetched and tried
again by each run that still finds it. When the reader changed (its code or its options), what is
landed is read again without asking the provider.
"""

import functools
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from apportion.errors import DeliveryRefused
from apportion.settings import Settings
from ingest import records
from ingest.fetch import Fetcher
from ingest.lake import LakeWriter
from ingest.landing import Landing
from ingest.ledger import current_of
from ingest.records import Header, Manifest, Record, Refusal, Typed
from ingest.registry import find_source, open_source
from ingest.restated import HELD, check_coverage, check_restatement, replaced
from ingest.source import Delivery, Window


@dataclass(slots=True)
class CollectResult:
    """What one collection did: deliveries, rows and objects of this call alone."""

    source_name: str
    landed: int = 0
    typed: int = 0
    unchanged: int = 0
    rows: int = 0
    quarantined_rows: int = 0
    objects_fetched: int = 0
    refused: list[DeliveryRefused] = field(default_factory=list)


def collect(
    settings: Settings,
    source_name: str,
    window: Window,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> CollectResult:
    """Land and type what a source has for the window; what is there already is left alone.

    A delivery that is refused does not stop the others; it is in the result and in the ledger.

    Raises:
        SourceUnavailable: the provider could not be reached within the retry budget. What was
            landed until then stays; the next run continues.
        ConfigError: a setting or a reference table is wrong.
        Busy: another run is collecting the same source.
    """
    collector = _Collector(settings, source_name, sleep)
    with collector.landing.locked():
        collector.admit()
        for delivery in collector.discover(window):
            collector.take(delivery)
        collector.restore()
    return collector.result


class _Collector:
    """One collection of one source."""

    def __init__(
        self, settings: Settings, source_name: str, sleep: Callable[[float], None]
    ) -> None:
        self.landing = Landing(settings.home, source_name)
        self.result = CollectResult(source_name)
        self._settings = settings
        self._source = open_source(settings, source_name)
        self._fetcher = Fetcher(self._source.store, self.landing, sleep)
        configured = find_source(settings, source_name)
        self._kind = configured.kind
        self._reader_version = _reader_version(json.dumps(configured.options, default=str))

    def discover(self, window: Window) -> list[Delivery]:
        """The deliveries of the window, older ones of a period first."""
        found = self._fetcher.patiently(lambda: list(self._source.discover(window)))
        trusted = Counter(_rank(delivery) for delivery in found if not delivery.refusal)
        return sorted((_unambiguous(one, trusted[_rank(one)]) for one in found), key=_rank)

    def take(self, delivery: Delivery) -> None:
        """Land and type a delivery, unless that is done or a newer one has replaced it."""
        history = self.landing.history(delivery.period)
        current = current_of(history)
        known = _find(history, delivery)
        if known and current and self._is_settled(known, current):
            self.result.unchanged += 1
            return
        is_newest = known and (current is None or known.header.rank >= current.header.rank)
        header = known.header if known and is_newest else self._header(delivery, history)
        try:
            check_coverage(delivery, header.delivery_id, replaced(history, header))
            manifest = self._land(delivery, header, history)
        except DeliveryRefused as refusal:
            self._refuse(header, refusal)
            return
        if current is None or manifest.rank >= current.header.rank:
            self._type(manifest, history)

    def admit(self) -> None:
        """Type what was approved since, so that newer deliveries are held against it."""
        for history in self.landing.histories():
            newest = history[-1]
            if newest.refusal and _is_trusted(newest):
                self._restore(newest, history)

    def restore(self) -> None:
        """Type from the landing zone what counts but is not in the lake as this reader types it."""
        for history in self.landing.histories():
            newest = next((r for r in reversed(history) if _is_trusted(r)), None)
            if newest and not self._is_typed(newest):
                self._restore(newest, history)

    def _restore(self, record: Record, history: list[Record]) -> None:
        """Type a landed delivery; one whose bytes never came waits for its provider."""
        manifest = record.manifest()
        if manifest is None:
            return
        try:
            self.landing.verify(manifest)
        except DeliveryRefused as refusal:
            self._refuse(manifest, refusal)
        else:
            self._type(manifest, history)

    def _is_settled(self, known: Record, current: Record) -> bool:
        """Whether a delivery that was seen before needs nothing more."""
        if known is current:
            return self._is_typed(known)
        return known.header.order < current.header.order

    def _is_typed(self, record: Record) -> bool:
        """Whether the rows are in the lake, as this reader types them."""
        typed = record.typed
        if typed is None or typed.reader_version != self._reader_version:
            return False
        files = (*typed.files, typed.quarantined) if typed.quarantined else typed.files
        return all((self._settings.home / file.path).is_file() for file in files)

    def _header(self, delivery: Delivery, history: list[Record]) -> Header:
        """The header of a new arrival."""
        sequence = 1 + max((record.header.sequence for record in history), default=0)
        return Header(
            source_name=delivery.source,
            kind=self._kind,
            period=delivery.period,
            version=delivery.version,
            order=delivery.order,
            sequence=sequence,
            delivery_id=f"{sequence:04d}-{records.identity(delivery)}",
        )

    def _land(self, delivery: Delivery, header: Header, history: list[Record]) -> Manifest:
        """Fetch what is missing and write the manifest, unless it is written already."""
        if delivery.refusal:
            raise delivery.refusal
        fetched_before = self._fetcher.fetched
        objects = self._fetcher.land(delivery, history)
        self.result.objects_fetched += self._fetcher.fetched - fetched_before
        earlier = self.landing.manifest(header)
        if earlier and earlier.objects == objects:
            return earlier
        if earlier:  # other bytes under the same listing: a manifest is never rewritten
            header = self._header(delivery, history)
        manifest = Manifest(
            **header.model_dump(include=set(Header.model_fields)),
            promised_rows=delivery.promised_rows,
            covers_through=delivery.covers_through,
            objects=objects,
        )
        self.landing.land(manifest)
        self.result.landed += 1
        return manifest

    def _type(self, manifest: Manifest, history: list[Record]) -> None:
        """Read landed bytes, write lake files, and make the delivery current."""
        try:
            typed = self._read(manifest)
            check_restatement(typed.counted(), replaced(history, manifest))
        except DeliveryRefused as refusal:
            self._refuse(manifest, refusal)
            return
        self.landing.complete(typed)
        self.result.typed += 1
        self.result.rows += typed.row_count
        self.result.quarantined_rows += typed.quarantined.row_count if typed.quarantined else 0

    def _read(self, manifest: Manifest) -> Typed:
        warehouse = self._settings.warehouse
        with LakeWriter(
            self._settings.home,
            manifest.source_name,
            manifest.delivery_id,
            {o.key: o.sha256 for o in manifest.objects},
            memory_limit=warehouse.memory_limit,
            threads=warehouse.threads,
        ) as writer:
            for batch in self._source.read(manifest.landed(self.landing.objects)):
                writer.add(batch)
            _check_row_count(manifest, writer.row_count + writer.quarantined_row_count)
            files, quarantined, control_totals = writer.finish()
        return Typed(
            **manifest.model_dump(include=set(Header.model_fields)),
            reader_version=self._reader_version,
            covers_through=manifest.covers_through,
            object_count=len(manifest.objects),
            row_count=writer.row_count,
            files=files,
            quarantined=quarantined,
            control_totals=control_totals,
        )

    def _refuse(self, header: Header, refusal: DeliveryRefused) -> None:
        self.result.refused.append(refusal)
        self.landing.refuse(
            Refusal(
                **header.model_dump(include=set(Header.model_fields)),
                code=refusal.code,
                message=refusal.message,
            )
        )


def _is_trusted(record: Record) -> bool:
    """Whether a landed delivery counts, or would once it is typed."""
    refusal = record.refusal
    is_approved = refusal is not None and refusal.code in HELD and record.approval is not None
    return record.typed is not None or refusal is None or is_approved


def _rank(delivery: Delivery) -> tuple[str, str]:
    return (delivery.period, delivery.order)


def _unambiguous(delivery: Delivery, same_rank: int) -> Delivery:
    """The delivery; refused if another one claims to be the newest of its period just as much."""
    if delivery.refusal or same_rank == 1:
        return delivery
    refusal = DeliveryRefused(
        "DELIVERY_AMBIGUOUS",
        f"{delivery.source} {delivery.period} version {delivery.version}: another delivery of the "
        "period is listed beside it, and nothing tells which is newer. The last good delivery "
        "stays current. Keep one of them in the manifest.",
    )
    return replace(delivery, refusal=refusal)


def _find(history: list[Record], delivery: Delivery) -> Record | None:
    """The last arrival of exactly what the provider lists now."""
    identity = records.identity(delivery)
    found = (r for r in reversed(history) if r.header.delivery_id.endswith(f"-{identity}"))
    return next(found, None)


def _check_row_count(manifest: Manifest, found: int) -> None:
    """Refuse a delivery that has not the rows it promised."""
    name = f"{manifest.source_name} {manifest.period} version {manifest.version}"
    if manifest.promised_rows not in (None, found):
        raise DeliveryRefused(
            "ROW_COUNT",
            f"{name}: {manifest.promised_rows:,} rows were promised, {found:,} came. The last good "
            "delivery stays current. Ask the provider to deliver again.",
        )


def _reader_version(options: str) -> str:
    """Changes whenever the same landed bytes could be typed differently."""
    return hashlib.sha256(f"{_code_hash()}\n{options}".encode()).hexdigest()[:16]


@functools.cache
def _code_hash() -> str:
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
