"""Deliveries that a manifest of ours or the configuration names, whatever they hold.

    location/manifest.json    {"deliveries": [{"period": "2026-10", "version": "1",
                                "files": [{"key": "…", "sha256": "…", "row_count": …}]}, ...]}

A file is read because a manifest or the configuration names it, never because it is there.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apportion.errors import ConfigError, DeliveryRefused
from ingest.source import Delivery, Window, version_of
from ingest.stores import ObjectInfo, Store
from ingest.text_blocks import UNTRUSTED

MANIFEST = "manifest.json"
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
DAY = re.compile(MONTH.pattern + r"-(?:0[1-9]|[12]\d|3[01])")
Manifest = TypeVar("Manifest", bound=BaseModel)


class OwnSection(BaseModel):
    """A part of our own `manifest.json`, for exports that no provider's layout describes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OwnFile(OwnSection):
    """A file of a delivery; `key` is relative to the location."""

    key: str
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    row_count: int | None = Field(None, ge=0)


class OwnDelivery(OwnSection):
    """A version of a billing period (`YYYY-MM`), or of anything else that it replaces whole."""

    period: str = Field(min_length=1)
    version: str = Field(min_length=1)
    files: tuple[OwnFile, ...] = Field(min_length=1)

    @property
    def row_count(self) -> int | None:
        """The rows of all files, if the manifest says them all."""
        counts = [file.row_count for file in self.files if file.row_count is not None]
        return sum(counts) if len(counts) == len(self.files) else None


class OwnManifest(OwnSection):
    """The whole of our own `manifest.json`."""

    deliveries: tuple[OwnDelivery, ...]


def parse_manifest(model: type[Manifest], content: bytes, uri: str) -> Manifest:
    """Read a manifest.

    Raises:
        DeliveryRefused: `MANIFEST_INVALID`.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        problems = (
            f'"{".".join(map(str, problem["loc"]))}": {problem["msg"]}'
            if problem["loc"]
            else problem["msg"]
            for problem in error.errors()
        )
        raise invalid(uri, "; ".join(problems)) from None


def invalid(uri: str, problem: str) -> DeliveryRefused:
    """The refusal of a manifest that cannot be right."""
    return DeliveryRefused(
        "MANIFEST_INVALID",
        f"{uri}: {problem}. {UNTRUSTED} Ask the provider to deliver the period again.",
    )


def in_window(period: str, window: Window) -> bool:
    """Whether a billing period (`YYYY-MM`) or a usage day (`YYYY-MM-DD`) meets the window.

    A period of another kind always does.
    """
    if DAY.fullmatch(period):
        return f"{window.first}" <= period <= f"{window.last}"
    first, last = f"{window.first:%Y-%m}", f"{window.last:%Y-%m}"
    return not MONTH.fullmatch(period) or first <= period <= last


def explicit_files(source: str, store: Store, files: Iterable[str]) -> Iterator[Delivery]:
    """One delivery per configured file; a file that is replaced is a later delivery of it.

    Raises:
        ConfigError: a configured file is not there.
    """
    for key in files:
        found = listed(store, key).get(key)
        if found is None:
            raise ConfigError(
                "FILE_MISSING",
                f'{store.uri(key)}: source "{source}" names this file, but it is not there. '
                "Nothing of this source was collected. Correct `files` in the configuration.",
            )
        yield Delivery(source, f"file:{key}", version_of([found]), "", (found,))


def own_manifest(source: str, store: Store, window: Window) -> Iterator[Delivery]:
    """The deliveries that `manifest.json` at the location names.

    A later version sorts after an earlier one: as text, with numbers compared by value.

    Raises:
        DeliveryRefused: the manifest is missing or cannot be read, so that nothing is known.
    """
    manifest = parse_manifest(OwnManifest, store.read(MANIFEST), store.uri(MANIFEST))
    for entry in manifest.deliveries:
        if not in_window(entry.period, window):
            continue
        objects, refusal = resolve(store, [file.key for file in entry.files])
        hashes = {file.key: file.sha256 for file in entry.files}
        yield Delivery(
            source,
            entry.period,
            entry.version,
            re.sub(r"\d+", lambda number: number[0].zfill(20), entry.version),
            tuple(replace(info, sha256=hashes[info.key]) for info in objects),
            promised_rows=entry.row_count,
            refusal=refusal,
        )


def resolve(
    store: Store, keys: Iterable[str]
) -> tuple[tuple[ObjectInfo, ...], DeliveryRefused | None]:
    """The listed objects behind the keys, and the refusal if any is missing."""
    wanted = list(dict.fromkeys(keys))
    there: dict[str, ObjectInfo] = {}
    for folder in sorted({key.rpartition("/")[0] for key in wanted}):
        there |= listed(store, f"{folder}/" if folder else "")
    missing = [key for key in wanted if key not in there]
    found = tuple(there[key] for key in wanted if key in there)
    return found, _incomplete(store, missing, len(wanted)) if missing else None


def _incomplete(store: Store, missing: list[str], wanted: int) -> DeliveryRefused:
    return DeliveryRefused(
        "MANIFEST_INCOMPLETE",
        f"{store.uri(missing[0])}: the manifest names this file, but it is not there; "
        f"{wanted - len(missing)} of {wanted} files are. {UNTRUSTED} The next run looks again; if "
        "it stays missing, ask the provider to deliver the period again.",
    )


def listed(store: Store, prefix: str) -> dict[str, ObjectInfo]:
    """The objects below a prefix, by key."""
    return {info.key: info for info in store.list(prefix)}
