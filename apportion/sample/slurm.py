"""Slurm accounting: `sacct -X -D -T -P` of every day; each file holds that day's slices."""

from dataclasses import dataclass
from pathlib import Path

from apportion.sample.calendar import DAY_MINUTES, Calendar
from apportion.sample.layouts import delivery_entry, write_manifest
from apportion.sample.workloads import FOREVER, Lease, Schedule, Workload

_COLUMNS = (
    *("JobID", "JobIDRaw", "Cluster", "Partition", "QOS", "Account", "User"),
    *("Submit", "Eligible", "Start", "End", "ElapsedRaw", "State", "NNodes"),
    *("ReqTRES", "AllocTRES", "NodeList", "JobName"),
)
INSTANT = "%Y-%m-%dT%H:%M:%S"
QUEUE_MINUTES = 7
INTERRUPTIONS = {2: "NODE_FAIL", 5: "PREEMPTED", 9: "REQUEUED"}
"""Jobs that Slurm puts back into the queue midway, by their number modulo `EVERY`."""
EVERY = 13
FAILS_AT = 6
"""The remainder of jobs that fail in the end."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A job from one start to its end, in minutes of the period, and when it was taken in."""

    submitted: int
    start: int
    end: int
    state: str


def write_slurm(folder: Path, schedule: Schedule) -> None:
    """Write one file per day and the manifest that names them."""
    folder.mkdir(parents=True)
    jobs: dict[int, list[Lease]] = {}
    for lease in schedule.leases:
        if lease.workload.slurm_job:
            jobs.setdefault(lease.workload.slurm_job, []).append(lease)
    entries = []
    for day in range(schedule.calendar.days):
        lines = [
            line for job in sorted(jobs) for line in _slices(schedule.calendar, jobs[job], day)
        ]
        path = folder / f"sacct-{schedule.calendar.day(day)}.psv"
        path.write_text("\n".join(["|".join(_COLUMNS), *lines]) + "\n", encoding="utf-8")
        entries.append(
            delivery_entry(folder, f"{schedule.calendar.day(day)}", "1", {path: len(lines)})
        )
    write_manifest(folder, entries)


def _runs(lease: Lease) -> list[_Run]:
    """The runs of a job: what interrupts it sends it back to the queue, whose head it is."""
    job = lease.workload.slurm_job % EVERY
    submitted = lease.start - QUEUE_MINUTES
    last = _Run(submitted, lease.start, lease.end, _end_state(lease.workload))
    if job not in INTERRUPTIONS:
        return [last]
    middle = (lease.start + lease.end) // 2
    first = _Run(submitted, lease.start, middle, INTERRUPTIONS[job])
    return [first, _Run(middle, middle, lease.end, last.state)]


def _end_state(workload: Workload) -> str:
    if workload.hung_from < FOREVER:
        return "TIMEOUT"
    return "FAILED" if workload.slurm_job % EVERY == FAILS_AT else "COMPLETED"


def _slices(calendar: Calendar, leases: list[Lease], day: int) -> list[str]:
    """The parts of a job's runs that fall on a day, as lines."""
    return [
        _line(calendar, leases, run, day)
        for run in _runs(leases[0])
        if max(run.start, day * DAY_MINUTES) < min(run.end, (day + 1) * DAY_MINUTES)
    ]


def _line(calendar: Calendar, leases: list[Lease], run: _Run, day: int) -> str:
    start = max(run.start, day * DAY_MINUTES)
    end = min(run.end, (day + 1) * DAY_MINUTES)
    workload, gpus = leases[0].workload, len(leases)
    submitted = calendar.instant(run.submitted)
    finished = run.end <= (day + 1) * DAY_MINUTES
    tres = f"cpu={gpus * 16},mem={gpus * 120}G,node=1,billing={gpus * 16}"
    values = {
        "JobID": workload.slurm_job,
        "JobIDRaw": workload.slurm_job,
        "Cluster": "hall",
        "Partition": "a100",
        "QOS": "normal",
        "Account": workload.slurm_account,
        "User": f"{workload.slurm_account[:4]}{workload.slurm_job % 5}",
        "Submit": f"{submitted:{INSTANT}}",
        "Eligible": f"{submitted:{INSTANT}}",
        "Start": f"{calendar.instant(start):{INSTANT}}",
        "End": f"{calendar.instant(end):{INSTANT}}",
        "ElapsedRaw": (end - start) * 60,
        "State": run.state if finished else "RUNNING",
        "NNodes": 1,
        "ReqTRES": f"{tres},gres/gpu={gpus}",
        "AllocTRES": f"{tres},gres/gpu:a100={gpus},gres/gpu={gpus}",
        "NodeList": leases[0].device.node.name,
        "JobName": f"{workload.model}|{workload.purpose}"
        if workload.slurm_job % 9 == 0
        else workload.model,
    }
    return "|".join(str(values[column]) for column in _COLUMNS)
