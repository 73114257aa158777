"""Slurm accounting: `sacct -X -D -T -P` of every day; each file holds that day's slices."""

from pathlib import Path

from apportion.sample.calendar import DAY_MINUTES, Calendar
from apportion.sample.layouts import delivery_entry, write_manifest
from apportion.sample.workloads import Lease, Schedule

_COLUMNS = (
    *("JobID", "JobIDRaw", "Cluster", "Partition", "QOS", "Account", "User"),
    *("Submit", "Eligible", "Start", "End", "ElapsedRaw", "State", "NNodes"),
    *("ReqTRES", "AllocTRES", "NodeList", "JobName"),
)
INSTANT = "%Y-%m-%dT%H:%M:%S"
QUEUE_MINUTES = 7


def write_slurm(folder: Path, schedule: Schedule) -> None:
    """Write one file per day and the manifest that names them."""
    folder.mkdir(parents=True)
    jobs: dict[int, list[Lease]] = {}
    for lease in schedule.leases:
        if lease.workload.slurm_job:
            jobs.setdefault(lease.workload.slurm_job, []).append(lease)
    entries = []
    for day in range(schedule.calendar.days):
        lines = [line for job in sorted(jobs) for line in _slice(schedule.calendar, jobs[job], day)]
        path = folder / f"sacct-{schedule.calendar.day(day)}.psv"
        path.write_text("\n".join(["|".join(_COLUMNS), *lines]) + "\n", encoding="utf-8")
        entries.append(
            delivery_entry(folder, f"{schedule.calendar.day(day)}", "1", {path: len(lines)})
        )
    write_manifest(folder, entries)


def _slice(calendar: Calendar, leases: list[Lease], day: int) -> list[str]:
    """The part of a job that falls on a day, as a line; none if it did not run then."""
    lease = leases[0]
    start = max(lease.start, day * DAY_MINUTES)
    end = min(lease.end, (day + 1) * DAY_MINUTES)
    if start >= end:
        return []
    workload, gpus = lease.workload, len(leases)
    submitted = calendar.instant(lease.start - QUEUE_MINUTES)
    finished = lease.end <= (day + 1) * DAY_MINUTES
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
        "State": "COMPLETED" if finished else "RUNNING",
        "NNodes": 1,
        "ReqTRES": f"{tres},gres/gpu={gpus}",
        "AllocTRES": f"{tres},gres/gpu:a100={gpus},gres/gpu={gpus}",
        "NodeList": lease.device.node.name,
        "JobName": f"{workload.model}|{workload.purpose}"
        if workload.slurm_job % 9 == 0
        else workload.model,
    }
    return ["|".join(str(values[column]) for column in _COLUMNS)]
