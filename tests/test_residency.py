"""Requests of real engines: attributed from what a gateway sees, against what the engine saw.

The engine's log tells when it began to work on each request; a gateway only sees when the request
arrived, when its first token came and when it ended. The truth is the share of GPU time: every
instant belongs in equal parts to the requests that the engine was running.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest

from apportion.settings import Organization, Schedule, Settings, SourceSettings
from ingest.source import ControlTotal
from tests.conftest import SAMPLE_DATA
from tests.warehouse.lake import Lake
from warehouse.build import build

pytestmark = pytest.mark.data

BENCHES = ("RTXPRO6000__Llama-3.1-8B", "RTXPRO6000__Qwen3-32B", "RTX4090__Llama-3.1-8B")
DAY = date(2026, 10, 1)
NOON = datetime(2026, 10, 1, 12)  # noqa: DTZ001 - the lake keeps UTC without a zone
HOUR_COST = Decimal("3.60")
CUT = "cut"
"""Suffix of a second deployment that serves the same requests, whose log says no ends."""

Row = dict[str, Any]


def logged(bench: str) -> list[Row]:
    path = SAMPLE_DATA / "inference" / "vllm-bench" / bench / "requests.jsonl.gz"
    if not path.exists():
        pytest.skip("the public sample data is not beside the repository (../shared/data)")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def requests(bench: str, deployment: str, *, is_cut: bool) -> Iterator[Row]:
    """The requests as a gateway would log them."""
    rows = logged(bench)
    origin = min(row["queued_ts"] for row in rows)

    def instant(name: str, row: Row) -> datetime:
        return NOON + timedelta(seconds=row[name] - origin)

    for row in rows:
        ends = {
            "first_token_at": instant("first_token_ts", row),
            "completed_at": instant("last_token_ts", row),
        }
        yield {
            "request_id": f"{deployment}/{row['request_id']}",
            "started_at": instant("queued_ts", row),
            **({} if is_cut else ends),
            "deployment_id": deployment,
            "gateway_team": "research",
            "status": "success",
            "input_tokens": row["input_toks"],
            "output_tokens": row["output_toks"],
        }


def gpu_samples(deployment: str) -> Iterator[Row]:
    """An hour of telemetry of the one GPU that the deployment holds."""
    pod = {"namespace": "serving", "pod": f"{deployment}-0"}
    gpu = {"Hostname": f"node-{deployment}", "UUID": f"GPU-{deployment}", "modelName": "RTX"}
    labels = {"label_app_kubernetes_io_name": deployment}
    yield sample("kube_pod_labels", pod | labels, NOON)
    for minute in range(60):
        at = NOON + timedelta(minutes=minute)
        yield sample("DCGM_FI_PROF_SM_ACTIVE", pod | gpu, at)


def sample(metric: str, labels: dict[str, str], at: datetime) -> Row:
    text = json.dumps(labels, sort_keys=True, separators=(",", ":"))
    return {"metric": metric, "labels": text, "sample_at": at, "value": 0.9}


def node_hour(deployment: str) -> Row:
    return {
        "charge_key": f"node-{deployment}",
        "billing_account_id": "1000",
        "service_provider_name": "Example Cloud",
        "billing_currency": "USD",
        "billing_period_start": datetime(2026, 10, 1),  # noqa: DTZ001
        "billing_period_end": datetime(2026, 11, 1),  # noqa: DTZ001
        "charge_category": "Usage",
        "charge_period_start": NOON,
        "charge_period_end": NOON + timedelta(hours=1),
        "resource_id": f"node-{deployment}",
        "billed_cost": HOUR_COST,
        "effective_cost": HOUR_COST,
    }


def billed(count: int) -> ControlTotal:
    total = str(HOUR_COST * count)
    return ControlTotal(
        service_provider_name="Example Cloud",
        billing_account_id="1000",
        billing_period=date(2026, 10, 1),
        billing_currency="USD",
        row_count=count,
        billed_cost=total,
        effective_cost=total,
    )


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release of one hour in which every bench ran twice: once with and once without ends."""
    home = tmp_path_factory.mktemp("residency")
    lake, since = Lake(home), {"valid_from": date(2026, 1, 1)}
    names = {f"{bench}{suffix}".lower(): bench for bench in BENCHES for suffix in ("", CUT)}
    tables = {
        "inference_requests": [
            row
            for name, bench in names.items()
            for row in requests(bench, name, is_cut=name.endswith(CUT))
        ],
        "prometheus_samples": [row for name in names for row in gpu_samples(name)],
        "focus_charges": [node_hour(name) for name in names],
        "teams": [{"team": "research", **since}],
        "deployments": [
            {"deployment": name, "model": bench, "hosting": "self_hosted", **since}
            for name, bench in names.items()
        ],
    }
    for table, rows in tables.items():
        is_reference = table in {"teams", "deployments"}
        place = "reference" if is_reference else DAY.isoformat()
        totals = (billed(len(rows)),) if table == "focus_charges" else ()
        lake.deliver(table, place, table, tuple(rows), [place] * len(rows), totals=totals)
    settings = Settings(
        organization=Organization(name="Bench"),
        schedule=Schedule(first_usage_date=DAY),
        sources=tuple(SourceSettings(name=table, kind="focus") for table in tables),
        home=home,
    )
    built = build(settings, DAY, "r1", progress=lambda *_: None)
    with duckdb.connect(built.path, read_only=True) as connection:
        yield connection


def truth(bench: str) -> "np.ndarray[Any, Any]":
    """Each request's share of the time in which the engine ran any."""
    rows = logged(bench)
    start = np.array([row["scheduled_ts"] for row in rows])
    end = np.array([row["last_token_ts"] for row in rows])
    edges = np.unique(np.concatenate([start, end]))
    running = (start[:, None] <= edges[:-1]) & (end[:, None] > edges[:-1])
    count = running.sum(axis=0)
    shares = (running * np.where(count, np.diff(edges) / np.maximum(count, 1), 0)).sum(axis=1)
    return np.asarray(shares / shares.sum())


def costs(connection: duckdb.DuckDBPyConnection, deployment: str) -> list[tuple[Decimal, str]]:
    return connection.execute(
        """
        select effective_cost, allocation_method from main.request_costs
        where deployment = ?
        order by cast(split_part(request_id, '-', -1) as integer)
        """,
        [deployment.lower()],
    ).fetchall()


def error(connection: duckdb.DuckDBPyConnection, deployment: str, bench: str) -> float:
    """Mean absolute percentage error per request."""
    attributed = costs(connection, deployment)
    share = np.array([float(amount / HOUR_COST) for amount, _ in attributed])
    expected = truth(bench)
    return float(np.mean(np.abs(share - expected) / expected))


@pytest.mark.parametrize("bench", BENCHES)
def test_residency_is_within_two_percent_of_what_the_engine_saw(
    released: duckdb.DuckDBPyConnection, bench: str
) -> None:
    attributed = costs(released, bench)
    assert len(attributed) == 300
    assert {method for _, method in attributed} == {"residency"}
    assert sum(amount for amount, _ in attributed) == HOUR_COST
    assert error(released, bench, bench) < 0.02


@pytest.mark.parametrize("bench", BENCHES)
def test_without_ends_the_requests_are_weighed_by_tokens(
    released: duckdb.DuckDBPyConnection, bench: str
) -> None:
    attributed = costs(released, bench + CUT)
    assert {method for _, method in attributed} == {"weighted_tokens"}
    assert sum(amount for amount, _ in attributed) == HOUR_COST
    assert 0.2 < error(released, bench + CUT, bench) < 0.25
