"""One landed FOCUS file: opened, bound to its columns, and read frame by frame."""

from collections.abc import Iterator

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.deliveries import MONTH
from ingest.readers import open_table
from ingest.source import Batch, LandedObject
from ingest.sources.focus.columns import Layout, bind, check_no_float_money
from ingest.sources.focus.keys import ChargeKeys, partitions
from ingest.sources.focus.options import FocusOptions
from ingest.sources.focus.quarantine import check_all_are_charges, check_share, quarantined_rows
from ingest.sources.focus.rows import type_charges
from ingest.sources.focus.totals import control_totals
from ingest.text_blocks import UNTRUSTED


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
        self._keys = keys
        self._period = period
        self._row_count = 0
        self._quarantined: list[pl.DataFrame] = []

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
                yield self._batch(frame, layout)
        bad_count = sum(frame.height for frame in self._quarantined)
        if bad_count:
            check_share(bad_count, self._row_count, pl.concat(self._quarantined), self._name)

    def _batch(self, frame: pl.DataFrame, layout: Layout) -> Batch:
        charges = type_charges(frame, layout, self._options.null_values)
        is_bad = charges.is_bad
        numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True) + self._row_count
        self._row_count += frame.height
        quarantined = quarantined_rows(frame, charges, self._landed.key, numbers)
        self._quarantined.append(quarantined)
        check_all_are_charges(quarantined, self._name)
        rows = charges.typed.with_columns(
            object_key=pl.lit(self._landed.key),
            object_sha256=pl.lit(self._landed.sha256),
            object_row=numbers,
        ).filter(~is_bad)
        self._check_period(rows)
        return Batch(
            "focus_charges",
            rows.with_columns(self._keys.of(rows)),
            partitions(rows),
            quarantined,
            control_totals(charges, is_bad),
        )

    def _check_period(self, rows: pl.DataFrame) -> None:
        if not MONTH.fullmatch(self._period):
            return
        other = rows.filter(pl.col("billing_period_start").dt.strftime("%Y-%m") != self._period)
        if other.height:
            raise DeliveryRefused(
                "PERIOD_MISMATCH",
                f"{self._name} row {other['object_row'][0]}: billed in the period that starts "
                f"{other['billing_period_start'][0]}, in a delivery of {self._period}. "
                f"{UNTRUSTED} Ask the provider for the right file of the period.",
            )
