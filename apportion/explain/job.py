"""Why a training, fine-tuning, batch or development job costs what it costs."""

from apportion.explain import gpu_charges
from apportion.explain.node import Node, summed
from apportion.explain.scope import Row, Scope, unknown

JOB = "select *, {amount} as amount from job_costs where job_id = $job_id order by all"
RUNS = """
select *, {amount} as amount
from job_runs
where scheduler = $scheduler and cluster = $cluster and job_id = $job_id
order by run_number, replica, attempt
"""
JOBS = "select distinct job_id from job_costs"
KEY = ("scheduler", "cluster", "job_id")
OUTCOMES = {
    "completed": "the work was done",
    "running": "it has not ended",
    "failed": "it failed: the work is lost",
    "node_failed": "its node failed: the work is lost",
    "preempted": "another took its place: the work is lost",
    "timed_out": "it reached its time limit: the work is lost",
    "requeued": "it was started again: the work was done twice",
    "cancelled": "somebody stopped it",
    "unrecorded": "nothing says how it ended",
}


def explain_job(scope: Scope, job_id: str) -> Node:
    """A job: its runs and how they ended, its bill lines, its owner, its statements.

    Raises:
        ConfigError: `EXPLAIN_UNKNOWN`; also where several clusters have a job of that id.
    """
    jobs = scope.rows(JOB, job_id=job_id)
    if len(jobs) != 1:
        raise _unclear(scope, job_id, [job["cluster"] for job in jobs])
    (job,) = jobs
    gpu_time = gpu_charges.GpuTime(**{name: job[name] for name in KEY})
    return Node(
        f"job {job_id}, {scope.measure}",
        job["amount"],
        scope.currency,
        _facts(job),
        (
            _runs(scope, job),
            gpu_charges.by_class(scope, gpu_time),
            gpu_charges.bill(scope, gpu_time),
            gpu_charges.owners(scope, gpu_time),
            gpu_charges.statements(scope, gpu_time),
        ),
    )


def _facts(job: Row) -> dict[str, object]:
    named = {name: _named(job[name]) for name in ("scheduler", "cluster", "user_name", "account")}
    return {
        "name": job["job_name"],
        **named,
        "purpose": _named(job["purpose"]),
        "model": _named(job["model"]),
        "state": _named(job["state"]),
        "submitted": job["submit_at"],
        "started": job["started_at"],
        "ended": job["completed_at"],
        "runs": job["run_count"],
        "GPUs": f"{job['gpu_count']} x {job['gpu_type']}",
        "held GPU hours": job["held_gpu_hours"],
        "busy GPU hours": job["busy_gpu_hours"],
        "goodput": job["goodput_ratio"],
        "cost per held GPU hour": job["cost_per_held_gpu_hour"],
    }


def _named(name: str) -> str | None:
    return None if name == "none" else name


def _runs(scope: Scope, job: Row) -> Node:
    rows = scope.rows(RUNS, **{name: job[name] for name in KEY})
    parts = [_run(scope, row) for row in rows]
    title = "runs, each by the time that it had of the job's node-hours"
    return summed(title, scope.currency, parts, top=scope.top)


def _run(scope: Scope, run: Row) -> Node:
    if run["attempt"] == "none":
        title = "GPU time that no record covers"
    elif run["scheduler"] == "kubernetes":
        title = f"run {run['run_number']}, pod {run['attempt']}"
    else:
        title = f"run {run['run_number']}, taken in {run['attempt']}"
    facts = {
        "outcome": f"{run['outcome']}: {OUTCOMES[run['outcome']]}",
        "state": _named(run["state"]),
        "from": run["started_at"],
        "to": run["ended_at"],
        "held GPU seconds": run["held_gpu_seconds"],
        "busy GPU seconds": run["busy_gpu_seconds"],
    }
    return Node(title, run["amount"], scope.currency, facts)


def _unclear(scope: Scope, job_id: str, clusters: list[str]) -> Exception:
    if clusters:
        return unknown(
            "job", job_id, f"The clusters {', '.join(clusters)} have one each: ask `job_costs`."
        )
    advice = "Look for `job_id` in `job_costs`: a Slurm job id, or namespace/name of a pod's job."
    return unknown("job", job_id, advice, scope.names(JOBS))
