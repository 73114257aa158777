"""Where legacy cost and usage reports lie, and which of their assemblies counts.

    <location>/<report>/20261001-20261101/<report>-Manifest.json     names the current assembly
    <location>/<report>/20261001-20261101/<assembly>/<report>-1.csv.gz, <report>-Manifest.json

The manifest beside the assemblies' folders is rewritten when a new assembly is whole; what else
lies there is old. AWS: "Cost and Usage Report delivery timeline" and "Delivery".
"""

import re
from collections.abc import Iterator

from pydantic import Field

from apportion.errors import DeliveryRefused
from ingest.deliveries import in_window, parse_manifest, resolve
from ingest.source import Delivery, Window, version_of
from ingest.sources.focus.manifests import ProviderSection
from ingest.stores import ObjectInfo, Store

PERIOD = re.compile(r"/(\d{4})(\d{2})01-\d{8}/[^/]+-Manifest\.json$")


class LegacyManifest(ProviderSection):
    """`<report>-Manifest.json`. Its columns are not those of the files, and are not read."""

    assembly: str = Field(validation_alias="assemblyId", min_length=1)
    keys: tuple[str, ...] = Field(validation_alias="reportKeys", min_length=1)


def legacy_reports(source: str, store: Store, report: str, window: Window) -> Iterator[Delivery]:
    """The current assembly of each billing period of a legacy report.

    Args:
        source: the name of the source.
        store: what `location` names.
        report: the report's name, the folder below the location.
        window: the usage days that are asked for.
    """
    for info in sorted(store.list(f"{report}/"), key=lambda info: info.key):
        found = PERIOD.search(info.key)
        period = f"{found[1]}-{found[2]}" if found else ""
        if found and in_window(period, window):
            yield _delivery(source, store, period, info)


def _delivery(source: str, store: Store, period: str, info: ObjectInfo) -> Delivery:
    try:
        manifest = parse_manifest(LegacyManifest, store.read(info.key), store.uri(info.key))
    except DeliveryRefused as refusal:
        return Delivery(source, period, version_of([info]), "", (info,), refusal=refusal)
    folder = info.key.rpartition("/")[0]
    keys = [f"{folder}/{key.partition(f'/{folder}/')[2]}" for key in manifest.keys]
    objects, incomplete = resolve(store, keys)
    return Delivery(source, period, manifest.assembly, "", (info, *objects), refusal=incomplete)
