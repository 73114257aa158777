"""The source kind `oci_cost_report`: cost reports of Oracle Cloud, read into `focus_charges`."""

import re
from collections.abc import Iterator

import polars as pl
from pydantic import Field

from ingest.readers import open_table
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject, Window, version_of
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import check_no_float_money, mapped
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.oci.rows import MONEY, charges, check
from ingest.sources.stored_source import StoredSource
from ingest.stores import StoreOptions

REPORT = re.compile(r"\.(csv|csv\.gz|parquet)$")


class OciCostReportOptions(StoreOptions):
    """Where cost reports are."""

    prefix: str = Field("reports/cost-csv/", description="How the keys of cost reports begin.")
    null_values: tuple[str, ...] = Field(("",), description="Texts that stand for null.")


class OciCostReportSource(StoredSource[OciCostReportOptions]):
    """The cost reports of one tenancy.

    Oracle only ever adds files: each is a delivery of its own, and what it corrects is corrected by
    lines of a later one.
    """

    options_model = OciCostReportOptions

    def discover(self, window: Window) -> Iterator[Delivery]:
        """Every report: its name is a running number and says nothing about its days."""
        del window
        for info in self.store.list(self._options.prefix):
            if REPORT.search(info.key):
                yield Delivery(self.name, f"file:{info.key}", version_of([info]), "", (info,))

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """Type the charges of a report, in frames that fit in memory.

        Raises:
            DeliveryRefused: the file is damaged or no cost report, or too many rows are bad.
        """
        keys = ChargeKeys(self.name, landed.delivery.period)
        for found in landed.objects:
            yield from self._typed(found, keys)

    def _typed(self, found: LandedObject, keys: ChargeKeys) -> Iterator[Batch]:
        name = self.store.uri(found.key)
        made = ChargeBatches(found, name, keys, "", ("",))
        with open_table(found.path, name) as table:
            check(table.columns, name)
            check_no_float_money(MONEY, table.float_columns, name)
            nulls = list(self._options.null_values)
            for frame in table.frames:
                texts = frame.select(pl.when(~pl.all().is_in(nulls)).then(pl.all()))
                rows = charges(texts)
                yield made.of(rows, mapped(rows.columns), texts)
        made.check_share()
