"""The seam between a provider and the pipeline.

A source describes deliveries and turns landed bytes into typed rows. It never retries, sleeps,
writes, remembers, or knows the scheduler: `ingest.collect` does all of that, once, for every source.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

import polars as pl

from ingest.stores import ObjectInfo, Store


@dataclass(frozen=True, slots=True)
class Window:
    """The usage days (UTC, inclusive) that a run asks for."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that a provider handed over: a version of a billing period, a day of logs.

    A later delivery of the same `period` replaces this one; `order` sorts the deliveries of a period
    (the greatest is current) and `version` is the provider's own name for it, or a hash of the
    fingerprints of its objects.
    """

    source: str
    period: str
    version: str
    order: str
    objects: tuple[ObjectInfo, ...]
    promised_rows: int | None = None


@dataclass(frozen=True, slots=True)
class LandedObject:
    """An object of a delivery whose bytes are landed and verified."""

    key: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class LandedDelivery:
    """A delivery whose objects are all landed; what `Source.read` works on."""

    delivery: Delivery
    objects: tuple[LandedObject, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Typed rows of one lake table, and the rows that could not be trusted.

    `rows` has the columns of `ingest.schemas.TABLES[table]` in any order (`source_name` and
    `object_sha256` may be left out: the collector fills them). `partitions` names, row by row, the
    partition of each row. `quarantined` has the columns of `ingest.schemas.QUARANTINE`.
    """

    table: str
    rows: pl.DataFrame
    partitions: pl.Series
    quarantined: pl.DataFrame | None = None
    control_totals: tuple["ControlTotal", ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What a delivery says was spent, added up in Python from the delivered text, so that the SQL
    that comes later can be held against it. All amounts are exact decimal text.
    """

    service_provider_name: str
    billing_account_id: str
    billing_period: date
    billing_currency: str
    row_count: int = 0
    billed_cost: str = "0"
    effective_cost: str = "0"
    list_cost: str = "0"
    contracted_cost: str = "0"
    quarantined_row_count: int = 0
    quarantined_billed_cost: str = "0"
    quarantined_effective_cost: str = "0"
    rounded_billed_cost: str = "0"
    rounded_effective_cost: str = "0"


class Source(Protocol):
    """A provider's deliveries, listed and read."""

    name: str
    store: Store

    def discover(self, window: Window) -> Iterable[Delivery]:
        """List the deliveries that hold usage of the window; no download; deterministic."""
        ...

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """Turn landed bytes into typed rows.

        Raises:
            DeliveryRefused: the delivery as a whole cannot be trusted.
        """
        ...
