"""What the APIs of AI vendors have in common: a delivery a day, the last days asked for anew.

Vendors fill and correct days for a while and do not say for how long; so every run asks again for a
trailing window, and a day whose answer changed is a new delivery that replaces the old one.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from apportion.settings import resolve_secret
from ingest.source import Delivery, LandedObject, Window, version_of
from ingest.sources.vendor_costs.api import Answer, CostApi, Parameters
from ingest.sources.vendor_costs.saved import SavedAnswers
from ingest.stores import StoreOptions, open_store

ONE_DAY = timedelta(days=1)


class VendorOptions(StoreOptions):
    """Whose costs or usage, and who asks."""

    admin_key: str | None = Field(None, description="`env:NAME` or `file:/path` of an admin key.")
    location: str = Field(
        "",
        description="Where a job saves the API's answers, `YYYY-MM-DD.json` for each day, instead "
        "of an `admin_key`: a bucket or a folder, as in other sources.",
    )
    organization: str = Field(
        min_length=1, description="The organization's id: the billing account of its charges."
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


class VendorAnswers:
    """The answers for one organization; a vendor says how to ask for them."""

    options_model: ClassVar[type[VendorOptions]]
    reports: ClassVar[tuple[str, ...]] = ("",)
    """What follows the address, for each report whose answers make up a day."""

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
        """The days of the trailing window with results, as they are now, or the saved days.

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
        for report in self.reports:
            for page in api.pages(self.question(report, first, window.last + ONE_DAY), report):
                for bucket in page["data"]:
                    days.setdefault(self.day_of(bucket), []).extend(bucket.get("results") or ())
        for day, results in sorted(days.items()):
            if results and first <= day <= window.last:
                info = api.keep(day, results)
                version = version_of([info])
                yield Delivery(self.name, f"{day}", version, "", (info,), len(results))

    def results(self, found: LandedObject, day: date) -> list[Answer]:
        """A day's results, as they were kept of the API's answers or saved as one of them.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, a saved answer is none of that day.
        """
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

    def question(self, report: str, first: date, after: date) -> Parameters:
        """The parameters that ask a report for the days from `first` until before `after`."""
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

    def _headers(self) -> dict[str, str]:
        return self.credentials(resolve_secret(self._options.admin_key or ""))
