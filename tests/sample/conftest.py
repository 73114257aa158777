"""Small sample companies, simulated once."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from apportion.sample import SampleOptions, SampleResult, simulate

SMALL = SampleOptions(first_day=date(2026, 10, 29), days=5, requests=4_000, gpus=90)
"""Five days over the end of a month."""


@dataclass(frozen=True)
class Company:
    """A simulated company on disk."""

    directory: Path
    result: SampleResult

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.result.truth / f"{name}.parquet")

    def requests(self) -> pl.DataFrame:
        """The gateway's log, as parsed JSON."""
        files = sorted((self.result.exports / "litellm").rglob("*.jsonl.gz"))
        return pl.concat(
            [pl.read_ndjson(file, infer_schema_length=None) for file in files],
            how="diagonal_relaxed",
        )


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The small company."""
    directory = tmp_path_factory.mktemp("company")
    return Company(directory, simulate(directory, SMALL))
