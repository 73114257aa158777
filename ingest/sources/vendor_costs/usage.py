"""The usage APIs of vendors, read into `model_api_usage`: what a vendor itself counted of calls.

A vendor says what a result means; whole and parts are held against each other here,
as those of a request are. A result without the counts that its reference promises means that the
API has changed: the day is refused, since nobody knows what it would leave out.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

import polars as pl

from ingest.schemas import MODEL_API_USAGE
from ingest.source import Batch, LandedDelivery
from ingest.sources.quarantine import BadRow, quarantined_rows
from ingest.sources.vendor_costs.answers import VendorAnswers
from ingest.sources.vendor_costs.api import Answer

TABLE = "model_api_usage"
COUNTS = tuple(name for name, kind in MODEL_API_USAGE.items() if kind == pl.Int64)
PARTS = (
    (("cache_read_input_tokens", "cache_creation_input_tokens"), "input_tokens"),
    (("cache_creation_1h_input_tokens",), "cache_creation_input_tokens"),
    (("input_audio_tokens", "input_image_tokens"), "input_tokens"),
    (("output_audio_tokens", "output_image_tokens"), "output_tokens"),
)
"""Counts that are parts of another, which they cannot exceed together."""


class VendorUsageSource(VendorAnswers):
    """The usage of one organization, as its vendor counts it."""

    provider: ClassVar[str]
    """OpenTelemetry gen_ai.provider.name, so that logs and vendor speak of the same."""

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The counts of a day.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, a result is not what the reference describes.
        """
        period = landed.delivery.period
        named = {
            "usage_date": date.fromisoformat(period),
            "gen_ai_provider_name": self.provider,
            "billing_account_id": self._options.organization,
        }
        for found in landed.objects:
            good: list[dict[str, Any]] = []
            bad: list[BadRow] = []
            for number, result in enumerate(self.results(found, named["usage_date"]), 1):
                row = named | self.meaning(result)
                problem = _problem(row)
                if problem is None:
                    good.append({"object_key": found.key, "object_row": number} | row)
                else:
                    bad.append(BadRow(number, *problem, record=result))
            schema = {"object_key": pl.String, "object_row": pl.Int64, **MODEL_API_USAGE}
            yield Batch(
                TABLE,
                pl.DataFrame(good, schema=schema),
                pl.Series([period] * len(good), dtype=pl.String),
                quarantined_rows(TABLE, found.key, bad),
            )

    def meaning(self, result: Answer) -> dict[str, Any]:
        """The columns of `model_api_usage` that a result fills; counts as they were answered.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, it is no result that the reference describes.
        """
        raise NotImplementedError

    def promised(self, result: Answer, *names: str) -> list[Any]:
        """Members that every result has.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, one is missing.
        """
        missing = [name for name in names if result.get(name) is None]
        if missing:
            raise self.store.invalid(f"a result without {', '.join(missing)}: {result!r}"[:300])
        return [result[name] for name in names]


def added(*counts: Any) -> Any:
    """The sum of counts; the first that is none stays as it is, for quarantine to show."""
    wrong = [count for count in counts if not _is_count(count)]
    return wrong[0] if wrong else sum(counts)


def _problem(row: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Why a row cannot be trusted: code, column and explanation."""
    for column in COUNTS:
        count = row.get(column)
        if count is not None and not _is_count(count):
            return "BAD_NUMBER", column, f"{count!r} is not a count"[:200]
    for parts, whole in PARTS:
        together = sum(row.get(part) or 0 for part in parts)
        if together > (row.get(whole) or 0):
            return "TOKEN_IDENTITY", whole, f"its parts are {together}, more than the whole"
    return None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
