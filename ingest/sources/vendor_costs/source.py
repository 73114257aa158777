"""What the cost APIs of vendors have in common: a delivery a day, the last days asked for anew.

Vendors fill and correct days for a while and do not say for how long; so every run asks again for a
trailing window, and a day whose answer changed is a new delivery that replaces the old one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from apportion.settings import resolve_secret
from ingest.source import Batch, Delivery, LandedDelivery, LandedObject, Window, version_of
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import mapped
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.vendor_costs.api import Answer, CostApi
from ingest.sources.vendor_costs.saved import SavedAnswers
from ingest.stores import StoreOptions, open_store

ONE_DAY = timedelta(days=1)


class VendorCostsOptions(StoreOptions):
    """Whose costs, and who asks."""

    admin_key: str | None = Field(None, description="`env:NAME` or `file:/path` of an admin key.")
    location: str = Field(
        "",
        description="Where a job saves the API's answers, `YYYY-MM-DD.json` for each day, instead "
        "of an `admin_key`: a bucket or a folder, as in other sources.",
    )
    organization: str = Field(
        min_length=1, description="The organization's id: the billing account of every charge."
    )
    trailing_days: int = Field(
        35, ge=1, description="How many days before the newest are asked for again in every run."
    )
    timeout_seconds: int = Field(60, ge=1, description="How long one answer may take.")

    @model_validator(mode="after")
    def _names_one_way(self) -> Self:
        if (self.admin_key is None) == (not self.location):
            raise ValueError("`admin_key` asks the API, or `location` says where answers are saved")
        return self


class VendorCostsSource:
    """The costs of one organization; a vendor says how to ask and what a result means."""

    options_model: ClassVar[type[VendorCostsOptions]]
    provider: ClassVar[str]
    service: ClassVar[str]

    def __init__(self, name: str, options: Any, directory: Path) -> None:
        self.name = name
        self._options = options
        self.store: CostApi | SavedAnswers = (
            SavedAnswers(open_store(options.location, directory, options))
            if options.location
            else CostApi(self.url(), self._headers, options.timeout_seconds)
        )

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        return cls(name, cls.options_model.model_validate(dict(options)), directory)

    def discover(self, window: Window) -> Iterator[Delivery]:
        """The days of the trailing window that have costs, as they are now, or the saved days.

        Raises:
            SourceUnavailable: the API does not answer.
            ConfigError: it denies access.
            DeliveryRefused: it answers something else than results.
        """
        if isinstance(self.store, SavedAnswers):
            for day, info in self.store.days(window):
                yield Delivery(self.name, f"{day}", version_of([info]), "", (info,))
        else:
            yield from self._asked(self.store, window)

    def _asked(self, api: CostApi, window: Window) -> Iterator[Delivery]:
        trailing = timedelta(days=self._options.trailing_days - 1)
        first = max(window.first, window.last - trailing)
        days: dict[date, list[Answer]] = {}
        for page in api.pages(self.question(first, window.last + ONE_DAY)):
            for bucket in page["data"]:
                days.setdefault(self.day_of(bucket), []).extend(bucket.get("results") or ())
        for day, results in sorted(days.items()):
            if results and first <= day <= window.last:
                info = api.keep(day, results)
                version = version_of([info])
                yield Delivery(self.name, f"{day}", version, "", (info,), len(results))

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The charges of a day.

        Raises:
            DeliveryRefused: too many of the results cannot be booked, or a saved answer is none.
        """
        keys = ChargeKeys(self.name, landed.delivery.period)
        for found in landed.objects:
            day = date.fromisoformat(landed.delivery.period)
            results = [_flat(result) for result in self._results(found, day)]
            if not results:
                continue
            texts = pl.DataFrame(results, infer_schema_length=None).cast(pl.String)
            made = ChargeBatches(found, self.store.uri(found.key), keys, "", ("",))
            rows = self._charges(texts, day)
            yield made.of(rows, mapped(rows.columns), texts)
            made.check_share()

    def _results(self, found: LandedObject, day: date) -> list[Answer]:
        """A day's results, as they were kept of the API's answers or saved as one of them."""
        if not isinstance(self.store, SavedAnswers):
            kept: list[Answer] = json.loads(found.path.read_bytes())["results"]
            return kept
        buckets = self.store.page(found.path, found.key)["data"]
        others = [other for bucket in buckets if (other := self.day_of(bucket)) != day]
        if others:
            raise self.store.invalid(f"{found.key} answers for {others[0]}")
        return [result for bucket in buckets for result in bucket.get("results") or ()]

    def url(self) -> str:
        """The address of the report."""
        raise NotImplementedError

    def question(self, first: date, after: date) -> list[tuple[str, str]]:
        """The parameters that ask for the days from `first` until before `after`."""
        raise NotImplementedError

    def credentials(self, key: str) -> dict[str, str]:
        """The headers that prove who asks."""
        raise NotImplementedError

    def day_of(self, bucket: Answer) -> date:
        """The usage day (UTC) of a bucket.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`.
        """
        raise NotImplementedError

    def meanings(self, texts: pl.DataFrame) -> Sequence[pl.Expr]:
        """The FOCUS columns of results, under their lake names, and what is kept beside them."""
        raise NotImplementedError

    def _headers(self) -> dict[str, str]:
        return self.credentials(resolve_secret(self._options.admin_key or ""))

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
