"""What people hold: notebooks by day (some forgotten overnight), and jobs of the Slurm cluster."""

from collections.abc import Iterator

from apportion.sample.calendar import DAY_MINUTES, HOUR_MINUTES, SATURDAY
from apportion.sample.fleet import Device
from apportion.sample.noise import Dice, Noise
from apportion.sample.workloads import FOREVER, Schedule

NOTEBOOK_TEAMS = (
    "recommendations", "perception", "speech-research", "alignment", "fraud", "motion-planning",
    "data-platform", "simulation", "finance-analytics", "voice",
)  # fmt: skip
SLURM_ACCOUNTS = (
    ("speech", "speech-research", "asr-next-1b", "training"),
    ("fm", "foundation-models", "atlas-next-200b", "training"),
    ("motion-planning", "motion-planning", "planner-3b", "training"),
    ("sim", "simulation", "world-model-7b", "development"),
    ("perception-team", "perception", "percept-bev-2b", "training"),
)
PEOPLE = 7
ABSENT_SHARE = 0.25
FORGOTTEN_SHARE = 0.2
UNLABELLED_SHARE = 0.35
FIRST_JOB = 48_211
JOB_SIZES = (1, 2, 2, 4, 4, 4)
LANE = 4
HUNG_SHARE = 0.08
WEEKEND_WAIT = 3.0


def add_people(schedule: Schedule, noise: Noise) -> None:
    """Notebooks on the development pools, jobs on the Slurm nodes."""
    pools = ("aws-p4d-shared", "aws-g5-dev", "aws-g6e-dev")
    seats = [d for pool in pools for node in schedule.fleet.devices_of(pool) for d in node]
    for seat, device in enumerate(seats):
        _notebook_days(schedule, noise.dice(f"notebook/{seat}"), device, seat)
    jobs = iter(range(FIRST_JOB, 1 << 30))
    for ordinal, node in enumerate(schedule.fleet.devices_of("hall-a100")):
        for first in range(0, len(node), LANE):
            dice = noise.dice(f"slurm/{ordinal}/{first}")
            _slurm_lane(schedule, dice, node[first : first + LANE], jobs)


def _notebook_days(schedule: Schedule, dice: Dice, device: Device, seat: int) -> None:
    busy_until = 0
    for day in range(schedule.calendar.days):
        is_away = schedule.calendar.is_weekend(day) or dice.uniform() < ABSENT_SHARE
        start = day * DAY_MINUTES + int(dice.uniform(7, 11) * HOUR_MINUTES)
        if is_away or start < busy_until:
            continue
        end = start + int(dice.uniform(3, 9) * HOUR_MINUTES)
        worked_until = end
        if dice.uniform() < FORGOTTEN_SHARE:
            end += int(dice.uniform(8, 60) * HOUR_MINUTES)
        busy_until = end + HOUR_MINUTES
        team = NOTEBOOK_TEAMS[(seat + dice.choice(2)) % len(NOTEBOOK_TEAMS)]
        labels = {
            "label_app": "jupyterhub",
            "label_component": "singleuser-server",
            "label_hub_jupyter_org_username": f"{team[:4]}{seat % PEOPLE}",
        }
        if dice.uniform() >= UNLABELLED_SHARE:
            labels["label_team"] = team
        schedule.add(
            [device],
            start,
            end,
            team=team,
            model="",
            purpose="development",
            behaviour="bursty",
            activity=dice.uniform(0.12, 0.4),
            namespace="notebooks",
            pod=f"jupyter-{dice.digits(6)}",
            labels=labels,
            hung_from=worked_until,
            ending="Completed",
        )


def _slurm_lane(schedule: Schedule, dice: Dice, lane: list[Device], jobs: Iterator[int]) -> None:
    """One job after the other on a lane of GPUs; small jobs leave the rest of the lane free."""
    start = int(dice.uniform(0, 4) * HOUR_MINUTES)
    while start < schedule.calendar.minutes:
        account, team, model, purpose = SLURM_ACCOUNTS[dice.choice(len(SLURM_ACCOUNTS))]
        length = int(dice.uniform(1, 22) * HOUR_MINUTES)
        is_hung = dice.uniform() < HUNG_SHARE
        schedule.add(
            lane[: JOB_SIZES[dice.choice(len(JOB_SIZES))]],
            start,
            start + length,
            team=team,
            model=model,
            purpose=purpose,
            behaviour="steady",
            activity=dice.uniform(0.3, 0.7),
            slurm_job=next(jobs),
            slurm_account=account,
            hung_from=start + length // 2 if is_hung else FOREVER,
        )
        day = min((start + length) // DAY_MINUTES, schedule.calendar.days - 1)
        is_slow = schedule.calendar.day(day).weekday() >= SATURDAY
        wait = dice.uniform(0.2, 5.0) * (WEEKEND_WAIT if is_slow else 1.0)
        start += length + int(wait * HOUR_MINUTES)
