"""Is each source reachable, permitted and fresh, and can its currencies be converted."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from apportion.doctor.finding import Finding
from apportion.doctor.telemetry import Sampled, samples
from apportion.errors import ApportionError
from apportion.settings import Settings, SourceSettings

if TYPE_CHECKING:
    from ingest.source import Delivery, Source

LATEST_DAYS = {"day": 2, "month": 3}
"""How long after a usage day a provider may take until the day, or its month, is delivered."""

ASKED = ("anthropic_costs", "anthropic_usage", "openai_costs", "openai_usage")
"""Kinds that ask a vendor: there is no export that could have stopped."""

NOT_DELIVERED = 7
LARGEST_PROBE = 64 * 2**20
"""In bytes: larger objects are not fetched just to see whether they may be."""

_DATED = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


def source(settings: Settings, configured: SourceSettings, usage_date: date) -> Finding:
    """Whether a source can be listed, what it would deliver, and whether that is recent."""
    from ingest.registry import open_source
    from ingest.source import Window

    name = configured.name
    try:
        opened = open_source(settings, name)
        found = list(opened.discover(Window(settings.schedule.first_usage_date, usage_date)))
        look = _read_tables if configured.kind == "reference" else _probe
        with TemporaryDirectory() as folder:
            look(opened, found, Path(folder))
        sampled, unsampled = samples(opened) if isinstance(opened, Sampled) else ("", "")
    except ApportionError as error:
        return Finding(name, str(error), error.exit_code)
    periods = sorted({delivery.period for delivery in found})
    if not periods:
        message = "reachable, but nothing is delivered; check location and schedule"
        return Finding(name, message, NOT_DELIVERED)
    counted = f"{len(found)} {'delivery' if len(found) == 1 else 'deliveries'}"
    message = f"{counted}, {periods[0]} to {periods[-1]}" + (f"; {sampled}" if sampled else "")
    refused = [delivery.refusal for delivery in found if delivery.refusal]
    if refused:
        return Finding(
            name, f"{message}; {len(refused)} cannot be read: {refused[0]}", NOT_DELIVERED
        )
    stale = unsampled or _stale(periods, usage_date, configured.kind)
    return Finding(name, f"{message}; {stale}" if stale else message, is_late=bool(stale))


def _stale(periods: list[str], usage_date: date, kind: str) -> str:
    """What is late in the newest dated period; empty where nothing is."""
    dated = [match for match in map(_DATED.search, periods) if match]
    if not dated:
        return ""
    newest = max(match.group() for match in dated)
    length = "day" if len(newest) == len("2026-10-01") else "month"
    awaited = (usage_date - timedelta(days=LATEST_DAYS[length])).isoformat()[: len(newest)]
    if newest >= awaited:
        return ""
    if kind in ASKED:
        return (
            f"{awaited} is missing: look in the vendor's console whether anything was used since "
            f"{newest}, and whether `organization` and the key are those of who calls"
        )
    return f"{awaited} is missing: check that the export still runs, and that it is complete"


def currencies(settings: Settings, usage_date: date) -> Iterator[Finding]:
    """Whether every billed currency that has been ingested has a rate on the newest day."""
    from ingest.ledger import Ledger

    try:
        current = Ledger(settings.home, _names(settings)).current_deliveries()
    except ApportionError as error:
        yield Finding("currencies", str(error), error.exit_code)
        return
    billed = {total.billing_currency for one in current for total in one.control_totals}
    if not billed:
        return
    reporting = settings.organization.reporting_currency
    missing = sorted(billed - {reporting} - _converted(settings, usage_date))
    if missing:
        yield Finding(
            "currencies",
            f"{', '.join(missing)} has no rate to {reporting} on {usage_date}: add a line to "
            "exchange_rates.csv",
            6,
        )
        return
    yield Finding("currencies", f"{', '.join(sorted(billed))} reported in {reporting}")


def _converted(settings: Settings, usage_date: date) -> set[str]:
    """The currencies with a rate to the reporting currency in the tables as they were ingested."""
    import polars as pl

    from ingest.ledger import Ledger

    files = [
        file
        for file in Ledger(settings.home, _names(settings)).current_files()
        if file.table == "exchange_rates"
    ]
    if not files:
        return set()
    rates = pl.concat(pl.read_parquet(file.path) for file in files)
    in_force = rates.filter(
        pl.col("reporting_currency") == settings.organization.reporting_currency,
        pl.col("valid_from") <= usage_date,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > usage_date),
    )
    return set(in_force["currency"])


def _names(settings: Settings) -> set[str]:
    return {configured.name for configured in settings.sources}


def _probe(opened: "Source", found: list["Delivery"], folder: Path) -> None:
    """Fetch the smallest object of the newest delivery: who may list may not always read."""
    sound = [delivery for delivery in found if delivery.objects and not delivery.refusal]
    newest = max(sound, key=lambda delivery: delivery.period, default=None)
    if newest:
        smallest = min(newest.objects, key=lambda info: info.size or 0)
        if (smallest.size or 0) <= LARGEST_PROBE:
            opened.store.fetch(smallest, folder / "probe")


def _read_tables(opened: "Source", found: list["Delivery"], folder: Path) -> None:
    """Read the tables that the company edits, so that a mistake is named before a run meets it."""
    from ingest.source import LandedDelivery, LandedObject

    for delivery in found:
        objects = []
        for number, info in enumerate(delivery.objects):
            path = folder / str(number)
            opened.store.fetch(info, path)
            objects.append(LandedObject(info.key, path, sha256=""))
        for _ in opened.read(LandedDelivery(delivery, tuple(objects))):
            pass
