"""The source kind `aws_cur`: cost and usage reports of AWS, read into `focus_charges`."""

from collections.abc import Iterable, Iterator

from ingest.deliveries import explicit_files, own_manifest
from ingest.source import Batch, Delivery, LandedDelivery, Window
from ingest.sources.aws.legacy import legacy_reports
from ingest.sources.aws.options import AwsCurOptions
from ingest.sources.aws.reading import ReportReader
from ingest.sources.focus.layouts import aws_data_exports
from ingest.sources.stored_source import StoredSource


class AwsCurSource(StoredSource[AwsCurOptions]):
    """The cost and usage report of one payer account."""

    options_model = AwsCurOptions

    def discover(self, window: Window) -> Iterable[Delivery]:
        """The current delivery of each billing period that meets the window.

        Raises:
            ConfigError: a configured file is not there.
            DeliveryRefused: our own manifest is missing or cannot be read.
        """
        options = self._options
        match options.layout:
            case "data_exports":
                return aws_data_exports(self.name, self.store, options.export or "", window)
            case "legacy":
                return legacy_reports(self.name, self.store, options.export or "", window)
            case "manifest":
                return own_manifest(self.name, self.store, window)
            case "files":
                return explicit_files(self.name, self.store, options.files)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """Type the charges of a period, in frames that fit in memory.

        Raises:
            DeliveryRefused: a file is damaged or no such report, too many rows are bad, a row
                belongs to another billing period, or there is no row at all.
        """
        return ReportReader(self.name, self.store, self._options, landed).batches()
