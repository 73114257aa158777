"""Calls that a collector wrote down say what the gateway's own log says of them."""

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.sample import SampleOptions, simulate
from apportion.sample.gateway_log import PROMPT_CANARY
from apportion.settings import load
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest.call_logs import assert_nowhere
from tests.sample.conftest import SMALL

SOURCE = ("source_name", "object_key", "object_sha256", "object_row")
OWN = (*SOURCE, "request_id", "request_tags", "prompt_hmac")
DAYS = dataclasses.replace(SMALL, days=2, requests=1_500)


def calls(directory: Path, home: Path, options: SampleOptions) -> pl.DataFrame:
    """Every call that the logs of a company tell of."""
    simulate(directory, options)
    settings = load(directory / "apportion.toml", home)
    last = settings.schedule.last_usage_date or settings.schedule.first_usage_date
    window = Window(settings.schedule.first_usage_date, last)
    for source in settings.sources:
        if source.kind in ("litellm", "otel_genai"):
            assert collect(settings, source.name, window).refused == []
    ledger = Ledger(settings.home)
    assert all(delivery.quarantined is None for delivery in ledger.current_deliveries())
    return pl.concat(pl.read_parquet(file.path) for file in ledger.current_files())


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame, Path]:
    """The calls of a company by its gateway alone, and by gateway and collector, and their home."""
    folder = tmp_path_factory.mktemp("spans")
    alone = calls(folder / "a", folder / "home-a", DAYS)
    both = calls(folder / "b", folder / "home-b", dataclasses.replace(DAYS, spans=True))
    return alone, both, folder / "home-b"


def comparable(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    trace = pl.col("trace_id").str.tail(16)
    return frame.with_columns(trace).drop(OWN).sort(pl.all()).rows()


def test_spans_say_what_the_gateway_says(
    logged: tuple[pl.DataFrame, pl.DataFrame, Path],
) -> None:
    alone, both, _ = logged
    spanned = both.filter(source_name="spans").height
    assert both.height == alone.height
    assert both.height // 3 < spanned < both.height * 2 // 3
    assert comparable(both) == comparable(alone)


def test_no_prompt_of_a_span_reaches_a_disk(
    logged: tuple[pl.DataFrame, pl.DataFrame, Path],
) -> None:
    assert_nowhere(logged[2], PROMPT_CANARY)
