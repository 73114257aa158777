"""The sample company: a simulated organisation, its providers' exports, and the truth."""

from apportion.sample.gateway_log import PROMPT_CANARY
from apportion.sample.options import ALL_SOURCES, SampleOptions, SampleResult
from apportion.sample.simulate import simulate

__all__ = ["ALL_SOURCES", "PROMPT_CANARY", "SampleOptions", "SampleResult", "simulate"]
