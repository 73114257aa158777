"""Why a workload costs what it costs."""

from datetime import date

from apportion.explain import gpu_charges, ledger
from apportion.explain.node import Node, summed, total
from apportion.explain.scope import Row, Scope, unknown
from apportion.explain.words import CLASSES

COSTS = """
select
    node, cost_class, team, model, deployment, purpose,
    count(distinct hour_start) as hour_count, sum({amount}) as amount,
    min(usage_date) as first, max(usage_date) as last
from workload_costs
where workload = $workload and (cast($day as date) is null or usage_date = cast($day as date))
group by all
order by node, cost_class, team, model, deployment, purpose
"""
GPUS = """
select
    node, gpu_model, activity_metric, count(distinct gpu_uuid) as gpu_count,
    sum(held_seconds) as held_seconds, sum(active_seconds) as active_seconds
from gpu_hours
where workload = $workload and (cast($day as date) is null or usage_date = cast($day as date))
group by all
order by node, gpu_model, activity_metric
"""
WORKLOADS = "select distinct workload from workload_costs"


def explain_workload(scope: Scope, workload: str, day: date | None) -> Node:
    """A workload on a day, or in the whole release: its nodes, GPU time and bill lines.

    Raises:
        ConfigError: `EXPLAIN_UNKNOWN`.
    """
    rows = scope.rows(COSTS, workload=workload, day=day)
    if not rows:
        advice = (
            "Look for `workload` in `workload_costs`: a pod's app label, a pod, or slurm/<job id>."
        )
        asked = f"It was asked for {day}. " if day else ""
        raise unknown("workload", workload, asked + advice, scope.names(WORKLOADS))
    deployments = sorted({row["deployment"] for row in rows} - {"none"})
    gpu_time = gpu_charges.GpuTime(workload=workload, day=day)
    first, last = min(row["first"] for row in rows), max(row["last"] for row in rows)
    return Node(
        f"workload {workload}, {first} to {last}, {scope.measure}",
        total(row["amount"] for row in rows),
        scope.currency,
        {},
        (
            _nodes(scope, rows, workload, day),
            gpu_charges.bill(scope, gpu_time),
            gpu_charges.owners(scope, gpu_time),
            *(_deployment(scope, deployment, day) for deployment in deployments),
            *([] if deployments else [gpu_charges.statements(scope, gpu_time)]),
        ),
    )


def _nodes(scope: Scope, rows: list[Row], workload: str, day: date | None) -> Node:
    gpus = scope.rows(GPUS, workload=workload, day=day)
    nodes = []
    for node in dict.fromkeys(row["node"] for row in rows):
        classes = [
            Node(
                f"class {row['cost_class']}",
                row["amount"],
                scope.currency,
                {"means": CLASSES.get(row["cost_class"]), "hours": row["hour_count"]},
            )
            for row in rows
            if row["node"] == node
        ]
        nodes.append(summed(f"node {node}", scope.currency, classes, _held(gpus, node)))
    return summed(
        "GPU nodes, each hour split by the seconds held", scope.currency, nodes, top=scope.top
    )


def _held(gpus: list[Row], node: str) -> dict[str, object]:
    held = [row for row in gpus if row["node"] == node]
    return {
        "GPUs": ", ".join(f"{row['gpu_count']} x {row['gpu_model']}" for row in held),
        "held GPU seconds": total(row["held_seconds"] for row in held),
        "active GPU seconds": total(row["active_seconds"] for row in held),
        "activity": ", ".join(sorted({row["activity_metric"] or "" for row in held})),
    }


def _deployment(scope: Scope, deployment: str, day: date | None) -> Node:
    entries = ledger.Entries(deployment=deployment, day=day)
    return Node(
        f"deployment {deployment}: its requests carry the hours in which it served them",
        parts=(
            ledger.by_team(scope, entries, "paid by"),
            ledger.by_class(scope, entries, "down to the bill"),
            ledger.statements(scope, entries),
        ),
    )
