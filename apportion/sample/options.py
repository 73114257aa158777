"""What a simulated company looks like, and what a simulation returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from apportion.sample.scenarios import SCENARIOS

SECONDS_PER_DAY = 86_400
NATIVE_BILLS = (*("aws", "aws-legacy", "azure", "gcp", "oci", "openai", "anthropic", "data-hall"),)
"""Who can write bills in a form of their own."""
CALL_LOGS = (
    *("bedrock_invocations", "helicone", "langfuse", "otel_genai", "request_log", "sglang"),
)
"""Logs that can tell of a part of the calls instead of LiteLLM's."""
TELEMETRY = ("amd", "csv", "nvidia_smi")
"""Other forms in which a part of the GPU telemetry can come."""

SERVERS = ("litellm_database", "prometheus")
"""Servers of one's own that can be filled with the log and the samples."""

ALL_SOURCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "native_bills": NATIVE_BILLS,
        "call_logs": CALL_LOGS,
        "telemetry": TELEMETRY,
        "servers": SERVERS,
    }
)
"""The options of a company that is told in every form."""


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """The size of the sample company; the same options always write the same bytes.

    Attributes:
        seed: everything that varies is a function of it.
        first_day: first usage day (UTC).
        days: usage days.
        requests: model calls over the whole period (retries come on top).
        requests_per_day: overrides `requests` with a rate.
        gpus: about as many GPUs the company runs; at least one node of every kind stays.
        sample_interval_seconds: scrape interval of the GPU telemetry.
        scenario: a name of `scenarios.SCENARIOS`: what makes the company harder to attribute.
        native_bills: who writes bills in a form of their own instead of FOCUS.
        call_logs: kinds of source that log a part of the calls instead of LiteLLM.
        telemetry: forms in which a part of the telemetry comes instead of dcgm-exporter's metrics.
        servers: servers of one's own for which there is something to load, beside the exports.
    """

    seed: int = 20261101
    first_day: date = date(2026, 10, 1)
    days: int = 30
    requests: int = 200_000
    requests_per_day: int | None = None
    gpus: int = 224
    sample_interval_seconds: int = 300
    scenario: str = "default"
    native_bills: tuple[str, ...] = ()
    call_logs: tuple[str, ...] = ()
    telemetry: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.days < 1 or self.request_count < 0 or self.gpus < 1:
            raise ValueError("a sample company has at least one day and one GPU")
        if not self.sample_interval_seconds >= 1 or SECONDS_PER_DAY % self.sample_interval_seconds:
            raise ValueError("the sample interval divides a day into whole parts")
        if self.scenario not in SCENARIOS:
            raise ValueError(f"the scenario is one of {', '.join(SCENARIOS)}")
        for chosen, known, what in (
            (self.native_bills, NATIVE_BILLS, "bills in their own form are those of"),
            (self.call_logs, CALL_LOGS, "other logs of calls are"),
            (self.telemetry, TELEMETRY, "other forms of telemetry are"),
            (self.servers, SERVERS, "servers to load are"),
        ):
            if not set(chosen) <= set(known):
                raise ValueError(f"{what} {', '.join(known)}")

    @property
    def request_count(self) -> int:
        """Model calls over the whole period."""
        return self.requests if self.requests_per_day is None else self.requests_per_day * self.days


@dataclass(frozen=True, slots=True)
class SampleResult:
    """Where a simulated company was written, and how large it is."""

    config: Path
    exports: Path
    truth: Path
    request_count: int
    charge_count: int
    gpu_count: int
    sample_count: int
