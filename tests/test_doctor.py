"""The doctor: clocks, sources that are late or closed, currencies without a rate."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apportion.doctor import examine
from apportion.doctor.finding import Finding
from apportion.doctor.machine import clock
from apportion.sample import SampleOptions, simulate
from apportion.settings import Settings, load
from ingest.collect import collect
from ingest.source import Window
from tests.ingest.vendor_server import KEY, vendor_server

TINY = SampleOptions(first_day=date(2026, 10, 1), days=1, requests=50, gpus=8)
DAY = date(2026, 10, 1)
MakeSettings = Callable[..., Settings]


@contextmanager
def server_with_clock(ahead: timedelta) -> Iterator[str]:
    """A server whose clock is ahead of ours; it denies every query."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", format_datetime(datetime.now(UTC) + ahead, usegmt=True))
            self.end_headers()

        def do_GET(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A simulated company, of which the bill of its data hall, in euros, and the tables are in."""
    folder = tmp_path_factory.mktemp("company")
    loaded = load(simulate(folder / "company", TINY).config, folder / "home")
    for name in ("data-hall", "reference"):
        assert collect(loaded, name, Window(DAY, DAY)).refused == []
    return loaded


@contextmanager
def server_with_samples(**ages: timedelta) -> Iterator[str]:
    """A Prometheus server whose metrics were last scraped so long ago, and that holds no other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = datetime.now(UTC)
            times = {name: (now - age).timestamp() for name, age in ages.items()}
            newest = [{"metric": {"of": n}, "value": [0, f"{t}"]} for n, t in times.items()]
            is_newest = "timestamp" in self.path
            kind, found = ("vector", newest) if is_newest else ("matrix", [])
            data = {"resultType": kind, "result": found}
            body = json.dumps({"status": "success", "data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def said(findings: list[Finding], subject: str) -> Finding:
    (found,) = [finding for finding in findings if finding.subject == subject]
    return found


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=2), "agrees with 127.0.0.1:"),
        (timedelta(minutes=20), "this machine is 1"),
        (timedelta(minutes=-20), "s ahead of 127.0.0.1:"),
    ],
)
def test_clocks_are_compared(make_settings: MakeSettings, ahead: timedelta, words: str) -> None:
    with server_with_clock(ahead) as url:
        source = {"name": "gpus", "kind": "prometheus", "url": url}
        found = said(examine(make_settings(source), DAY), "clock")
    assert words in found.message
    assert found.is_ok == (abs(ahead) < timedelta(minutes=1))


@pytest.mark.parametrize(
    ("ages", "mark", "words"),
    [
        ({"DCGM_FI_DEV_GPU_UTIL": 40, "kube_pod_labels": 90}, "ok", "newest sample 40 s old"),
        ({"DCGM_FI_DEV_GPU_UTIL": 3000, "kube_pod_labels": 9}, "LATE", "DCGM_FI_DEV_GPU_UTIL: no"),
        ({"DCGM_FI_DEV_GPU_UTIL": 3000}, "LATE", "newest sample 50 min old"),
        ({}, "LATE", "check that the server scrapes dcgm-exporter"),
    ],
)
def test_a_server_that_no_longer_scrapes_is_late(
    make_settings: MakeSettings, ages: dict[str, int], mark: str, words: str
) -> None:
    told = {name: timedelta(seconds=seconds) for name, seconds in ages.items()}
    with server_with_samples(**told) as url:
        source = {"name": "gpus", "kind": "prometheus", "url": url}
        found = said(examine(make_settings(source), DAY), "gpus")
    assert (found.mark, words in found.message) == (mark, True), found.message


def test_a_vendor_that_is_asked_by_default_has_its_clock_compared(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("apportion.doctor.machine._skew_seconds", asked.append)
    common = {"organization": "org-1", "admin_key": "env:NO_KEY"}
    usage = {"name": "usage", "kind": "openai_usage"} | common
    proxied = {"name": "costs", "kind": "anthropic_costs", "url": "http://127.0.0.1:9"} | common
    assert list(clock(make_settings(usage, proxied))) == []
    assert asked == ["http://127.0.0.1:9", "https://api.openai.com"]


def test_a_vendor_that_counts_nothing_any_more_is_late(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    with vendor_server() as vendor:
        result = {"object": "organization.usage.embeddings.result", "input_tokens": 1}
        text = json.dumps(result | {"num_model_requests": 1})
        vendor.others["embeddings"] = {"2026-10-01": [text]}
        source = {"name": "usage", "kind": "openai_usage", "url": vendor.url}
        settings = make_settings(source | {"organization": "org-1", "admin_key": "env:VENDOR_KEY"})
        assert said(examine(settings, DAY), "usage").message.startswith("1 delivery, 2026-10-01")
        late = said(examine(settings, date(2026, 10, 9)), "usage")
    assert late.mark == "LATE"
    assert "vendor's console whether anything was used since 2026-10-01" in late.message


def test_a_server_that_denies_queries_is_named(make_settings: MakeSettings) -> None:
    with server_with_clock(timedelta(0)) as url:
        source = {"name": "gpus", "kind": "prometheus", "url": url}
        found = said(examine(make_settings(source), DAY), "gpus")
    assert found.exit_code == 6
    assert "bearer_token" in found.message


def test_a_server_that_does_not_answer_is_named_once(make_settings: MakeSettings) -> None:
    source = {"name": "gpus", "kind": "prometheus", "url": "http://127.0.0.1:9"}
    findings = examine(make_settings(source), DAY)
    assert said(findings, "gpus").message.startswith("PROMETHEUS_UNREACHABLE")
    assert "clock" not in {finding.subject for finding in findings}


def test_what_is_late_is_named(settings: Settings) -> None:
    assert said(examine(settings, DAY), "gateway").is_ok
    later = examine(settings, date(2026, 10, 4))
    assert "2026-10-02 is missing" in said(later, "gateway").message
    assert said(later, "aws").is_ok
    assert "2026-11 is missing" in said(examine(settings, date(2026, 11, 4)), "aws").message


def test_a_currency_without_a_rate_is_named(settings: Settings) -> None:
    assert said(examine(settings, DAY), "currencies").message == "EUR reported in USD"
    before = said(examine(settings, date(2020, 1, 1)), "currencies")
    assert before.exit_code == 6
    assert "EUR has no rate to USD on 2020-01-01" in before.message
