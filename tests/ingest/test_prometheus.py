"""Raw samples from a Prometheus server: a real one, and one that answers as it is told."""

import json
import shutil
import ssl
import subprocess
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from pydantic import ValidationError

from apportion.errors import ConfigError, DeliveryRefused, SourceUnavailable
from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger, verify
from ingest.source import Window
from ingest.sources.prometheus import PrometheusSource
from ingest.sources.prometheus.api import Chunk
from ingest.sources.prometheus.source import DEFAULT_METRICS
from tests.ingest.prometheus_server import (
    FIRST,
    NODE,
    POWER,
    STEP,
    STEPS,
    UTIL,
    PrometheusServer,
    Sample,
)

METRICS = [UTIL, POWER, NODE, "DCGM_FI_PROF_SM_ACTIVE"]
DAY = Window(date(2026, 10, 3), date(2026, 10, 3))
DAYS = Window(date(2026, 10, 3), date(2026, 10, 4))
PATIENT: list[float] = []


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def make_gpus(make_settings: Callable[..., Settings]) -> Callable[..., Settings]:
    def make(url: str, **options: Any) -> Settings:
        section = {"name": "gpus", "kind": "prometheus", "url": url, "metrics": METRICS}
        return make_settings(section | options)

    return make


def run(settings: Settings, window: Window = DAY) -> CollectResult:
    return collect(settings, "gpus", window, sleep=PATIENT.append)


def lake(settings: Settings) -> list[Sample]:
    """All current samples, read from verified lake files."""
    files = Ledger(settings.home, {"gpus"}).current_files()
    for file in files:
        verify(file)
    columns = ("metric", "labels", "sample_at", "value")
    rows = [pl.read_parquet(file.path).select(columns).rows() for file in files]
    return sorted(row for part in rows for row in part)


@pytest.mark.server
@pytest.mark.parametrize("minutes", [60, 360, 1440])
def test_every_sample_of_a_day_is_there_once_and_as_it_was_scraped(
    prometheus_server: PrometheusServer, make_gpus: Callable[..., Settings], minutes: int
) -> None:
    settings = make_gpus(prometheus_server.url, chunk_minutes=minutes)
    result = run(settings, DAYS)
    expected = prometheus_server.of_day("2026-10-03") + prometheus_server.of_day("2026-10-04")
    assert lake(settings) == sorted(s for s in expected if s[3] < 1e9)
    assert (result.rows, result.quarantined_rows) == (len(expected) - 1, 1)
    partitions = {file.partition for file in Ledger(settings.home).current_files()}
    assert partitions == {"2026-10-03", "2026-10-04"}


@pytest.mark.server
def test_the_same_answers_make_the_same_lake_files(
    prometheus_server: PrometheusServer, make_gpus: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_gpus(prometheus_server.url)
    other = settings.model_copy(update={"home": tmp_path / "other"})
    other.home.mkdir()
    for one in (settings, other):
        run(one)
    hashes = [
        {file.sha256 for file in Ledger(one.home).current_files()} for one in (settings, other)
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.server
def test_a_landed_day_is_not_asked_for_again(
    prometheus_server: PrometheusServer, make_gpus: Callable[..., Settings]
) -> None:
    settings = make_gpus(prometheus_server.url)
    assert run(settings).landed == 1
    assert run(settings).unchanged == 1
    moved = run(make_gpus("http://127.0.0.1:9"))
    assert (moved.objects_fetched, moved.rows) == (0, len(lake(settings)))


@pytest.mark.server
def test_a_higher_version_fetches_a_day_again(
    prometheus_server: PrometheusServer, make_gpus: Callable[..., Settings]
) -> None:
    first = run(make_gpus(prometheus_server.url))
    second = run(make_gpus(prometheus_server.url, version=2))
    assert first.objects_fetched == second.objects_fetched == 4 * len(METRICS)


@pytest.mark.server
def test_a_new_metric_is_fetched_beside_those_that_are_landed(
    prometheus_server: PrometheusServer, make_gpus: Callable[..., Settings]
) -> None:
    run(make_gpus(prometheus_server.url, metrics=[POWER]))
    settings = make_gpus(prometheus_server.url, metrics=[POWER, UTIL])
    assert run(settings).objects_fetched == 4
    assert {sample[0] for sample in lake(settings)} == {POWER, UTIL}


@pytest.mark.server
def test_a_day_that_the_server_knows_nothing_of_is_refused(
    prometheus_server: PrometheusServer, make_gpus: Callable[..., Settings]
) -> None:
    settings = make_gpus(prometheus_server.url)
    (refusal,) = run(settings, Window(date(2026, 9, 1), date(2026, 9, 1))).refused
    assert refusal.code == "EMPTY_DELIVERY"
    assert "retention" in refusal.message


def test_the_newest_sample_of_each_metric_is_known_by_one_query(
    prometheus_server: PrometheusServer,
) -> None:
    """Whatever its name, and where it was last scraped some time ago."""
    options = {"url": prometheus_server.url, "metrics": [POWER, UTIL, "vllm:prompt_tokens_total"]}
    source = PrometheusSource.from_options("gpus", options, Path("/"))
    last = FIRST + (STEPS - 1) * STEP
    for passed in (timedelta(seconds=30), timedelta(hours=3)):
        newest = source.newest_samples(last + passed)
        assert newest == dict.fromkeys((POWER, UTIL), last)
    assert source.newest_samples(last + timedelta(days=1)) == {}


def test_an_unreachable_server_is_named_with_what_to_check(
    make_gpus: Callable[..., Settings],
) -> None:
    with pytest.raises(SourceUnavailable) as error:
        run(make_gpus("http://127.0.0.1:9"))
    assert error.value.code == "PROMETHEUS_UNREACHABLE"
    assert "http://127.0.0.1:9: ConnectError" in error.value.message
    assert "Check that the server runs" in error.value.message


@dataclass
class Fake:
    """A server that gives the answers that it is told, and keeps what it was asked."""

    url: str = ""
    answers: list[tuple[int, str, str]] = field(default_factory=list)
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    server: ThreadingHTTPServer | None = None

    def encrypt(self, context: ssl.SSLContext) -> None:
        assert self.server is not None
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def tell(self, status: int, document: object, kind: str = "application/json") -> None:
        text = document if isinstance(document, str) else json.dumps(document)
        self.answers.append((status, kind, text))


@pytest.fixture
def fake() -> Iterator[Fake]:
    told = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(parse_qs(urlsplit(self.path).query))
            told.headers.append(dict(self.headers))
            status, kind, text = told.answers.pop(0) if told.answers else (200, JSON, matrix())
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    told.server = server
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


JSON = "application/json"
NOON = 1790985600 + 43200


def matrix(*values: tuple[float, str], **more: object) -> str:
    series = {"metric": {"__name__": POWER, "UUID": "GPU-0"}, "values": list(values)}
    result = [series] if values else []
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    return json.dumps(answer | more)


@pytest.fixture
def make_one(make_gpus: Callable[..., Settings]) -> Callable[..., Settings]:
    """One metric, one query a day."""

    def make(url: str, **options: Any) -> Settings:
        return make_gpus(url, **({"metrics": [POWER], "chunk_minutes": 1440} | options))

    return make


def test_raw_samples_are_asked_for_up_to_the_end_of_the_day(
    fake: Fake, make_one: Callable[..., Settings]
) -> None:
    fake.tell(200, matrix((NOON, "71.5")))
    settings = make_one(fake.url + "/prometheus/")
    assert run(settings).rows == 1
    (asked,) = fake.asked
    assert asked["query"] == [f"{POWER}[86400000ms]"]
    assert asked["time"] == ["1791071999.999"]
    assert asked["partial_response"] == ["false"]
    assert asked["deny_partial_response"] == ["1"]
    assert asked["max_source_resolution"] == ["0s"]


def test_the_token_is_sent_and_kept_out_of_everything_else(
    fake: Fake, make_one: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPU_TOKEN", "canary-token")
    fake.tell(200, matrix((NOON, "71.5")))
    settings = make_one(fake.url, bearer_token="env:GPU_TOKEN")  # noqa: S106
    run(settings)
    assert fake.headers[0]["Authorization"] == "Bearer canary-token"
    written = [path.read_bytes() for path in settings.home.rglob("*") if path.is_file()]
    assert written
    assert not any(b"canary-token" in content for content in written)


def test_a_user_and_a_tenant_are_sent(
    fake: Fake, make_one: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPU_PASSWORD", "wörd")
    monkeypatch.setenv("GPU_TENANT", "canary-tenant")
    fake.tell(200, matrix((NOON, "71.5")))
    options = {"username": "reader", "password": "env:GPU_PASSWORD"}
    headers = {"X-Scope-OrgID": "env:GPU_TENANT", "X-Plain": "as it is"}
    run(make_one(fake.url, headers=headers, **options))
    sent = fake.headers[0]
    assert b64decode(sent["Authorization"].removeprefix("Basic ")).decode() == "reader:wörd"
    assert (sent["X-Scope-OrgID"], sent["X-Plain"]) == ("canary-tenant", "as it is")


def test_a_server_with_a_certificate_of_its_own_is_trusted_by_its_authority(
    fake: Fake, make_one: Callable[..., Settings], tmp_path: Path
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl not installed")
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert"
    make += " -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *make.split()], cwd=tmp_path, check=True, capture_output=True)
    pair = tmp_path / "pair.pem"
    pair.write_text((tmp_path / "cert").read_text() + (tmp_path / "key").read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    context.load_verify_locations(tmp_path / "cert")
    context.verify_mode = ssl.CERT_REQUIRED
    fake.encrypt(context)
    url = fake.url.replace("http:", "https:")
    with pytest.raises(SourceUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        run(make_one(url))
    fake.tell(200, matrix((NOON, "71.5")))
    trusted = {"ca_file": str(tmp_path / "cert"), "client_certificate": str(pair)}
    assert run(make_one(url, **trusted)).rows == 1
    with pytest.raises(ConfigError, match=r"CERTIFICATE_INVALID .*`ca_file`"):
        run(make_one(url, ca_file="nowhere.pem", version=2))


@pytest.mark.parametrize(
    "error",
    [
        "the query exceeded the maximum number of chunks (err-mimir-max-chunks-per-query)",
        'error when executing query="m": ' + 300 * "x" + " cannot select more than "
        "-search.maxSamplesPerQuery=1000 samples",
        "expanding series: exceeded chunks limit: limit 5 violated",
    ],
)
def test_other_servers_say_in_their_own_words_that_it_is_too_much(
    fake: Fake, make_one: Callable[..., Settings], error: str
) -> None:
    fake.tell(422, {"status": "error", "errorType": "422", "error": error})
    fake.tell(200, matrix((NOON - 1, "1")))
    fake.tell(200, matrix((NOON, "2")))
    assert run(make_one(fake.url)).rows == 2


def test_a_token_that_is_not_there_is_said(fake: Fake, make_one: Callable[..., Settings]) -> None:
    with pytest.raises(ConfigError, match="SECRET_MISSING"):
        run(make_one(fake.url, bearer_token="env:NOT_THERE"))  # noqa: S106


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((401, "who are you", "text/plain"), "ACCESS_DENIED"),
        ((403, "no", "text/plain"), "ACCESS_DENIED"),
        ((302, "", "text/plain"), "PROMETHEUS_REFUSED"),
        ((404, "not here", "text/plain"), "PROMETHEUS_REFUSED"),
        ((400, {"status": "error", "error": "bad query"}, JSON), "PROMETHEUS_REFUSED"),
        ((400, "[]", JSON), "PROMETHEUS_REFUSED"),
        ((200, "<html>sign in</html>", "text/html"), "PROMETHEUS_REFUSED"),
    ],
)
def test_an_answer_that_a_person_must_act_on(
    fake: Fake, make_one: Callable[..., Settings], answer: tuple[int, object, str], code: str
) -> None:
    fake.tell(*answer)
    with pytest.raises(ConfigError, match=code):
        run(make_one(fake.url))
    assert len(fake.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_is_overloaded_is_asked_again(
    fake: Fake, make_one: Callable[..., Settings], status: int
) -> None:
    fake.tell(status, "busy", "text/plain")
    fake.tell(200, matrix((NOON, "71.5")))
    assert run(make_one(fake.url)).rows == 1


def test_a_server_that_stays_overloaded_is_unavailable(
    fake: Fake, make_one: Callable[..., Settings]
) -> None:
    for _ in range(9):
        fake.tell(503, "busy", "text/plain")
    with pytest.raises(SourceUnavailable, match=r"PROMETHEUS_UNREACHABLE .*503 'busy'"):
        run(make_one(fake.url))


def test_a_query_that_times_out_is_split(fake: Fake, make_one: Callable[..., Settings]) -> None:
    fake.tell(503, {"status": "error", "errorType": "timeout", "error": "query timed out in query"})
    fake.tell(200, matrix((NOON - 60, "1"), (NOON - 0.001, "2")))
    fake.tell(200, matrix((NOON - 0.001, "2"), (NOON, "3")))
    settings = make_one(fake.url)
    run(settings)
    assert [sample[3] for sample in lake(settings)] == [1, 2, 3]
    assert [asked["query"] for asked in fake.asked[1:]] == [[f"{POWER}[43200000ms]"]] * 2


def test_a_server_that_cannot_answer_for_a_minute_is_refused(
    fake: Fake, make_one: Callable[..., Settings]
) -> None:
    for _ in range(20):
        fake.tell(422, {"status": "error", "error": "would load too many samples into memory"})
    (refusal,) = run(make_one(fake.url)).refused
    assert refusal.code == "PROMETHEUS_TOO_MUCH"
    assert len(fake.asked) == 11


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (matrix((NOON, "1"), warnings=["one store did not answer"]), "PROMETHEUS_PARTIAL"),
        (matrix((NOON, "1"), isPartial=True), "PROMETHEUS_PARTIAL"),
        (matrix((NOON, "1"), status="error"), "PROMETHEUS_PARTIAL"),
        (matrix((NOON, "1"), data={"resultType": "vector", "result": []}), "PROMETHEUS_PARTIAL"),
        (matrix((NOON, "1"))[:-9], "PROMETHEUS_ANSWER"),
        ("[]", "PROMETHEUS_ANSWER"),
    ],
)
def test_an_incomplete_answer_is_refused_and_asked_for_again(
    fake: Fake, make_one: Callable[..., Settings], answer: str, code: str
) -> None:
    settings = make_one(fake.url)
    fake.tell(200, answer)
    (refusal,) = run(settings).refused
    assert refusal.code == code
    fake.tell(200, matrix((NOON, "71.5")))
    assert run(settings).refused == []
    assert [sample[3] for sample in lake(settings)] == [71.5]


def test_what_is_no_measurement_is_quarantined(
    fake: Fake, make_one: Callable[..., Settings]
) -> None:
    values = ["NaN", "+Inf", "9223372036854775794", "140737488355328", "x", "71.5"]
    fake.tell(200, matrix(*((NOON + n, value) for n, value in enumerate(values))))
    settings = make_one(fake.url)
    assert run(settings).quarantined_rows == 5
    (delivery,) = Ledger(settings.home).current_deliveries()
    assert delivery.quarantined
    reasons = pl.read_parquet(delivery.quarantined.path).sort("object_row")["reason_code"]
    assert reasons.to_list() == [
        "SAMPLE_NOT_FINITE",
        "SAMPLE_NOT_FINITE",
        "SAMPLE_BLANK",
        "SAMPLE_BLANK",
        "MISSING_VALUE",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "ftp://prometheus"}, "http"),
        ({"url": "file:///etc/passwd"}, "http"),
        ({"url": "http://user:word@prometheus"}, "bearer_token"),
        ({"url": "http://prometheus?x=1"}, "query"),
        ({"url": "http://prometheus", "username": "u"}, "belong together"),
        (
            {"url": "http://p", "username": "u", "password": "env:P", "bearer_token": "env:T"},
            "not both",
        ),
        ({"url": "http://prometheus", "headers": {"Authorization": "x"}}, "bearer_token"),
        ({"url": "http://prometheus", "headers": {"X-A": "1\r\nHost: x"}}, "control"),
        ({"url": "http://prometheus", "headers": {"X A": "1"}}, "no header"),
        ({"url": "http://prometheus", "metrics": ['x{a="b"}']}, "metrics"),
        ({"url": "http://prometheus", "metrics": []}, "metrics"),
        ({"url": "http://prometheus", "chunk_minutes": 7}, "1440"),
        ({"url": "http://prometheus", "chunk": 60}, "chunk"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PrometheusSource.from_options("gpus", options, Path("/"))


def test_a_chunk_is_found_again_by_its_key() -> None:
    source = PrometheusSource.from_options("gpus", {"url": "http://prometheus"}, Path("/"))
    for delivery in source.discover(DAYS):
        keys = [info.key for info in delivery.objects]
        chunks = [Chunk.of(key) for key in keys]
        assert [chunk.key for chunk in chunks] == keys
        covered = sum((chunk.end - chunk.start).total_seconds() for chunk in chunks)
        assert covered == 86_400 * len(DEFAULT_METRICS)
        assert min(chunk.start for chunk in chunks).replace(tzinfo=UTC).isoformat() == (
            f"{delivery.period}T00:00:00+00:00"
        )


def test_a_manifest_is_never_read_from_a_server() -> None:
    source = PrometheusSource.from_options("gpus", {"url": "http://prometheus"}, Path("/"))
    assert list(source.store.list("")) == []
    with pytest.raises(DeliveryRefused, match="MANIFEST_INCOMPLETE"):
        source.store.read("manifest.json")
