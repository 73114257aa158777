"""One landed FOCUS file: opened, bound to its columns, and read frame by frame."""

from collections.abc import Iterable, Iterator

import polars as pl

from ingest.readers import TextTable, open_table
from ingest.source import Batch, LandedObject
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import PRICED, bind, check_no_float_money
from ingest.sources.focus.datasets import (
    Dataset,
    bind_dataset,
    dataset_batch,
    dataset_of,
)
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
            dataset = dataset_of(table.columns)
            if dataset:
                yield from self._others(table, dataset)
                return
            layout = bind(table.columns, self._name, self._options.focus_version)
            self._check_money((layout.names.get(column) for column in PRICED), table)
            for frame in table.frames:
                yield self._batches.of(frame, layout)
        self._batches.check_share()

    def _others(self, table: TextTable, dataset: Dataset) -> Iterator[Batch]:
        """The rows of another dataset than Cost and Usage."""
        bound = bind_dataset(table.columns, dataset, self._name)
        self._check_money((bound.names.get(column) for column in dataset.money), table)
        first = 1
        for frame in table.frames:
            is_null = pl.all().is_in(list(self._options.null_values))
            rows = frame.select(pl.when(~is_null).then(pl.all()))
            yield dataset_batch(rows, dataset, bound, self._landed, first)
            first += frame.height

    def _check_money(self, money: Iterable[str | None], table: TextTable) -> None:
        if not self._options.accept_float_costs:
            check_no_float_money(money, table.float_columns, self._name)
