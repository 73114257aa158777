"""Training, fine-tuning and batch inference: runs that take whole nodes, and the gaps between them."""

from dataclasses import dataclass

from apportion.sample.calendar import DAY_MINUTES, HOUR_MINUTES
from apportion.sample.fleet import Device
from apportion.sample.noise import Dice, Noise
from apportion.sample.workloads import FOREVER, Schedule

HUNG_SHARE = 0.07
UNLABELLED_SHARE = 0.12
NIGHT_START = 20 * HOUR_MINUTES
NIGHT_MINUTES = 9 * HOUR_MINUTES
GANG_NODES = 3


@dataclass(frozen=True, slots=True)
class Experiment:
    """Something that a team runs again and again."""

    name: str
    team: str
    model: str
    purpose: str
    namespace: str
    activity: float
    label: str
    hours: tuple[float, float]


TRAINING = (
    Experiment("atlas-next-pretrain", "foundation-models", "atlas-next-200b", "training", "training-foundation", 0.58, "fm", (30, 110)),
    Experiment("vla-pretrain", "foundation-models", "vla-policy-34b", "training", "training-foundation", 0.52, "foundation-models", (16, 60)),
    Experiment("percept-bev", "perception", "percept-bev-2b", "training", "training-robotics", 0.44, "perception", (8, 40)),
    Experiment("sim-world", "simulation", "world-model-7b", "training", "training-robotics", 0.49, "Sim", (8, 30)),
    Experiment("reward-model", "alignment", "reward-8b", "training", "training-foundation", 0.41, "alignment", (5, 20)),
)  # fmt: skip
TUNING = (
    Experiment("support-sft", "support-assistant", "support-agent-13b", "fine_tuning", "fine-tuning", 0.47, "support", (2, 11)),
    Experiment("fraud-lora", "fraud", "fraud-screen-8b", "fine_tuning", "fine-tuning", 0.38, "fraud-detection", (1, 6)),
    Experiment("recs-ranker", "recommendations", "rerank-3b", "fine_tuning", "fine-tuning", 0.42, "RecSys", (2, 9)),
    Experiment("moderation-dpo", "trust-safety", "moderation-8b", "fine_tuning", "fine-tuning", 0.36, "trust-safety", (2, 7)),
    Experiment("asr-adapt", "speech-research", "asr-large", "fine_tuning", "fine-tuning", 0.45, "speech", (3, 14)),
)  # fmt: skip
BATCH = (
    Experiment("catalog-embed", "search", "search-embed-1b", "batch_inference", "batch", 0.71, "search-team", (4, 9)),
    Experiment("log-labelling", "perception", "percept-bev-2b", "batch_inference", "batch", 0.66, "perception", (3, 9)),
    Experiment("nightly-eval", "alignment", "atlas-chat-70b", "batch_inference", "batch", 0.6, "alignment", (2, 6)),
    Experiment("ad-features", "ads-ranking", "ads-encoder-1b", "batch_inference", "batch", 0.68, "ads", (3, 8)),
)  # fmt: skip


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
        _start(schedule, dice, experiment, run, gang, start, start + length)
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
            _start(schedule, dice, experiment, day + 1, [part], start, min(start + length, end))


def _start(
    schedule: Schedule,
    dice: Dice,
    experiment: Experiment,
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
            pod=f"{experiment.name}-{run:03d}-{suffix}-worker-{worker}",
            labels=labels,
            hung_from=hung_from,
        )
