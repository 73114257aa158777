"""A log of model calls in a folder, and what is in the lake because of it."""

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl

from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from tests.ingest.conftest import WINDOW


class CallLog:
    """The folder of a log, and the home it is collected into."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        folder.mkdir()

    def log(self, key: str, content: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def log_lines(self, *records: dict[str, Any], key: str = "2026-10-03/04/a.jsonl.gz") -> None:
        self.log(key, gzip.compress(jsonl(*records)))

    def collect(self) -> CollectResult:
        return collect(self.settings, self.settings.sources[0].name, WINDOW)

    def files(self, *, quarantined: bool = False) -> list[Path]:
        ledger = Ledger(self.settings.home)
        if quarantined:
            bad = [delivery.quarantined for delivery in ledger.current_deliveries()]
            return [file.path for file in bad if file]
        return [file.path for file in ledger.current_files()]

    def rows(self) -> list[dict[str, Any]]:
        self.collect()
        frames = [pl.read_parquet(path) for path in self.files()]
        return pl.concat(frames).sort("started_at").to_dicts() if frames else []

    def reasons(self) -> list[tuple[str, str, int]]:
        self.collect()
        frames = [pl.read_parquet(path) for path in self.files(quarantined=True)]
        columns = ("reason_code", "column_name", "object_row")
        return sorted(row for frame in frames for row in frame.select(columns).rows())


def jsonl(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def assert_nowhere(home: Path, text: str) -> None:
    """The text stands in no file below the home, decompressed or not."""
    paths = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.parent.name == "objects" for path in paths)
    for path in paths:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        elif path.suffix == ".parquet":
            content = pl.read_parquet(path).write_csv().encode()
        assert text.encode() not in content, path
