"""A source of lines in a folder, and what is in the lake because of it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.settings import Settings
from ingest import registry
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger, verify
from ingest.source import Window
from tests.ingest.prometheus_server import PrometheusServer, serving
from tests.ingest.vendor_server import KEY, Vendor, vendor_server

WINDOW = Window(date(2026, 10, 1), date(2026, 10, 31))


class Lines:
    """The provider's folder of one source, and the home it is collected into."""

    def __init__(self, settings: Settings, folder: Path, name: str) -> None:
        self.settings = settings
        self.folder = folder
        self.name = name
        self.waits: list[float] = []

    @property
    def landing(self) -> Path:
        return self.settings.home / "landing" / self.name

    def deliver(self, key: str, *lines: str) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))

    def collect(self) -> CollectResult:
        return collect(self.settings, self.name, WINDOW, sleep=self.waits.append)

    def values(self) -> list[float]:
        """The values of all current rows, read from verified lake files."""
        files = Ledger(self.settings.home, {self.name}).current_files()
        for file in files:
            verify(file)
        return sorted(value for file in files for value in pl.read_parquet(file.path)["value"])


@pytest.fixture
def make_lines(
    make_settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Lines]:
    kinds = {**registry.KINDS, "lines": "tests.ingest.lines_source:LinesSource"}
    monkeypatch.setattr(registry, "KINDS", kinds)

    def make(name: str = "lines", **options: Any) -> Lines:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        section = {"name": name, "kind": "lines", "location": name, **options}
        return Lines(make_settings(section), folder, name)

    return make


@pytest.fixture
def lines(make_lines: Callable[..., Lines]) -> Lines:
    return make_lines()


@pytest.fixture(scope="session")
def prometheus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus server that holds two days of samples; skips where it is not installed."""
    with serving(tmp_path_factory.mktemp("prometheus")) as server:
        yield server


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """An AI vendor's API on loopback."""
    with vendor_server() as server:
        yield server


@pytest.fixture
def configured(
    vendor: Vendor, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Settings]:
    """Make settings of one source that asks that vendor, by its kind and options."""
    monkeypatch.setenv("VENDOR_KEY", KEY)

    def make(kind: str, **options: object) -> Settings:
        section = {"name": "vendor", "kind": kind, "url": vendor.url, "organization": "org-1"}
        return make_settings(section | {"admin_key": "env:VENDOR_KEY"} | options)

    return make
