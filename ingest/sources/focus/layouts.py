"""Where a provider puts its FOCUS files, and which of them make up a delivery.

What the listing alone shows to be untrustworthy (an unreadable manifest, a listed file that is not
there) becomes a delivery with a `refusal`, so that the other billing periods go on. A file is read
because a manifest or the configuration names it, never because it is there.
"""

import re
from collections.abc import Iterator

from apportion.errors import DeliveryRefused
from ingest.deliveries import in_window, parse_manifest, resolve
from ingest.source import Delivery, Window, version_of
from ingest.sources.focus.manifests import AwsManifest
from ingest.stores import ObjectInfo, Store

AWS_MANIFEST = re.compile(r"/billing_period=(\d{4}-\d{2})/(?:.+/)?[^/]+-Manifest\.json$", re.I)


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
