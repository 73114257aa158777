"""Where a provider puts its FOCUS files, and which of them make up a delivery.

What the listing alone shows to be untrustworthy (an unreadable manifest, a listed file that is not
there) becomes a delivery with a `refusal`, so that the other billing periods go on. A file is read
because a manifest or the configuration names it, never because it is there.
"""

import re
from collections.abc import Iterator

from apportion.errors import ConfigError, DeliveryRefused
from ingest.deliveries import MANIFEST, in_window, parse_manifest, resolve
from ingest.source import Delivery, Window, version_of
from ingest.sources.focus.manifests import AZURE_FOCUS, AwsManifest, AzureManifest
from ingest.stores import ObjectInfo, Store

AWS_MANIFEST = re.compile(r"/billing_period=(\d{4}-\d{2})/(?:.+/)?[^/]+-Manifest\.json$", re.I)
AZURE_MONTH = re.compile(r"(?:^|/)(\d{4})(\d{2})\d{2}-\d{8}/")


Run = tuple[AzureManifest, ObjectInfo]


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
    objects, incomplete = resolve(store, keys)
    version = manifest.execution_id or version_of(objects)
    return Delivery(source, period, version, "", (info, *objects), refusal=incomplete)


def _azure_deliveries(source: str, store: Store, runs: list[Run]) -> Iterator[Delivery]:
    widest = max(runs, key=lambda run: (run[0].last_day, run[0].order))
    newest = max(runs, key=lambda run: run[0].order)
    for manifest, info in (widest,) if newest is widest else (widest, newest):
        folder = info.key.rpartition("/")[0]
        keys = [f"{folder}/{blob.name.rpartition('/')[2]}".lstrip("/") for blob in manifest.blobs]
        objects, refusal = resolve(store, keys)
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
