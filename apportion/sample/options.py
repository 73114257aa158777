"""What a simulated company looks like, and what a simulation returns."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from apportion.sample.scenarios import SCENARIOS

SECONDS_PER_DAY = 86_400
NATIVE_BILLS = ("aws", "azure", "gcp")
"""The clouds whose own form of a bill can be written."""


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
        spans: log about half of the calls as OpenTelemetry spans and not with LiteLLM.
        native_bills: clouds that write bills in their own form instead of FOCUS.
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
    spans: bool = False

    def __post_init__(self) -> None:
        if self.days < 1 or self.request_count < 0 or self.gpus < 1:
            raise ValueError("a sample company has at least one day and one GPU")
        if not self.sample_interval_seconds >= 1 or SECONDS_PER_DAY % self.sample_interval_seconds:
            raise ValueError("the sample interval divides a day into whole parts")
        if self.scenario not in SCENARIOS:
            raise ValueError(f"the scenario is one of {', '.join(SCENARIOS)}")
        if not set(self.native_bills) <= set(NATIVE_BILLS):
            raise ValueError(f"bills in their own form are those of {', '.join(NATIVE_BILLS)}")

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
