"""The pool that a request took part in: its cost, whose requests shared it, its bill lines."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from apportion.explain import ledger
from apportion.explain.node import EXACT, Node, largest, summed
from apportion.explain.scope import Row, Scope
from apportion.explain.words import CLASSES, METHODS

NODES = """
select node, cost_class, sum({amount}) as amount
from workload_costs
where deployment = $deployment and hour_start = $pool_start
group by all
order by node, cost_class
"""
SHARERS = """
select team, sum(basis) as basis, sum({amount}) as amount
from request_pool_shares
where deployment = $deployment and pool_start = $pool_start
group by all
"""
BILLED = """
with entries as (
    select source_charge_key as charge_key, sum({amount}) as amount
    from cost_ledger
    where deployment = $deployment and usage_date = cast(cast($pool_start as timestamp) as date)
    group by all
)
select entries.charge_key, entries.amount
from entries
inner join charges using (charge_key)
where charges.charge_period_start < $pool_end and charges.charge_period_end > $pool_start
"""
PAYERS = """
select team, allocation_method, sum({amount}) as amount
from cost_ledger
where deployment = $deployment and usage_date = cast(cast($pool_start as timestamp) as date)
group by all
"""
HOUR = timedelta(hours=1)
PERCENT = Decimal("0.000001")
BASES = {
    "metered_tokens": "tokens, by type",
    "weighted_tokens": "tokens, weighted by the deployment's weights",
    "residency": "time in flight: each instant is shared by the requests in flight",
}


def explain_pool(scope: Scope, request: Row) -> Node:
    """The pool behind a request: where its cost comes from, who shared it, its bill lines."""
    if request["cost_status"] == "unpriced":
        return Node(
            "pool: none",
            facts={
                "why": "no bill line and no GPU time reached this deployment then; a request "
                "without a source of cost never gets an invented price"
            },
        )
    is_api = request["hosting"] == "api"
    parts = _vendor(scope, request) if is_api else _hosted(scope, request)
    pool = parts[0].amount or Decimal(0)
    facts = {
        "basis": BASES[request["allocation_method"]],
        "share of this request": _percent(request["amount"], pool),
        "stage": METHODS[request["allocation_method"]],
    }
    span = f"day {request['usage_date']}" if is_api else f"hour {request['pool_start']}"
    title = f"pool of deployment {request['deployment']}, {span}"
    return Node(title, pool, scope.currency, facts, parts)


def _vendor(scope: Scope, request: Row) -> tuple[Node, ...]:
    entries = ledger.Entries(deployment=request["deployment"], day=request["usage_date"])
    payers = [
        Node(f"team {row['team']}, {row['allocation_method']}", row["amount"], scope.currency)
        for row in scope.rows(PAYERS, **_keys(request))
    ]
    return (
        ledger.by_class(scope, entries, "down to the bill"),
        summed("paid by", scope.currency, payers, top=scope.top),
    )


def _hosted(scope: Scope, request: Row) -> tuple[Node, ...]:
    keys = _keys(request)
    end: datetime = request["pool_start"] + HOUR
    nodes = [
        Node(
            f"node {row['node']}, {row['cost_class']}",
            row["amount"],
            scope.currency,
            {"means": CLASSES.get(row["cost_class"])},
        )
        for row in scope.rows(NODES, **keys)
    ]
    sharers = [
        Node(
            f"team {row['team']}",
            row["amount"],
            scope.currency,
            {"weight": row["basis"]},
        )
        for row in scope.rows(SHARERS, **keys)
    ]
    return (
        summed("the GPU time that served it", scope.currency, nodes, top=scope.top),
        summed("shared by the requests of", scope.currency, sharers, top=scope.top),
        _bill(scope, scope.rows(BILLED, **keys, pool_end=end)),
    )


def _bill(scope: Scope, billed: list[Row]) -> Node:
    lines = ledger.lineage(scope, [row["charge_key"] for row in billed])
    parts = [
        Node(
            f"charge {row['charge_key']}",
            row["amount"],
            scope.currency,
            ledger.described(lines[row["charge_key"]]),
        )
        for row in billed
    ]
    return Node(
        "down to the bill: charges of that hour",
        facts={"amounts": "what each charge cost this deployment on the whole day"},
        parts=largest(parts, scope.top),
    )


def _keys(request: Row) -> Row:
    return {"deployment": request["deployment"], "pool_start": request["pool_start"]}


def _percent(amount: Decimal, pool: Decimal) -> str | None:
    if not pool:
        return None
    share = EXACT.divide(EXACT.multiply(amount, Decimal(100)), pool)
    return f"{share.quantize(PERCENT, ROUND_HALF_EVEN)} %"
