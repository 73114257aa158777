"""One landed FOCUS file: opened, bound to its columns, and read frame by frame."""

from collections.abc import Iterator

from ingest.readers import open_table
from ingest.source import Batch, LandedObject
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import bind, check_no_float_money
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.focus.options import FocusOptions


class FileReader:
    """Reads one file of a delivery.

    Args:
        landed: the object.
        name: its address, for messages.
        options: how to read it.
        keys: the charge keys of the delivery, shared by its files.
        period: what the delivery replaces; if it is a month, every row must be billed in it.
    """

    def __init__(
        self, landed: LandedObject, name: str, options: FocusOptions, keys: ChargeKeys, period: str
    ) -> None:
        self._landed = landed
        self._name = name
        self._options = options
        self._batches = ChargeBatches(landed, name, keys, period, options.null_values)

    def batches(self) -> Iterator[Batch]:
        """The file's charges and quarantined rows.

        Raises:
            DeliveryRefused: the file cannot be trusted; possibly after some batches.
        """
        vouched = self._options.layout == "azure_exports"
        with open_table(self._landed.path, self._name, needs_final_newline=not vouched) as table:
            layout = bind(table.columns, self._name, self._options.focus_version)
            if not self._options.accept_float_costs:
                check_no_float_money(layout, table.float_columns, self._name)
            for frame in table.frames:
                yield self._batches.of(frame, layout)
        self._batches.check_share()
