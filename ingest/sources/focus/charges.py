"""Frames of delivered text become batches of charges: typed, keyed, quarantined and added up.

Every source whose rows end as charges goes through here, whatever columns it reads, so that a bill
in a provider's own form is checked exactly as one in FOCUS columns is.
"""

from collections.abc import Sequence

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.deliveries import MONTH
from ingest.source import Batch, LandedObject
from ingest.sources.focus.columns import Layout
from ingest.sources.focus.keys import ChargeKeys, partitions
from ingest.sources.focus.quarantine import check_all_are_charges, check_share, quarantined_rows
from ingest.sources.focus.rows import type_charges
from ingest.sources.focus.totals import control_totals
from ingest.text_blocks import UNTRUSTED


class ChargeBatches:
    """Makes the batches of one object of a delivery.

    Args:
        landed: the object.
        name: its address, for messages.
        keys: the charge keys of the delivery, shared by its objects.
        period: what the delivery replaces; if it is a month, every row must be billed in it.
        null_values: texts that stand for null.
    """

    def __init__(
        self,
        landed: LandedObject,
        name: str,
        keys: ChargeKeys,
        period: str,
        null_values: Sequence[str],
    ) -> None:
        self._landed = landed
        self._name = name
        self._keys = keys
        self._period = period
        self._null_values = null_values
        self._row_count = 0
        self._quarantined: list[pl.DataFrame] = []

    def of(
        self,
        texts: pl.DataFrame,
        layout: Layout,
        delivered: pl.DataFrame | None = None,
        numbers: pl.Series | None = None,
    ) -> Batch:
        """The charges and the quarantined rows of a frame.

        Args:
            texts: rows as text.
            layout: what their columns mean.
            delivered: the same rows under the names that the provider gave, for the quarantine.
            numbers: their rows in the object; else they follow those of the frame before.

        Raises:
            DeliveryRefused: a row is no charge, or is billed in another period.
        """
        charges = type_charges(texts, layout, self._null_values)
        is_bad = charges.is_bad
        if numbers is None:
            first = self._row_count + 1
            numbers = pl.int_range(first, first + texts.height, dtype=pl.Int64, eager=True)
        self._row_count += texts.height
        frame = texts if delivered is None else delivered
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

    def check_share(self) -> None:
        """Refuse the object if too many of the rows so far are bad.

        Raises:
            DeliveryRefused: `MANY_BAD_ROWS`.
        """
        bad_count = sum(frame.height for frame in self._quarantined)
        if bad_count:
            check_share(bad_count, self._row_count, pl.concat(self._quarantined), self._name)

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
