"""The seam between a provider and the pipeline.

A source describes deliveries and turns landed bytes into typed rows. It never retries, sleeps,
writes, remembers, or knows the scheduler: `ingest.collect` does all of that, once, for every
source.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.stores import ObjectInfo, Store


@dataclass(frozen=True, slots=True)
class Window:
    """The usage days (UTC, inclusive) that a run asks for."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that a provider handed over: a version of a billing period, a day of logs.

    A later delivery of the same `period` replaces this one; `order` sorts the deliveries of a
    period (the greatest is current; among equals the one that arrived last) and `version` is the
    provider's own name for it, or a hash of the fingerprints of its objects (`version_of`).

    `promised_rows` are held against the rows typed and quarantined. `covers_through` is the last
    usage day that the provider says the delivery covers, where it says so: a delivery that covers
    fewer days than the current one is refused. `refusal` is set where the listing alone shows that
    the delivery cannot be trusted (an unreadable manifest, a missing object): the collector records
    it and goes on with the other deliveries.
    """

    source: str
    period: str
    version: str
    order: str
    objects: tuple[ObjectInfo, ...]
    promised_rows: int | None = None
    covers_through: date | None = None
    refusal: DeliveryRefused | None = None


def version_of(objects: Iterable[ObjectInfo]) -> str:
    """A version for a delivery that its provider does not name: a hash of what it lists."""
    lines = sorted(f"{info.key}\0{info.fingerprint}" for info in objects)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


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

    `rows` has the columns and types of `ingest.schemas.TABLES[table]` in any order (`source_name`
    and `object_sha256` may be left out: the collector fills them). `partitions` names, row by row,
    the partition of each row: a usage day, a billing period, or `reference`. `quarantined` has the
    columns of `ingest.schemas.QUARANTINE` (`source_name` and `delivery_id` may be left out). A
    batch is what fits in memory; a delivery may have any number, of any tables, in any order.
    """

    table: str
    rows: pl.DataFrame
    partitions: pl.Series
    quarantined: pl.DataFrame | None = None
    control_totals: tuple["ControlTotal", ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What a delivery says was spent, per provider, billing account, month, currency and partition.

    Added up in Python from the delivered text, so that the SQL that comes later can be held
    against it. All amounts are exact decimal text. `partition` is that of the rows in the lake, so
    that a build can leave out days that it does not cover; it is empty where rows have none.
    """

    service_provider_name: str
    billing_account_id: str
    billing_period: date
    billing_currency: str
    partition: str = ""
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
        """List the deliveries that hold usage of the window; no download; deterministic.

        Raises:
            SourceUnavailable: the provider could not be reached (the collector tries again).
            ConfigError: the provider denies access, or the location is wrong.
        """
        ...

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """Turn landed bytes into typed rows.

        Raises:
            DeliveryRefused: the delivery as a whole cannot be trusted.
            ConfigError: a person must edit a table or a setting first (reference tables).
        """
        ...
