"""The text that a Prometheus exporter serves: its own exposition format, or OpenMetrics."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import polars as pl
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus
from prometheus_client.samples import Sample

from apportion.errors import ConfigError, DeliveryRefused
from ingest.sources import gzipped
from ingest.sources.samples import COLUMNS, canonical_labels
from ingest.text_blocks import UNTRUSTED, encoding_refused

ENDINGS = tuple(
    f"{ending}{compression}"
    for ending in (".prom", ".metrics", ".om", ".openmetrics", ".txt")
    for compression in ("", ".gz")
)
FRAME_ROWS = 50_000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants are stored in UTC without a zone


def read_scrape(path: Path, name: str, scrape_time: datetime | None) -> Iterator[pl.DataFrame]:
    """The samples of a scrape, in frames of `samples.COLUMNS`; a row number counts samples.

    Args:
        path: the landed file.
        name: the object's address; its ending tells whether it is compressed.
        scrape_time: when the samples were taken that carry no time (UTC, without a zone).

    Raises:
        DeliveryRefused: the text is damaged, too large, or not of either format.
        ConfigError: a sample carries no time, and there is no `scrape_time`.
    """
    samples = enumerate(_samples(_text(path, name), name), start=1)
    while chunk := list(islice(samples, FRAME_ROWS)):
        rows = [_row(number, sample, name, scrape_time) for number, sample in chunk]
        yield pl.DataFrame(rows, schema=pl.Schema(COLUMNS), orient="row")


def _text(path: Path, name: str) -> str:
    try:
        return gzipped.read_whole(path.read_bytes(), name).decode("utf-8")
    except UnicodeDecodeError:
        raise encoding_refused(name, "has a byte that is not UTF-8") from None


def _samples(text: str, name: str) -> Iterator[Sample]:
    is_openmetrics = text.rstrip().endswith("# EOF")
    parse: Callable[[str], Iterable[Metric]] = (
        parse_openmetrics if is_openmetrics else parse_prometheus
    )
    try:
        for family in parse(text):
            yield from family.samples
    except ValueError as error:
        raise DeliveryRefused(
            "INPUT_SCRAPE",
            f"{name}: not the text of a Prometheus exporter ({str(error)[:200]}). {UNTRUSTED} "
            "Deliver what the exporter serves, unchanged.",
        ) from error


def _row(
    number: int, sample: Sample, name: str, scrape_time: datetime | None
) -> tuple[object, ...]:
    taken = scrape_time if sample.timestamp is None else _instant(float(sample.timestamp))
    if taken is None:
        raise ConfigError(
            "SCRAPE_TIME_MISSING",
            f"{name} sample {number} ({sample.name}): carries no time, so it belongs to no day. "
            "The delivery cannot be read. Set `scrape_time` of the source to when the file was "
            "scraped.",
        )
    return (number, sample.name, canonical_labels(sample.labels), taken, float(sample.value))


def _instant(seconds: float) -> datetime:
    return EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
