"""One landed file of a Google Cloud billing export: flattened, bound, and read frame by frame."""

from collections.abc import Iterator

import polars as pl

from ingest.source import Batch, LandedObject
from ingest.sources.focus import columns as focus
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.gcp.columns import bind, canonical, is_focus
from ingest.sources.gcp.flat import flat_rows
from ingest.sources.gcp.labels import SOURCES, merged
from ingest.sources.gcp.rows import charges

FOCUS_VERSION = "1.2"
NULLS = ("",)


def batches(landed: LandedObject, name: str, keys: ChargeKeys, period: str) -> Iterator[Batch]:
    """The charges and the quarantined rows of a file.

    Args:
        landed: the file.
        name: its address, for messages; the ending names the format.
        keys: the charge keys of the delivery, shared by its files.
        period: what the delivery replaces; if it is a month, every row must be billed in it.

    Raises:
        DeliveryRefused: the file cannot be trusted; possibly after some batches.
    """
    made = ChargeBatches(landed, name, keys, period, NULLS)
    for frame in flat_rows(landed.path, name):
        if frame.is_empty():
            continue
        if is_focus(frame.columns):
            rows = _with_tags(frame)
            yield made.of(rows, focus.bind(rows.columns, name, FOCUS_VERSION), frame)
        else:
            header = bind(frame.columns, name)
            rows = charges(canonical(frame, header)).with_columns(frame.select(header.others))
            yield made.of(rows, focus.mapped(rows.columns), frame)
    made.check_share()


def _with_tags(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame of the FOCUS table with its tags and labels as one JSON object."""
    names = dict(zip(SOURCES, ("x_ProjectLabels", "Tags", "x_Labels"), strict=True))
    sources = frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None, pl.String)).alias(source)
        for source, name in names.items()
    )
    return frame.with_columns(merged(sources).alias("Tags"))
