"""The bill lines behind the GPU time of a workload or a job, and where they stand."""

from dataclasses import asdict, dataclass
from datetime import date

from apportion.explain import ledger
from apportion.explain.node import EVERY, Node, summed
from apportion.explain.rules import Rules
from apportion.explain.scope import Row, Scope
from apportion.explain.words import CLASSES


@dataclass(frozen=True, slots=True)
class GpuTime:
    """Whose GPU time; an attribute that is none does not matter."""

    workload: str | None = None
    deployment: str | None = None
    scheduler: str | None = None
    cluster: str | None = None
    job_id: str | None = None
    day: date | None = None


WHERE = """
    ($workload is null or workload = $workload)
    and ($deployment is null or deployment = $deployment)
    and ($scheduler is null or scheduler = $scheduler)
    and ($cluster is null or cluster = $cluster)
    and ($job_id is null or job_id = $job_id)
    and (cast($day as date) is null or usage_date = cast($day as date))
"""
CHARGES = """
with entries as (
    select source_charge_key as charge_key, sum({amount}) as amount
    from workload_charges
    where {where}
    group by all
),
placed as (
    select *, row_number() over (order by abs(amount) desc, charge_key) <= $top as is_shown
    from entries
)
select case when is_shown then charge_key end as key, sum(amount) as amount, count(*) as line_count
from placed
group by key
order by key is null, abs(sum(amount)) desc, key
""".replace("{where}", WHERE)
CLASS_COSTS = """
select cost_class, sum({amount}) as amount
from workload_charges
where {where}
group by all
""".replace("{where}", WHERE)
OWNERS = """
select
    team, business_unit, cost_center, owner_rule, model, purpose, sum({amount}) as amount,
    min(usage_date) as first, max(usage_date) as last
from workload_charges
where {where}
group by all
order by first, team, owner_rule, model, purpose
""".replace("{where}", WHERE)
STATEMENTS = """
with entries as (
    select billing_period, business_unit, sum({amount}) as amount
    from workload_charges
    where {where}
    group by all
)
select entries.*, statements.statement_id, statements.total_cost, statements.charged_measure
from entries
left join statements using (billing_period, business_unit)
order by billing_period, business_unit
""".replace("{where}", WHERE)


def by_class(scope: Scope, gpu_time: GpuTime) -> Node:
    """The cost of GPU time that was used and that was held idle."""
    parts = [
        Node(
            f"class {row['cost_class']}",
            row["amount"],
            scope.currency,
            {"means": CLASSES.get(row["cost_class"])},
        )
        for row in scope.rows(CLASS_COSTS, **asdict(gpu_time))
    ]
    return summed("busy and idle", scope.currency, parts, top=EVERY)


def bill(scope: Scope, gpu_time: GpuTime) -> Node:
    """The charges that paid for GPU time, the largest first, each with its file and row."""
    rows = scope.rows(CHARGES, top=scope.top, **asdict(gpu_time))
    lines = ledger.lineage(scope, [row["key"] for row in rows if row["key"]])
    parts = [_charge(scope, row, lines) for row in rows]
    return summed("down to the bill", scope.currency, parts)


def _charge(scope: Scope, row: Row, lines: dict[str, Row]) -> Node:
    if row["key"] is None:
        return Node(f"{row['line_count']:,} more", row["amount"], scope.currency)
    line = lines.get(row["key"])
    facts = ledger.described(line) if line else {}
    return Node(f"charge {row['key']}", row["amount"], scope.currency, facts)


def owners(scope: Scope, gpu_time: GpuTime) -> Node:
    """Who owns the GPU time, and the rule that says so."""
    rules = Rules(scope)
    parts = [
        Node(
            f"team {row['team']}",
            row["amount"],
            scope.currency,
            {
                "business unit": row["business_unit"],
                "cost center": row["cost_center"],
                "model": row["model"],
                "purpose": row["purpose"],
                "days": f"{row['first']} to {row['last']}",
                "rule": rules.says(row["owner_rule"]),
            },
        )
        for row in scope.rows(OWNERS, **asdict(gpu_time))
    ]
    return summed("owner", scope.currency, parts, top=EVERY)


def statements(scope: Scope, gpu_time: GpuTime) -> Node:
    """The statements on which the owner pays for GPU time."""
    return ledger.on_statements(scope, scope.rows(STATEMENTS, **asdict(gpu_time)))
