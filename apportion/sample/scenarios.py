"""Named ways in which a sample company is harder to attribute than the default one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """What differs from the default company.

    Attributes:
        burst_minutes: minutes of an hour in which all of its requests arrive.
        has_tenants: whether the teams of `data/tenants.csv` call the deployments of others, too.
        mixed_target: deployment whose callers send, by turns, very long inputs for short outputs
            and very short inputs for long outputs.
        gap_share: share of the half hours of each node that left no telemetry.
    """

    burst_minutes: int = 60
    has_tenants: bool = False
    mixed_target: str = ""
    gap_share: float = 0.0


SCENARIOS = {
    "default": Scenario(),
    "bursty": Scenario(burst_minutes=4),
    "multi_tenant": Scenario(has_tenants=True),
    "mixed_prompts": Scenario(mixed_target="atlas-chat-70b"),
    "telemetry_gaps": Scenario(gap_share=0.2),
}
