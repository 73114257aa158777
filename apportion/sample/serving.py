"""Online inference: replicas of deployments on their GPUs, night-time scale-down and rollouts."""

from collections.abc import Sequence

from apportion.sample.calendar import DAY_MINUTES, EVENING, HOUR_MINUTES, MORNING
from apportion.sample.fleet import Device
from apportion.sample.models import Deployment
from apportion.sample.noise import Noise
from apportion.sample.workloads import Replica, Schedule

SCALE_MARGIN = 10
ROLLOUT_MINUTE = 10 * HOUR_MINUTES


def add_serving(schedule: Schedule, noise: Noise, deployments: Sequence[Deployment]) -> None:
    """Place every deployment's replicas; what a pool cannot hold is left out."""
    for pool in sorted({deployment.pool for deployment in deployments}):
        free = schedule.fleet.devices_of(pool)
        wanted = [d for d in deployments if d.pool == pool]
        for ordinal in range(max(deployment.replicas for deployment in wanted)):
            for deployment in wanted:
                devices = _take(free, deployment.gpus) if ordinal < deployment.replicas else None
                if devices:
                    _add_replica(schedule, noise, deployment, ordinal, devices)


def _take(free: list[list[Device]], gpus: int) -> list[Device] | None:
    for node in free:
        if len(node) >= gpus:
            taken, node[:] = node[:gpus], node[gpus:]
            return taken
    return None


def _add_replica(
    schedule: Schedule, noise: Noise, deployment: Deployment, ordinal: int, devices: list[Device]
) -> None:
    kept = deployment.replicas if deployment.night_replicas is None else deployment.night_replicas
    is_daytime_only = ordinal >= kept
    index = len(schedule.replicas)
    node = devices[0].node.index
    schedule.replicas.append(Replica(index, deployment.name, node, tuple(devices), is_daytime_only))
    for version, (start, end) in enumerate(_versions(schedule, deployment)):
        for day_start, day_end in _shifts(schedule, start, end, is_daytime_only=is_daytime_only):
            digits = noise.dice(f"pod/{deployment.name}/{ordinal}/{version}/{day_start}").digits(15)
            schedule.add(
                devices,
                day_start,
                day_end,
                team=deployment.team,
                model=deployment.model,
                purpose="online_inference",
                behaviour="serving",
                activity=0.62,
                namespace=deployment.namespace,
                pod=f"{deployment.name}-{digits[:10]}-{digits[10:]}",
                labels=_labels(deployment),
                deployment=deployment.name,
            )


def _labels(deployment: Deployment) -> dict[str, str]:
    labels = {"label_app_kubernetes_io_name": deployment.name, "label_app": deployment.name}
    if deployment.namespace == "model-serving":
        labels["label_team"] = deployment.team
    return labels


def _versions(schedule: Schedule, deployment: Deployment) -> list[tuple[int, int]]:
    """The periods between rollouts, in minutes."""
    end = schedule.calendar.minutes
    if deployment.rollout_day is None or deployment.rollout_day >= schedule.calendar.days:
        return [(0, end)]
    rollout = deployment.rollout_day * DAY_MINUTES + ROLLOUT_MINUTE
    return [(0, rollout), (rollout, end)]


def _shifts(
    schedule: Schedule, start: int, end: int, *, is_daytime_only: bool
) -> list[tuple[int, int]]:
    """The whole period, or its days from morning to evening."""
    if not is_daytime_only:
        return [(start, end)]
    shifts = []
    for day in range(schedule.calendar.days):
        first = day * DAY_MINUTES + MORNING * HOUR_MINUTES - SCALE_MARGIN
        last = day * DAY_MINUTES + EVENING * HOUR_MINUTES + SCALE_MARGIN
        if max(first, start) < min(last, end):
            shifts.append((max(first, start), min(last, end)))
    return shifts
