"""Named ways in which a sample company is harder to attribute than the default, or wastes more."""

from dataclasses import dataclass

import numpy as np

from apportion.sample.calendar import DAY_HOURS
from apportion.sample.noise import Bools, Ints

STORM_DAYS, STORM_HOURS = 4, (9, 10, 11, 12)
"""How often, and in which hours, a cache is lost where a scenario has that."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What differs from the default company.

    Attributes:
        burst_minutes: minutes of an hour in which all of its requests arrive.
        has_tenants: whether the teams of `data/tenants.csv` call the deployments of others, too.
        mixed_target: deployment whose callers send, by turns, very long inputs for short outputs
            and very short inputs for long outputs.
        gap_share: share of the half hours of each node that left no telemetry.
        storm_target: model of a vendor whose cache is lost for some hours every few days.
        has_duplicates: whether the deployments of `data/duplicates.csv` are called, too.
    """

    burst_minutes: int = 60
    has_tenants: bool = False
    mixed_target: str = ""
    gap_share: float = 0.0
    storm_target: str = ""
    has_duplicates: bool = False

    def is_storm(self, target: str, hours: Ints) -> Bools:
        """Whether a model's cache is lost in hours since the start."""
        is_lost = (hours // DAY_HOURS % STORM_DAYS == 1) & np.isin(hours % DAY_HOURS, STORM_HOURS)
        return np.asarray(is_lost & (target == self.storm_target))


SCENARIOS = {
    "default": Scenario(),
    "bursty": Scenario(burst_minutes=4),
    "multi_tenant": Scenario(has_tenants=True),
    "mixed_prompts": Scenario(mixed_target="atlas-chat-70b"),
    "telemetry_gaps": Scenario(gap_share=0.2),
    "waste": Scenario(storm_target="anthropic/claude-sonnet-4-5", has_duplicates=True),
}
