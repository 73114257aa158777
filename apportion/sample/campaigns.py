"""Training, fine-tuning and batch inference: runs on whole nodes, and the gaps between them."""

from dataclasses import dataclass

from apportion.sample.calendar import DAY_MINUTES, HOUR_MINUTES
from apportion.sample.fleet import Device
from apportion.sample.noise import Dice, Noise
from apportion.sample.tables import read
from apportion.sample.workloads import FOREVER, Schedule

HUNG_SHARE = 0.07
UNLABELLED_SHARE = 0.12
NIGHT_START = 20 * HOUR_MINUTES
NIGHT_MINUTES = 9 * HOUR_MINUTES
GANG_NODES = 3
PEOPLE = 5
FAILURES = {"0": "Error", "7": "OOMKilled"}
"""How runs ended whose random name starts with a digit."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Something that a team runs again and again, for so many `hours` at a time."""

    pool_kind: str
    name: str
    team: str
    model: str
    purpose: str
    namespace: str
    activity: float
    label: str
    hours: tuple[float, float]


EXPERIMENTS = read("experiments", Experiment)
TRAINING, TUNING, BATCH = (
    tuple(found for found in EXPERIMENTS if found.pool_kind == kind)
    for kind in ("training", "tuning", "batch")
)


def add_campaigns(schedule: Schedule, noise: Noise) -> None:
    """Runs of every training, tuning and batch pool."""
    for pool in ("aws-p5-train", "azure-nd-train", "gcp-a3-train"):
        nodes = schedule.fleet.devices_of(pool)
        for first in range(0, len(nodes), GANG_NODES):
            gang = nodes[first : first + GANG_NODES]
            _in_sequence(schedule, noise.dice(f"{pool}/{first}"), TRAINING, gang, (0.4, 7.0))
    for ordinal, node in enumerate(schedule.fleet.devices_of("aws-p4d-tune")):
        for half in (node[: len(node) // 2], node[len(node) // 2 :]):
            dice = noise.dice(f"tune/{ordinal}/{half[0].gpu}")
            _in_sequence(schedule, dice, TUNING, [half], (0.5, 9.0))
    for pool in ("aws-p4d-batch", "gcp-a3-batch"):
        for ordinal, node in enumerate(schedule.fleet.devices_of(pool)):
            _nightly(schedule, noise.dice(f"{pool}/{ordinal}"), node)


def _in_sequence(
    schedule: Schedule,
    dice: Dice,
    experiments: tuple[Experiment, ...],
    gang: list[list[Device]],
    gap_hours: tuple[float, float],
) -> None:
    """One run after the other on the same nodes, with gaps that nobody holds."""
    start = int(dice.uniform(0, 3) * HOUR_MINUTES)
    run = 0
    while start < schedule.calendar.minutes:
        experiment = experiments[dice.choice(len(experiments))]
        length = int(dice.uniform(*experiment.hours) * HOUR_MINUTES)
        _start(schedule, dice, experiment, run=run, gang=gang, start=start, end=start + length)
        gap = dice.uniform(*gap_hours)
        if schedule.calendar.is_weekend(
            min((start + length) // DAY_MINUTES, schedule.calendar.days - 1)
        ):
            gap *= 3
        start += length + int(gap * HOUR_MINUTES)
        run += 1


def _nightly(schedule: Schedule, dice: Dice, node: list[Device]) -> None:
    """Every night one or two batch jobs; by day the node stands idle."""
    for day in range(-1, schedule.calendar.days):
        start = day * DAY_MINUTES + NIGHT_START
        end = start + NIGHT_MINUTES
        for part in (node[: len(node) // 2], node[len(node) // 2 :]):
            experiment = BATCH[dice.choice(len(BATCH))]
            length = int(dice.uniform(*experiment.hours) * HOUR_MINUTES)
            _start(
                schedule,
                dice,
                experiment,
                run=day + 1,
                gang=[part],
                start=start,
                end=min(start + length, end),
            )


def _start(
    schedule: Schedule,
    dice: Dice,
    experiment: Experiment,
    *,
    run: int,
    gang: list[list[Device]],
    start: int,
    end: int,
) -> None:
    is_hung = dice.uniform() < HUNG_SHARE
    hung_from = int(start + (end - start) * dice.uniform(0.4, 0.8)) if is_hung else FOREVER
    labels = {"label_app_kubernetes_io_name": experiment.name}
    if dice.uniform() >= UNLABELLED_SHARE:
        labels["label_team"] = experiment.label
    suffix = dice.digits(5)
    job = f"{experiment.name}-{run:03d}-{suffix}"
    for worker, devices in enumerate(gang):
        schedule.add(
            devices,
            start,
            end,
            team=experiment.team,
            model=experiment.model,
            purpose=experiment.purpose,
            behaviour="steady",
            activity=experiment.activity * dice.uniform(0.9, 1.1),
            namespace=experiment.namespace,
            pod=f"{job}-worker-{worker}",
            labels=labels | _job_labels(experiment, job, worker),
            hung_from=hung_from,
            ending=_ending(suffix, is_hung=is_hung),
        )


def _job_labels(experiment: Experiment, job: str, worker: int) -> dict[str, str]:
    """What the controller of a job writes on its pods."""
    person = int(job[-2:], 16) % PEOPLE
    user = {"label_user": f"{experiment.team[:4]}{person}"}
    if experiment.purpose != "training":
        return user | {"label_batch_kubernetes_io_job_name": job}
    return user | {
        "label_training_kubeflow_org_job_name": job,
        "label_training_kubeflow_org_replica_type": "worker",
        "label_training_kubeflow_org_replica_index": str(worker),
    }


def _ending(suffix: str, *, is_hung: bool) -> str:
    """Some jobs fail in the end; those that hang are killed."""
    if is_hung:
        return "Error"
    return FAILURES.get(suffix[0], "Completed")
