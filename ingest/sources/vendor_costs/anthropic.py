"""The source kind `anthropic_costs`: what Anthropic bills an organization, by workspace and kind.

`GET /v1/organizations/cost_report` (Anthropic API reference, Usage and Cost Admin API). Amounts are
decimal text in cents. Grouped by description, a result names its model, token type, service tier
and context window. What priority tier costs is not in the report.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

import polars as pl
from pydantic import Field

from ingest.decimals import decimal_of
from ingest.sources.vendor_costs.answers import VendorAnswers, VendorOptions
from ingest.sources.vendor_costs.api import Answer, Parameters
from ingest.sources.vendor_costs.source import VendorCostsSource, text

MOST_BUCKETS = 31
VERSION = "2023-06-01"
CENTS = -2
DEFAULT_WORKSPACE = "default"
"""A result without a workspace is one of the organization's default workspace."""

BESIDE = (
    *("cost_type", "model", "token_type", "service_tier", "context_window", "inference_geo"),
    "speed",
)


class AnthropicAnswers(VendorAnswers):
    """How Anthropic is asked, whatever for."""

    def credentials(self, key: str) -> dict[str, str]:
        """An admin key, and the version of the API that this is written for."""
        return {"x-api-key": key, "anthropic-version": VERSION}

    def day_of(self, bucket: Answer) -> date:
        """The day that begins at the bucket's RFC 3339 time.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`.
        """
        try:
            return datetime.fromisoformat(bucket["starting_at"]).date()
        except (KeyError, TypeError, ValueError):
            raise self.store.invalid(f"a bucket without a start: {bucket!r}"[:200]) from None

    def days(self, first: date, after: date, most: int) -> Parameters:
        """Daily buckets from `first` until before `after`, at most so many a page."""
        return [
            ("starting_at", f"{first}T00:00:00Z"),
            ("ending_at", f"{after}T00:00:00Z"),
            ("bucket_width", "1d"),
            ("limit", f"{min((after - first).days, most)}"),
        ]


class AnthropicCostsOptions(VendorOptions):
    """Whose costs, and who asks."""

    url: str = Field("https://api.anthropic.com", description="Another address of the API.")


class AnthropicCostsSource(AnthropicAnswers, VendorCostsSource):
    """The costs of an organization at Anthropic."""

    options_model: ClassVar[type[VendorOptions]] = AnthropicCostsOptions
    provider = "Anthropic"
    service = "Claude API"

    def url(self) -> str:
        """The cost report of the organization."""
        return f"{self._options.url.rstrip('/')}/v1/organizations/cost_report"

    def question(self, report: str, first: date, after: date) -> Parameters:
        """Daily buckets, by workspace and description."""
        del report
        return [
            *self.days(first, after, MOST_BUCKETS),
            ("group_by[]", "workspace_id"),
            ("group_by[]", "description"),
        ]

    def meanings(self, texts: pl.DataFrame) -> Sequence[pl.Expr]:
        """Cents as dollars, exactly; an amount that is no number stays as it is."""
        amount = pl.Series([_dollars(cents) for cents in texts["amount"]], dtype=pl.String)
        workspace = text(texts, "workspace_id")
        return (
            *(
                pl.lit(amount).alias(cost)
                for cost in ("billed_cost", "effective_cost", "contracted_cost")
            ),
            text(texts, "currency").alias("billing_currency"),
            pl.coalesce(workspace, pl.lit(DEFAULT_WORKSPACE)).alias("sub_account_id"),
            pl.lit("Workspace").alias("sub_account_type"),
            text(texts, "description").alias("charge_description"),
            text(texts, "description").alias("sku_meter"),
            *(text(texts, name).alias(f"x_{name}") for name in BESIDE),
        )


def _dollars(cents: str | None) -> str | None:
    value = decimal_of(cents) if cents else None
    return cents if value is None else f"{Decimal(value).scaleb(CENTS):f}"
