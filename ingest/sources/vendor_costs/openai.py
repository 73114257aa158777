"""The source kind `openai_costs`: what OpenAI bills an organization, by project and line item.

`GET /v1/organization/costs` (OpenAI API reference, Usage and Costs). Amounts are JSON numbers in
dollars; which model and kind of token a line item is stands in its text alone, which has no
promised form: it is the meter, and `model_meters.csv` says what a meter counts.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import ClassVar

import polars as pl
from pydantic import Field

from ingest.sources.vendor_costs.answers import VendorAnswers, VendorOptions
from ingest.sources.vendor_costs.api import Answer, Parameters
from ingest.sources.vendor_costs.source import VendorCostsSource, text

MOST_BUCKETS = 180


class OpenAiAnswers(VendorAnswers):
    """How OpenAI is asked, whatever for."""

    def credentials(self, key: str) -> dict[str, str]:
        """An admin key as bearer token."""
        return {"Authorization": f"Bearer {key}"}

    def day_of(self, bucket: Answer) -> date:
        """The day that begins at the bucket's Unix time.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`.
        """
        try:
            return datetime.fromtimestamp(int(bucket["start_time"]), UTC).date()
        except (KeyError, TypeError, ValueError):
            raise self.store.invalid(f"a bucket without a start: {bucket!r}"[:200]) from None

    def days(self, first: date, after: date, most: int) -> Parameters:
        """Daily buckets from `first` until before `after`, at most so many a page."""
        return [
            ("start_time", f"{_midnight(first)}"),
            ("end_time", f"{_midnight(after)}"),
            ("bucket_width", "1d"),
            ("limit", f"{min((after - first).days, most)}"),
        ]


class OpenAiCostsOptions(VendorOptions):
    """Whose costs, and who asks."""

    url: str = Field("https://api.openai.com", description="Another address of the API.")
    by_api_key: bool = Field(
        default=False,
        description="A charge for each API key, so that keys may have owners (`x_api_key_id`).",
    )


class OpenAiCostsSource(OpenAiAnswers, VendorCostsSource):
    """The costs of an organization at OpenAI."""

    options_model: ClassVar[type[VendorOptions]] = OpenAiCostsOptions
    provider = "OpenAI"
    service = "OpenAI API"

    def url(self) -> str:
        """The costs of the organization."""
        return f"{self._options.url.rstrip('/')}/v1/organization/costs"

    def question(self, report: str, first: date, after: date) -> Parameters:
        """Daily buckets, by project and line item."""
        del report
        return [
            *self.days(first, after, MOST_BUCKETS),
            ("group_by", "project_id"),
            ("group_by", "line_item"),
            *([("group_by", "api_key_id")] if self._options.by_api_key else []),
        ]

    def meanings(self, texts: pl.DataFrame) -> Sequence[pl.Expr]:
        """One amount for all measures: there are no commitments, and no other price is told."""
        amount = text(texts, "amount.value")
        return (
            *(amount.alias(cost) for cost in ("billed_cost", "effective_cost", "contracted_cost")),
            text(texts, "amount.currency").str.to_uppercase().alias("billing_currency"),
            text(texts, "project_id").alias("sub_account_id"),
            text(texts, "project_name").alias("sub_account_name"),
            pl.when(text(texts, "project_id").is_not_null())
            .then(pl.lit("Project"))
            .alias("sub_account_type"),
            text(texts, "line_item").alias("charge_description"),
            text(texts, "line_item").alias("sku_meter"),
            text(texts, "quantity").alias("consumed_quantity"),
            text(texts, "quantity_unit").alias("consumed_unit"),
            text(texts, "api_key_id").alias("x_api_key_id"),
        )


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
