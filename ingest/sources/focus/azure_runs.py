"""The runs of Azure Cost Management exports: found by their manifests, grouped by month.

Every run of an export holds its whole month so far, in a folder of its own with a `manifest.json`.
A file is read because the manifest of its run names it, never because it is there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apportion.errors import ConfigError, DeliveryRefused
from ingest.deliveries import MANIFEST, in_window, parse_manifest, resolve
from ingest.source import Delivery, Window, version_of
from ingest.sources.focus.manifests import AZURE_FOCUS, AzureManifest
from ingest.stores import ObjectInfo, Store

MONTH_FOLDER = re.compile(r"(?:^|/)(\d{4})(\d{2})\d{2}-\d{8}/")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an export: its manifest, and where that is."""

    manifest: AzureManifest
    info: ObjectInfo


def azure_exports(
    source: str, store: Store, export: str | None, window: Window
) -> Iterator[Delivery]:
    """The newest run of each month of an Azure Cost Management export of FOCUS data.

    The newest of the runs that cover most days comes first; a newer run that covers fewer days is
    told as well, so that the collector can refuse it.

    Raises:
        ConfigError: the location holds several exports, and the configuration names none.
    """
    months: dict[str, list[Run]] = {}
    for found in runs_by_month(source, store, window):
        if isinstance(found, Delivery):
            yield found
        elif found.manifest.kind == AZURE_FOCUS and export in (None, found.manifest.export):
            months.setdefault(found.manifest.period, []).append(found)
    check_one_export(source, store, (run for runs in months.values() for run in runs))
    for runs in months.values():
        yield delivery_of(source, store, widest(runs))
        if newest(runs) is not widest(runs):
            yield delivery_of(source, store, newest(runs))


def runs_by_month(source: str, store: Store, window: Window) -> Iterator[Run | Delivery]:
    """Every run of the window's months, of any export.

    For a manifest that cannot be read there is a refused delivery instead.
    """
    for info in store.list(""):
        if info.key.rpartition("/")[2] != MANIFEST:
            continue
        try:
            manifest = parse_manifest(AzureManifest, store.read(info.key), store.uri(info.key))
        except DeliveryRefused as refusal:
            found = MONTH_FOLDER.search(info.key)
            period = f"{found[1]}-{found[2]}" if found else f"file:{info.key}"
            if in_window(period, window):
                order = f"0-{info.key}"
                yield Delivery(source, period, version_of([info]), order, (info,), refusal=refusal)
            continue
        if in_window(manifest.period, window):
            yield Run(manifest, info)


def widest(runs: Sequence[Run]) -> Run:
    """The newest of the runs that cover most days."""
    return max(runs, key=lambda run: (run.manifest.last_day, run.manifest.order))


def newest(runs: Sequence[Run]) -> Run:
    """The run that was submitted last."""
    return max(runs, key=lambda run: run.manifest.order)


def delivery_of(source: str, store: Store, run: Run) -> Delivery:
    """A run as a delivery of its month; its manifest is the first object."""
    manifest, info = run.manifest, run.info
    folder = info.key.rpartition("/")[0]
    keys = [f"{folder}/{blob.name.rpartition('/')[2]}".lstrip("/") for blob in manifest.blobs]
    objects, refusal = resolve(store, keys)
    return Delivery(
        source,
        manifest.period,
        manifest.run_id,
        manifest.order,
        (info, *objects),
        promised_rows=manifest.row_count,
        covers_through=manifest.last_day,
        refusal=refusal or manifest.contradiction(objects, store.uri(info.key)),
    )


def check_one_export(source: str, store: Store, runs: Iterable[Run]) -> None:
    """Refuse to read the runs of several exports as those of one.

    Raises:
        ConfigError: `EXPORT_AMBIGUOUS`.
    """
    scopes = {(run.manifest.export, run.manifest.resource_id) for run in runs}
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
