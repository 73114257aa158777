"""The cost APIs of vendors as charges: what of them is the same for every vendor."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

import polars as pl

from ingest.source import Batch, LandedDelivery
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import mapped
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.vendor_costs.answers import ONE_DAY, VendorAnswers
from ingest.sources.vendor_costs.api import Answer


class VendorCostsSource(VendorAnswers):
    """The costs of one organization; a vendor says what a result means."""

    provider: ClassVar[str]
    service: ClassVar[str]

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The charges of a day.

        Raises:
            DeliveryRefused: too many of the results cannot be booked, or a saved answer is none.
        """
        keys = ChargeKeys(self.name, landed.delivery.period)
        for found in landed.objects:
            day = date.fromisoformat(landed.delivery.period)
            results = [_flat(result) for result in self.results(found, day)]
            if not results:
                continue
            texts = pl.DataFrame(results, infer_schema_length=None).cast(pl.String)
            made = ChargeBatches(found, self.store.uri(found.key), keys, "", ("",))
            rows = self._charges(texts, day)
            yield made.of(rows, mapped(rows.columns), texts)
            made.check_share()

    def meanings(self, texts: pl.DataFrame) -> Sequence[pl.Expr]:
        """The FOCUS columns of results, under their lake names, and what is kept beside them."""
        raise NotImplementedError

    def _charges(self, texts: pl.DataFrame, day: date) -> pl.DataFrame:
        month = day.replace(day=1)
        after = (month + timedelta(days=31)).replace(day=1)
        return texts.select(
            *self.meanings(texts),
            pl.lit(self._options.organization).alias("billing_account_id"),
            pl.lit("Organization").alias("billing_account_type"),
            pl.lit(f"{month}").alias("billing_period_start"),
            pl.lit(f"{after}").alias("billing_period_end"),
            pl.lit(f"{day}").alias("charge_period_start"),
            pl.lit(f"{day + ONE_DAY}").alias("charge_period_end"),
            pl.lit("Usage").alias("charge_category"),
            pl.lit("Usage-Based").alias("charge_frequency"),
            pl.lit("AI and Machine Learning").alias("service_category"),
            pl.lit("Generative AI").alias("service_subcategory"),
            pl.lit(self.service).alias("service_name"),
            *(
                pl.lit(self.provider).alias(column)
                for column in (
                    *("invoice_issuer_name", "provider_name", "publisher_name"),
                    *("service_provider_name", "host_provider_name"),
                )
            ),
        )


def text(texts: pl.DataFrame, column: str) -> pl.Expr:
    """A column of the results; null where none of them has it."""
    return pl.col(column) if column in texts.columns else pl.lit(None, pl.String)


def _flat(result: Answer) -> dict[str, str | None]:
    """A result's members as text; `amount.value` for what lies deeper."""
    flat: dict[str, str | None] = {}
    for name, value in result.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": _text(member) for inner, member in value.items()}
        else:
            flat[name] = _text(value)
    return flat


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
