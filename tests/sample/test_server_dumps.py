"""Servers that the sample company fills say what its files say: LiteLLM's database, Prometheus."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.sample import SampleOptions, simulate
from apportion.settings import Settings, load
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest import postgres_server
from tests.ingest.prometheus_server import filled

pytestmark = pytest.mark.server
SERVERS = ("litellm_database", "prometheus")
OPTIONS = SampleOptions(
    days=1, requests=300, gpus=40, sample_interval_seconds=1800, servers=SERVERS
)
DAY = Window(OPTIONS.first_day, OPTIONS.first_day)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("servers") / "company"
    simulate(folder, OPTIONS)
    return folder


def rows(settings: Settings, name: str) -> pl.DataFrame:
    result = collect(settings, name, DAY, sleep=lambda _: None)
    assert (result.refused, result.quarantined_rows) == ([], 0)
    files = Ledger(settings.home, {name}).current_files()
    return pl.concat([pl.read_parquet(file.path) for file in files])


def from_files(company: Path, name: str) -> pl.DataFrame:
    return rows(load(company / "apportion.toml", company / "var"), name)


def test_the_configuration_says_what_to_load(company: Path) -> None:
    text = (company / "apportion.toml").read_text()
    assert 'psql "$LITELLM_DSN" -f exports/servers/litellm.sql' in text
    commented = text.replace("# [[", "[[").replace("# name", "name").replace("# kind", "kind")
    uncommented = commented.replace("# dsn", "dsn").replace("# url", "url")
    kinds = [line.split('"')[1] for line in uncommented.splitlines() if line.startswith("kind")]
    assert {"litellm_database", "prometheus"} <= set(kinds)


def test_a_litellm_database_holds_the_calls_of_the_log(
    company: Path,
    make_settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with postgres_server.serving() as dsn:
        psql = [postgres_server.program("psql"), "-q", "-v", "ON_ERROR_STOP=1", dsn]
        subprocess.run([*psql, "-f", str(company / "exports/servers/litellm.sql")], check=True)
        monkeypatch.setenv("LITELLM_DSN", dsn)
        key = f"file:{company / 'log-hmac.key'}"
        section: dict[str, Any] = {"kind": "litellm_database", "dsn": "env:LITELLM_DSN"}
        section |= {"name": "gateway", "hmac_key": key, "prompt_block_characters": 256}
        found = rows(make_settings(section), "gateway").sort("request_id")
    told = from_files(company, "gateway").sort("request_id")
    assert found.height == told.height > 300
    places = {"source_name", "object_key", "object_sha256", "object_row"}
    unknown = {"trace_id", "is_streamed"}  # LiteLLM's table has no such columns
    instants = ("started_at", "completed_at", "first_token_at")
    same = [name for name in told.columns if name not in places | unknown | {*instants}]
    assert found.select(same).equals(told.select(same))
    for instant in instants:
        assert ((found[instant] - told[instant]).dt.total_microseconds().abs() <= 500).all()


def test_a_prometheus_server_holds_the_samples_of_the_dump(
    company: Path, make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    path = company / "exports" / "servers" / "prometheus" / f"{OPTIONS.first_day}.om.gz"
    told = from_files(company, "prometheus")
    with filled(tmp_path, gzip.decompress(path.read_bytes()).decode()) as url:
        metrics = sorted(told["metric"].unique())
        section = {"name": "gpus", "kind": "prometheus", "url": url, "metrics": metrics}
        found = rows(make_settings(section), "gpus")
    columns = ["metric", "labels", "sample_at", "value"]
    assert found.height > 5_000
    assert found.select(columns).sort(columns).equals(told.select(columns).sort(columns))
