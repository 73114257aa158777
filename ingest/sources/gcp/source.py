"""The source kind `gcp_billing`: Google Cloud's detailed and FOCUS exports as charges."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from apportion.errors import DeliveryRefused
from ingest.deliveries import explicit_files, own_manifest
from ingest.source import Batch, Delivery, LandedDelivery, Window
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.gcp.bigquery import BigQueryStore
from ingest.sources.gcp.options import GcpBillingOptions
from ingest.sources.gcp.reading import batches
from ingest.sources.stored_source import StoredSource
from ingest.stores import open_store
from ingest.text_blocks import UNTRUSTED


class GcpBillingSource(StoredSource[GcpBillingOptions]):
    """The export of one billing account."""

    options_model = GcpBillingOptions

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        valid = cls.options_model.model_validate(dict(options))
        if valid.bigquery:
            return cls(name, BigQueryStore(valid.bigquery), valid)
        return cls(name, open_store(valid.location, directory, valid), valid)

    def discover(self, window: Window) -> Iterable[Delivery]:
        """The partitions of the table, or what the manifest or the configuration names.

        Raises:
            ConfigError: the table or a configured file is not there, or access is denied.
            DeliveryRefused: the manifest is missing or cannot be read.
        """
        if isinstance(self.store, BigQueryStore):
            return self.store.deliveries(self.name, window)
        if self._options.files:
            return explicit_files(self.name, self.store, self._options.files)
        return own_manifest(self.name, self.store, window)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """Type the charges of a delivery, in frames that fit in memory.

        Raises:
            DeliveryRefused: a file is damaged or no such export, too many rows are bad, a row
                belongs to another billing period, or there is no row at all.
        """
        keys = ChargeKeys(self.name, landed.delivery.period)
        is_empty = True
        for found in landed.objects:
            name = self.store.uri(found.key)
            for batch in batches(found, name, keys, landed.delivery.period):
                is_empty = False
                yield batch
        if is_empty and landed.delivery.promised_rows != 0:
            raise DeliveryRefused(
                "EMPTY_DELIVERY",
                f"{self.name} {landed.delivery.period} version {landed.delivery.version}: not one "
                f"row. {UNTRUSTED} Export the period again.",
            )
