"""The source kind `rate_card`: owned or contracted hardware, priced by a table of the company."""

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl
from pydantic import Field

from apportion.errors import ConfigError
from ingest.deliveries import listed
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject, Window, version_of
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import mapped
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.rate_card.card import Line, days_of, parse
from ingest.sources.stored_source import StoredSource
from ingest.stores import StoreOptions

ONE_DAY = timedelta(days=1)


class RateCardOptions(StoreOptions):
    """Where the rate card is, and whose it is."""

    file: str = Field("rate_card.csv", description="The key of the table below the location.")
    provider: str = Field(
        min_length=1, description="Whom the hardware is paid to, or who owns it: `Data hall`."
    )
    billing_account_id: str = Field(
        "rate-card", min_length=1, description="The billing account of every charge."
    )


class RateCardSource(StoredSource[RateCardOptions]):
    """One rate card: a charge per item and day, a delivery per month."""

    options_model = RateCardOptions

    def discover(self, window: Window) -> Iterator[Delivery]:
        """The months of the window; a changed table is a new delivery of each.

        Raises:
            ConfigError: the table is not there.
        """
        key = self._options.file
        info = listed(self.store, key).get(key)
        if info is None:
            raise ConfigError(
                "FILE_MISSING",
                f'{self.store.uri(key)}: source "{self.name}" names this file, but it is not '
                "there. Nothing of this source was collected. Correct `file` in the configuration.",
            )
        month = window.first.replace(day=1)
        while month <= window.last:
            yield Delivery(self.name, f"{month:%Y-%m}", version_of([info]), "", (info,))
            month = (month + 31 * ONE_DAY).replace(day=1)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The charges of a month.

        Raises:
            ConfigError: `RATE_CARD_INVALID`, with every line that is wrong.
        """
        month = date.fromisoformat(f"{landed.delivery.period}-01")
        for found in landed.objects:
            name = self.store.uri(found.key)
            lines = parse(found.path.read_bytes(), name)
            rows = [row for day in days_of(month) for row in self._rows(lines, day)]
            if rows:
                yield self._batch(rows, found, name, landed.delivery.period)

    def _batch(
        self, rows: list[dict[str, str | int]], found: LandedObject, name: str, period: str
    ) -> Batch:
        frame = pl.DataFrame(rows)
        numbers = frame["number"]
        texts = frame.drop("number")
        made = ChargeBatches(found, name, ChargeKeys(self.name, period), period, ("",))
        return made.of(texts, mapped(texts.columns), texts, numbers)

    def _rows(self, lines: list[Line], day: date) -> Iterator[dict[str, str | int]]:
        month = day.replace(day=1)
        after = (month + 31 * ONE_DAY).replace(day=1)
        for line in lines:
            item = line.item
            cost = item.cost(day)
            if not cost:
                continue
            yield {
                "number": line.number - 1,
                **dict.fromkeys(("billed_cost", "effective_cost", "contracted_cost"), f"{cost:f}"),
                "billing_account_id": self._options.billing_account_id,
                "billing_currency": item.currency,
                "billing_period_start": f"{month}",
                "billing_period_end": f"{after}",
                "charge_category": "Usage",
                "charge_description": f"{item.item}, {item.basis}",
                "charge_frequency": "Recurring",
                "charge_period_start": f"{day}",
                "charge_period_end": f"{day + ONE_DAY}",
                "service_provider_name": self._options.provider,
                "invoice_issuer_name": self._options.provider,
                "host_provider_name": self._options.provider,
                "service_category": item.service_category,
                "service_name": item.service_name,
                "sku_meter": item.basis,
                "sub_account_id": item.sub_account_id,
                "region_id": item.region_id,
                "resource_id": item.resource_id,
                "resource_name": item.resource_name or item.resource_id,
                "tags": item.tags,
            }
