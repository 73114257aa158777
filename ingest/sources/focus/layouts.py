"""Where a provider puts its FOCUS files, and which of them make up a delivery.

What the listing alone shows to be untrustworthy (an unreadable manifest, a listed file that is not
there) becomes a delivery with a `refusal`, so that the other billing periods go on. A file is read
because a manifest or the configuration names it, never because it is there.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from apportion.errors import ConfigError, DeliveryRefused
from ingest.source import Delivery, Window, version_of
from ingest.sources.focus.manifests import (
    AZURE_FOCUS,
    AwsManifest,
    AzureManifest,
    OwnManifest,
    parse_manifest,
)
from ingest.stores import ObjectInfo, Store
from ingest.text_blocks import UNTRUSTED

MANIFEST = "manifest.json"
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
DAY = re.compile(MONTH.pattern + r"-(?:0[1-9]|[12]\d|3[01])")
AWS_MANIFEST = re.compile(r"/billing_period=(\d{4}-\d{2})/(?:.+/)?[^/]+-Manifest\.json$", re.I)
AZURE_MONTH = re.compile(r"(?:^|/)(\d{4})(\d{2})\d{2}-\d{8}/")


Run = tuple[AzureManifest, ObjectInfo]


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
        found = _listed(store, key).get(key)
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
        objects, refusal = _resolve(store, [file.key for file in entry.files])
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


def aws_data_exports(source: str, store: Store, export: str, window: Window) -> Iterator[Delivery]:
    """The current execution of each billing period of an AWS data export.

    AWS rewrites a period's manifest once all files of an execution are there, whether the export
    overwrites its files or creates new ones: the manifest names the current files, and what else
    lies in the folders does not count. Where executions keep manifests of their own, in folders
    named by time, the period's own manifest counts, else the newest.
    """
    manifests: dict[str, ObjectInfo] = {}
    for info in sorted(store.list(f"{export}/metadata/"), key=lambda info: info.key):
        found = AWS_MANIFEST.search(info.key)
        if found and in_window(found[1], window):
            known = manifests.get(found[1])
            if known is None or info.key.count("/") <= known.key.count("/"):
                manifests[found[1]] = info
    for period, info in manifests.items():
        yield _aws_delivery(source, store, export, period, info)


def azure_exports(
    source: str, store: Store, export: str | None, window: Window
) -> Iterator[Delivery]:
    """The newest run of each month of an Azure Cost Management export of FOCUS data.

    Every run holds its whole month. The newest of the runs that cover most days comes first; a
    newer run that covers fewer days is told as well, so that the collector can refuse it.

    Raises:
        ConfigError: the location holds several exports, and the configuration names none.
    """
    runs: dict[str, list[Run]] = {}
    for info in store.list(""):
        if info.key.rpartition("/")[2] != MANIFEST:
            continue
        try:
            manifest = parse_manifest(AzureManifest, store.read(info.key), store.uri(info.key))
        except DeliveryRefused as refusal:
            found = AZURE_MONTH.search(info.key)
            period = f"{found[1]}-{found[2]}" if found else f"file:{info.key}"
            if in_window(period, window):
                order = f"0-{info.key}"
                yield Delivery(source, period, version_of([info]), order, (info,), refusal=refusal)
            continue
        if (
            manifest.kind == AZURE_FOCUS
            and export in (None, manifest.export)
            and in_window(manifest.period, window)
        ):
            runs.setdefault(manifest.period, []).append((manifest, info))
    _check_one_export(
        source,
        store,
        {(run.export, run.resource_id) for found in runs.values() for run, _ in found},
    )
    for months_runs in runs.values():
        yield from _azure_deliveries(source, store, months_runs)


def _aws_delivery(
    source: str, store: Store, export: str, period: str, info: ObjectInfo
) -> Delivery:
    try:
        manifest = parse_manifest(AwsManifest, store.read(info.key), store.uri(info.key))
    except DeliveryRefused as refusal:
        return Delivery(source, period, version_of([info]), "", (info,), refusal=refusal)
    keys = [f"{export}/data/{file.rpartition('/data/')[2]}" for file in manifest.files]
    objects, incomplete = _resolve(store, keys)
    version = manifest.execution_id or version_of(objects)
    return Delivery(source, period, version, "", (info, *objects), refusal=incomplete)


def _azure_deliveries(source: str, store: Store, runs: list[Run]) -> Iterator[Delivery]:
    widest = max(runs, key=lambda run: (run[0].last_day, run[0].order))
    newest = max(runs, key=lambda run: run[0].order)
    for manifest, info in (widest,) if newest is widest else (widest, newest):
        folder = info.key.rpartition("/")[0]
        keys = [f"{folder}/{blob.name.rpartition('/')[2]}".lstrip("/") for blob in manifest.blobs]
        objects, refusal = _resolve(store, keys)
        yield Delivery(
            source,
            manifest.period,
            manifest.run_id,
            manifest.order,
            (info, *objects),
            promised_rows=manifest.row_count,
            covers_through=manifest.last_day,
            refusal=refusal or manifest.contradiction(objects, store.uri(info.key)),
        )


def _check_one_export(source: str, store: Store, scopes: set[tuple[str, str]]) -> None:
    if len({export for export, _ in scopes}) > 1:
        names = ", ".join(sorted({export for export, _ in scopes}))
    elif len(scopes) > 1:
        names = ", ".join(sorted(scope for _, scope in scopes))
    else:
        return
    raise ConfigError(
        "EXPORT_AMBIGUOUS",
        f'{store.uri("")}: source "{source}" would read several exports ({names}) as one, and each '
        "would replace the months of the others. Nothing of this source was collected. Configure "
        "one source per export, each with its own location or `export`.",
    )


def _resolve(
    store: Store, keys: Iterable[str]
) -> tuple[tuple[ObjectInfo, ...], DeliveryRefused | None]:
    """The listed objects behind the keys, and the refusal if any is missing."""
    wanted = list(dict.fromkeys(keys))
    listed: dict[str, ObjectInfo] = {}
    for folder in sorted({key.rpartition("/")[0] for key in wanted}):
        listed |= _listed(store, f"{folder}/" if folder else "")
    missing = [key for key in wanted if key not in listed]
    found = tuple(listed[key] for key in wanted if key in listed)
    return found, _incomplete(store, missing, len(wanted)) if missing else None


def _incomplete(store: Store, missing: list[str], wanted: int) -> DeliveryRefused:
    return DeliveryRefused(
        "MANIFEST_INCOMPLETE",
        f"{store.uri(missing[0])}: the manifest names this file, but it is not there; "
        f"{wanted - len(missing)} of {wanted} files are. {UNTRUSTED} The next run looks again; if "
        "it stays missing, ask the provider to deliver the period again.",
    )


def _listed(store: Store, prefix: str) -> dict[str, ObjectInfo]:
    return {info.key: info for info in store.list(prefix)}
