"""The source kind `focus`: deliveries of FOCUS Cost and Usage files, read into `focus_charges`."""

from collections.abc import Iterable, Iterator

from apportion.errors import DeliveryRefused
from ingest import deliveries
from ingest.source import Batch, Delivery, LandedDelivery, Window
from ingest.sources.focus import layouts
from ingest.sources.focus.azure_runs import azure_exports
from ingest.sources.focus.files import FileReader
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.focus.options import FocusOptions
from ingest.sources.stored_source import StoredSource
from ingest.text_blocks import UNTRUSTED


class FocusSource(StoredSource[FocusOptions]):
    """FOCUS files of one export."""

    options_model = FocusOptions

    def discover(self, window: Window) -> Iterable[Delivery]:
        """The newest delivery of each billing period that meets the window."""
        options = self._options
        match options.layout:
            case "aws_data_exports":
                return layouts.aws_data_exports(self.name, self.store, options.export or "", window)
            case "azure_exports":
                return azure_exports(self.name, self.store, options.export, window)
            case "manifest":
                return deliveries.own_manifest(self.name, self.store, window)
            case "files":
                return deliveries.explicit_files(self.name, self.store, options.files)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """Type the charges of a delivery, in frames that fit in memory.

        Raises:
            DeliveryRefused: a file is damaged or not a FOCUS file, too many rows are bad, a row
                belongs to another billing period, or there is no row at all.
        """
        keys = ChargeKeys(self.name, landed.delivery.period)
        is_empty = True
        for landed_object in landed.objects:
            if landed_object.key.endswith(".json"):
                continue
            reader = FileReader(
                landed_object,
                self.store.uri(landed_object.key),
                self._options,
                keys,
                landed.delivery.period,
            )
            for batch in reader.batches():
                is_empty = False
                yield batch
        if is_empty and landed.delivery.promised_rows != 0:
            raise DeliveryRefused(
                "EMPTY_DELIVERY",
                f"{self.name} {landed.delivery.period} version {landed.delivery.version}: a header "
                f"and not one charge. {UNTRUSTED} Ask the provider to deliver the period again.",
            )
