"""Queries to a Prometheus server, in the form of a store: a key names a metric and a part of a day.

    2026-10-03/DCGM_FI_DEV_GPU_UTIL/0600-1200.jsonl.gz

An object holds the server's answers, one a line; there are several if the server refused to answer
for the whole part at once.
"""

import gzip
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

import httpx

from apportion.errors import ApportionError, ConfigError, DeliveryRefused, SourceUnavailable
from ingest.sources.prometheus.access import Access
from ingest.stores import ObjectInfo, object_missing

MINUTES_PER_DAY = 1440
SHORTEST = timedelta(minutes=1)
INSTANT = timedelta(milliseconds=1)
"""The resolution of Prometheus: what lies between two instants does not exist."""

COMPRESSION = 5
TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500
DENIED = (401, 403)
TOO_MUCH = (
    *("too many samples", "query timed out", "exceeded maximum resolution"),
    *("exceeded chunks limit", "exceeded bytes limit"),  # Thanos
    *("err-mimir-max-chunks", "err-mimir-max-estimated-chunks", "err-mimir-max-query-length"),
    *("err-mimir-max-total-query-length", "query time range exceeds the limit"),  # and Cortex
    *("search.maxsamplesper", "search.maxmemoryperquery", "search.maxqueryduration"),
)
"""What Prometheus and its relatives say of a query that asks for too much, in lower case."""

LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Chunk:
    """A metric in a part of a day, from `start` until before `end` (UTC, without a zone)."""

    metric: str
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """The object key of the chunk."""
        until = self.start.date() + timedelta(days=1)
        last = "2400" if self.end.date() == until else f"{self.end:%H%M}"
        return f"{self.start:%Y-%m-%d}/{self.metric}/{self.start:%H%M}-{last}.jsonl.gz"

    @classmethod
    def of(cls, key: str) -> Self:
        """The chunk that a key names."""
        day, metric, part = key.removesuffix(".jsonl.gz").split("/")
        midnight = datetime.fromisoformat(day)
        start, end = (
            midnight + timedelta(hours=int(clock[:2]), minutes=int(clock[2:]))
            for clock in part.split("-")
        )
        return cls(metric, start, end)

    def halves(self) -> tuple["Chunk", "Chunk"]:
        """The chunk in two."""
        middle = self.start + (self.end - self.start) / 2
        return Chunk(self.metric, self.start, middle), Chunk(self.metric, middle, self.end)


def chunks_of(day: date, metrics: Iterable[str], minutes: int) -> Iterator[Chunk]:
    """The chunks of a day."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - UTC, without a zone
    for metric in metrics:
        for first in range(0, MINUTES_PER_DAY, minutes):
            start = midnight + timedelta(minutes=first)
            yield Chunk(metric, start, start + timedelta(minutes=minutes))


class _TooMuch(Exception):
    """The server will not answer for so long a time at once."""


class PrometheusStore:
    """The answers of one server; nothing is contacted before the first query."""

    def __init__(self, url: str, access: Access, timeout_seconds: int) -> None:
        self._url = url
        self._access = access
        self._timeout_seconds = timeout_seconds
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def list(self, prefix: str) -> Iterator[ObjectInfo]:  # noqa: ARG002
        """Nothing: what there is to ask for follows from the calendar."""
        return iter(())

    def read(self, key: str) -> bytes:
        """Refused: a server holds no manifests."""
        raise object_missing(self.uri(key))

    def uri(self, key: str) -> str:
        """The server, and what it is asked for."""
        return f"{self._url} {key}"

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Ask for the samples of a chunk and write the answers."""
        lines = (answer.replace(b"\n", b" ") + b"\n" for answer in self._ask(Chunk.of(info.key)))
        destination.write_bytes(gzip.compress(b"".join(lines), COMPRESSION, mtime=0))

    def _ask(self, chunk: Chunk) -> tuple[bytes, ...]:
        """The answers for a chunk, in halves and halves of halves if the server asks for less."""
        try:
            return (self._query(chunk),)
        except _TooMuch as refusal:
            first, second = chunk.halves()
            if first.end - first.start < SHORTEST:
                raise DeliveryRefused(
                    "PROMETHEUS_TOO_MUCH",
                    f"{self.uri(chunk.key)}: the server does not answer for a single minute "
                    f"({refusal}). The day is not read. Raise the server's limit: "
                    "--query.max-samples and --query.timeout of Prometheus, or what it names.",
                ) from None
            return (*self._ask(first), *self._ask(second))

    def _query(self, chunk: Chunk) -> bytes:
        # Prometheus 2 counts both ends of a range in, Prometheus 3 the later one alone.
        last = (chunk.end - INSTANT).replace(tzinfo=UTC)
        length = round((chunk.end - chunk.start) / INSTANT)
        return self.evaluate(f"{chunk.metric}[{length}ms]", last)

    def evaluate(self, query: str, at: datetime) -> bytes:
        """The answer to an instant query, as the server gave it.

        Args:
            query: in PromQL.
            at: the instant, with its zone.

        Raises:
            SourceUnavailable: the server does not answer.
            ConfigError: it denies access, or is none.
        """
        parameters = {
            "query": query,
            "time": f"{at.timestamp():.3f}",
            "timeout": f"{self._timeout_seconds}s",
            "dedup": "true",  # Thanos: one of several replicas, and no silent holes
            "partial_response": "false",
            "max_source_resolution": "0s",  # Thanos: as scraped, not downsampled
            "deny_partial_response": "1",  # VictoriaMetrics
        }
        try:
            answer = self._open().get(
                f"{self._url}/api/v1/query", params=parameters, headers=self._access.headers()
            )
        except httpx.TransportError as error:
            raise SourceUnavailable(
                "PROMETHEUS_UNREACHABLE",
                f"{self._url}: {type(error).__name__}: {error}. No samples were fetched; what "
                "landed before stays. Check that the server runs, that this machine may reach the "
                "address, and run again.",
            ) from error
        if answer.status_code == httpx.codes.OK and _is_json(answer):
            return answer.content
        raise self._refusal(answer)

    def _open(self) -> httpx.Client:
        with self._opening:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=httpx.Timeout(self._timeout_seconds + 10, connect=10),
                    verify=self._access.verification(),
                    follow_redirects=False,
                )
        return self._client

    def _refusal(self, answer: httpx.Response) -> ApportionError | _TooMuch:
        status, said = answer.status_code, _reason(answer)
        reason = said[:LONGEST_QUOTE]
        if any(phrase in said.lower() for phrase in TOO_MUCH):
            return _TooMuch(reason)
        if status in DENIED:
            return ConfigError(
                "ACCESS_DENIED",
                f"{self._url}: the server answered {status}. No samples can be fetched. Set "
                "`bearer_token`, or `username` and `password`, of the source to what may query the "
                "server; where it serves several tenants, set `headers`.",
            )
        if status == TOO_MANY_REQUESTS or status >= FIRST_SERVER_ERROR:
            return SourceUnavailable(
                "PROMETHEUS_UNREACHABLE",
                f"{self._url}: the server answered {status} {reason!r}. No samples were fetched; "
                "what landed before stays. Check that the server is healthy, and run again.",
            )
        return ConfigError(
            "PROMETHEUS_REFUSED",
            f"{self._url}: the server answered {status} {reason!r}, not samples. No samples can be "
            "fetched. Check that the URL is that of the Prometheus API itself, without a redirect "
            "or a login page before it.",
        )


def _is_json(answer: httpx.Response) -> bool:
    return str(answer.headers.get("content-type", "")).startswith("application/json")


def _reason(answer: httpx.Response) -> str:
    """What the server says is wrong, or whatever it says."""
    if _is_json(answer):
        try:
            return str(answer.json().get("error", ""))
        except (ValueError, AttributeError):
            pass
    return answer.text
