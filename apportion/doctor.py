"""`apportion doctor`: is everything there that a run needs, and what to mend."""

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from apportion.errors import ApportionError
from apportion.settings import Settings, SourceSettings

if TYPE_CHECKING:
    from ingest.source import Delivery, Source

MINIMUM_FREE_GB = 5
GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `exit_code` is 0 where it is fine."""

    subject: str
    message: str
    exit_code: int = 0

    @property
    def is_ok(self) -> bool:
        """Whether there is nothing to mend."""
        return self.exit_code == 0

    def as_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Look at the home folder, the published release, every source and the company's tables."""
    return [
        Finding("configuration", f"{len(settings.sources)} sources, version {settings.version}"),
        _disk(settings),
        _release(settings),
        *(_source(settings, source) for source in settings.sources),
    ]


def _disk(settings: Settings) -> Finding:
    existing = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(existing).free // GIGABYTE
    message = f"{free} GB free in {existing}"
    if not os.access(existing, os.W_OK):
        return Finding(
            "disk", f"{existing} cannot be written: run as a user who may, or set --home", 6
        )
    if free < MINIMUM_FREE_GB:
        return Finding("disk", f"{message}; a run wants {MINIMUM_FREE_GB} GB: free some space", 1)
    return Finding("disk", message)


def _release(settings: Settings) -> Finding:
    from warehouse.releases import verify

    try:
        release = verify(settings.home)
    except ApportionError as error:
        return Finding("release", str(error), error.exit_code)
    if release is None:
        return Finding("release", "nothing is published yet; `apportion run` makes the first")
    return Finding("release", f"generation {release.generation}, usage to {release.usage_date}")


def _source(settings: Settings, source: SourceSettings) -> Finding:
    """Whether a source can be listed, and what it would deliver."""
    from ingest.registry import open_source
    from ingest.source import Window

    schedule = settings.schedule
    last = schedule.last_usage_date or schedule.first_usage_date
    try:
        opened = open_source(settings, source.name)
        found = list(opened.discover(Window(schedule.first_usage_date, last)))
        if source.kind == "reference":
            _read_tables(opened, found)
    except ApportionError as error:
        return Finding(source.name, str(error), error.exit_code)
    periods = sorted({delivery.period for delivery in found})
    if not periods:
        return Finding(
            source.name, "reachable, but nothing is delivered; check location and schedule", 7
        )
    return Finding(source.name, f"{len(found)} deliveries, {periods[0]} to {periods[-1]}")


def _read_tables(source: "Source", found: list["Delivery"]) -> None:
    """Read the tables that the company edits, so that a mistake is named before a run meets it."""
    from ingest.source import LandedDelivery, LandedObject

    with TemporaryDirectory() as folder:
        for delivery in found:
            objects = []
            for number, info in enumerate(delivery.objects):
                path = Path(folder) / str(number)
                source.store.fetch(info, path)
                objects.append(LandedObject(info.key, path, sha256=""))
            for _ in source.read(LandedDelivery(delivery, tuple(objects))):
                pass
