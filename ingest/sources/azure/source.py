"""The source kind `azure_cost`: exports of actual and amortized cost, read into `focus_charges`."""

from collections.abc import Iterable, Iterator

from apportion.errors import ConfigError
from ingest.deliveries import listed
from ingest.source import Batch, Delivery, LandedDelivery, Window, version_of
from ingest.sources.azure.exports import paired_exports
from ingest.sources.azure.options import AzureCostOptions
from ingest.sources.azure.reading import MonthReader
from ingest.sources.stored_source import StoredSource


class AzureCostSource(StoredSource[AzureCostOptions]):
    """The exports of actual and amortized cost of one billing account or subscription."""

    options_model = AzureCostOptions

    def discover(self, window: Window) -> Iterable[Delivery]:
        """The newest runs of each month that meets the window, or one delivery per pair of files.

        Raises:
            ConfigError: a configured file is not there, or several exports could be meant.
        """
        if self._options.layout == "azure_exports":
            return paired_exports(self.name, self.store, self._options, window)
        return self._files()

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """Type the charges of a month, in frames that fit in memory.

        Raises:
            DeliveryRefused: a file is damaged or no such export, rows are missing, too many rows
                are bad, a row belongs to another billing period, or only one export is there and
                commitments need both.
        """
        return MonthReader(self.name, self.store, self._options, landed).batches()

    def _files(self) -> Iterator[Delivery]:
        for pair in self._options.files:
            keys = [key for key in (pair.actual, pair.amortized) if key]
            found = [listed(self.store, key).get(key) for key in keys]
            for key, info in zip(keys, found, strict=True):
                if info is None:
                    raise ConfigError(
                        "FILE_MISSING",
                        f'{self.store.uri(key)}: source "{self.name}" names this file, but it is '
                        "not there. Nothing of this source was collected. Correct `files` in the "
                        "configuration.",
                    )
            objects = tuple(info for info in found if info)
            yield Delivery(self.name, f"file:{'+'.join(keys)}", version_of(objects), "", objects)
