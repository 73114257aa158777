"""The source kind `prometheus`: raw samples from a Prometheus server, day by day.

The objects of a usage day are the answers to instant queries of a range selector, one for each
metric and part of the day: `DCGM_FI_DEV_GPU_UTIL[6h]` at 06:00. That gives the samples as they were
scraped; `query_range` would repeat the last one for five minutes after its series ended, and `rate`
and `increase` extrapolate. Landing keeps what the server answered.

A day is delivered once. When the server was backfilled, a higher `version` fetches the days again.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

import httpx
from pydantic import ConfigDict, Field, field_validator

from apportion.errors import DeliveryRefused
from ingest.source import Batch, Delivery, LandedDelivery, Window
from ingest.sources.prometheus.access import AccessOptions
from ingest.sources.prometheus.answers import read_answers
from ingest.sources.prometheus.api import MINUTES_PER_DAY, PrometheusStore, chunks_of
from ingest.sources.prometheus.newest import newest_of, newest_query
from ingest.sources.samples import sample_batch
from ingest.stores import ObjectInfo
from ingest.text_blocks import UNTRUSTED

DEFAULT_METRICS = (
    "DCGM_FI_PROF_SM_ACTIVE",
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
    "DCGM_FI_DEV_GPU_UTIL",
    "DCGM_FI_DEV_POWER_USAGE",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    "DCGM_FI_DEV_FB_USED",
    "gpu_gfx_activity",
    "gpu_package_power",
    "gpu_energy_consumed",
    "vllm:prompt_tokens_total",
    "vllm:generation_tokens_total",
    "sglang:prompt_tokens_total",
    "sglang:generation_tokens_total",
    "kube_node_info",
    "kube_pod_labels",
    "kube_pod_info",
    "kube_pod_container_resource_requests",
    "kube_node_status_allocatable",
    "kube_pod_container_status_terminated_reason",
)
"""What dcgm-exporter, AMD's device metrics exporter and kube-state-metrics say about GPUs, their
nodes and their pods, and how containers ended; and the tokens that engines counted."""

MetricName = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]


class PrometheusOptions(AccessOptions):
    """Which server, and what to ask it for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="Where the server is, up to and without `/api/v1`.")
    metrics: tuple[MetricName, ...] = Field(
        DEFAULT_METRICS, min_length=1, description="Names of the metrics to collect."
    )
    chunk_minutes: int = Field(
        360, ge=1, description="How much of a day one query asks for; divides a day."
    )
    timeout_seconds: int = Field(120, ge=1, description="How long one query may take.")
    version: int = Field(1, ge=1, description="A higher one fetches days again.")

    @field_validator("url")
    @classmethod
    def _is_plain(cls, text: str) -> str:
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL as error:
            raise ValueError(f"not a URL: {error}") from error
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("not an http:// or https:// address")
        if url.userinfo or url.query or url.fragment:
            raise ValueError(
                "holds a user, a query or a fragment; use `bearer_token`, or `username` and "
                "`password`"
            )
        return text.rstrip("/")

    @field_validator("chunk_minutes")
    @classmethod
    def _divides_a_day(cls, minutes: int) -> int:
        if MINUTES_PER_DAY % minutes:
            raise ValueError("does not divide the 1440 minutes of a day")
        return minutes


class PrometheusSource:
    """The samples of one server."""

    options_model = PrometheusOptions

    def __init__(self, name: str, options: PrometheusOptions, directory: Path) -> None:
        self.name = name
        access = options.access(directory)
        self.store = PrometheusStore(options.url, access, options.timeout_seconds)
        self._options = options

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        return cls(name, cls.options_model.model_validate(dict(options)), directory)

    def discover(self, window: Window) -> Iterator[Delivery]:
        """One delivery for each day of the window, all of which are over."""
        version = self._options.version
        for number in range((window.last - window.first).days + 1):
            day = window.first + timedelta(days=number)
            chunks = chunks_of(day, self._options.metrics, self._options.chunk_minutes)
            objects = tuple(ObjectInfo(chunk.key, None, str(version)) for chunk in chunks)
            yield Delivery(self.name, f"{day}", str(version), f"{version:08d}", objects)

    def newest_samples(self, at: datetime) -> dict[str, datetime]:
        """When each metric that has samples of the last hours was last scraped.

        Args:
            at: the instant to look back from, with its zone.

        Raises:
            SourceUnavailable: the server does not answer.
            ConfigError: it denies access.
            DeliveryRefused: it answers something else.
        """
        answer = self.store.evaluate(newest_query(self._options.metrics), at)
        return newest_of(answer, self._options.url)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The samples of a day, answer by answer.

        Raises:
            DeliveryRefused: the server warned that an answer is incomplete, an answer is not that
                of a Prometheus server, or the server has no sample of the day at all.
        """
        is_empty = True
        for item in landed.objects:
            samples = read_answers(item.path, item.key, self.store.uri(item.key))
            if samples.height:
                is_empty = False
                yield sample_batch(samples, item.key, landed.delivery.period)
        if is_empty:
            raise DeliveryRefused(
                "EMPTY_DELIVERY",
                f"{self._options.url} {landed.delivery.period}: the server has no sample of the "
                f"{len(self._options.metrics)} configured metrics on that day. {UNTRUSTED} Check "
                "that the URL is that of the right server, that it scrapes dcgm-exporter, and that "
                "its retention reaches back to the day.",
            )
