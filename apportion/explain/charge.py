"""Why a line of the bill was charged to whom it was."""

from itertools import groupby
from operator import itemgetter

from apportion.explain import ledger
from apportion.explain.node import EVERY, Node, summed
from apportion.explain.rules import Rules
from apportion.explain.scope import Row, Scope, unknown
from apportion.explain.words import METHODS

CHARGE = "select *, {measure} as amount from charges where charge_key = $key"
RECIPIENTS = """
select
    allocation_method, cost_class, owner_rule, team, model, deployment, purpose,
    count(distinct charge_date) as day_count, sum({measure}) as amount
from cost_ledger
where source_charge_key = $key
group by all
order by allocation_method, cost_class, owner_rule, team, model, deployment, purpose
"""
WORKLOADS = """
select workload, job_id, sum({measure}) as amount
from workload_charges
where source_charge_key = $key
group by all
"""
COMMITMENTS = """
select fee_change, credit_change, sustained_change, effective_cost
from commitment_shares
where charge_key = $key
"""
FOCUS = (
    *("service_provider_name", "provider_name", "invoice_issuer_name", "invoice_id"),
    *("billing_account_id", "sub_account_id", "sub_account_name", "charge_category"),
    *("charge_class", "charge_frequency", "charge_description", "charge_period_start"),
    *("charge_period_end", "billing_period_start", "service_category", "service_name"),
    *("resource_id", "resource_name", "resource_type", "region_id", "sku_id", "sku_meter"),
    *("sku_price_id", "pricing_category", "commitment_discount_id", "commitment_discount_status"),
    *("consumed_quantity", "consumed_unit", "pricing_quantity", "pricing_unit"),
    *("list_unit_price", "contracted_unit_price", "billed_cost", "effective_cost", "list_cost"),
    *("contracted_cost", "tags"),
)


def explain_charge(scope: Scope, key: str) -> Node:
    """A charge: what FOCUS says, where it was read, who got which part of it, and why.

    Amounts are in the billing currency; those of the statements in the reporting currency.

    Raises:
        ConfigError: `EXPLAIN_UNKNOWN`.
    """
    rows = scope.rows(CHARGE, key=key)
    if not rows:
        raise unknown(
            "charge",
            key,
            "Look for `charge_key` in `charges`, or `source_charge_key` in the ledger.",
        )
    (charge,) = rows
    currency = charge["billing_currency"]
    return Node(
        f"charge {key}, {scope.measure}",
        charge["amount"],
        currency,
        {"read from": ledger.place(charge), "sha256 of the file": charge["object_sha256"]},
        (
            Node("on the bill (FOCUS)", facts={name: charge[name] for name in FOCUS}),
            *_commitments(scope, key, currency),
            *_gpu_time(scope, key, currency),
            _recipients(scope, key, currency),
            ledger.statements(scope, ledger.Entries(charge=key)),
        ),
    )


def _commitments(scope: Scope, key: str, currency: str) -> list[Node]:
    """What fees and credits of commitments make of its effective cost, before anything else."""
    if scope.measure != "effective_cost":
        return []
    return [
        Node(
            "with the fees and credits of commitments that are its own",
            row["effective_cost"],
            currency,
            {
                "fees": row["fee_change"],
                "credits": row["credit_change"],
                "credits for sustained use": row["sustained_change"],
            },
        )
        for row in scope.rows(COMMITMENTS, key=key)
    ]


def _gpu_time(scope: Scope, key: str, currency: str) -> list[Node]:
    """Whose GPU time a node's charge paid for; the rest of it is time that nobody held."""
    parts = [
        Node(
            f"workload {row['workload']}",
            row["amount"],
            currency,
            {"job": row["job_id"] if row["job_id"] != "none" else None},
        )
        for row in scope.rows(WORKLOADS, key=key)
    ]
    title = "of which GPU time that workloads held"
    return [summed(title, currency, parts, top=scope.top)] if parts else []


def _recipients(scope: Scope, key: str, currency: str) -> Node:
    rules = Rules(scope)
    stages = []
    by = itemgetter("allocation_method", "cost_class", "owner_rule")
    for (method, cost_class, rule), rows in groupby(scope.rows(RECIPIENTS, key=key), by):
        facts = {"stage": METHODS.get(method), "rule": rules.says(rule)}
        parts = [_recipient(row, currency) for row in rows]
        stages.append(summed(f"{method}, {cost_class}", currency, parts, facts, scope.top))
    return summed("attributed to", currency, stages, top=EVERY)


def _recipient(row: Row, currency: str) -> Node:
    served = [row[name] for name in ("model", "deployment", "purpose") if row[name] != "none"]
    title = ", ".join((f"team {row['team']}", *dict.fromkeys(served)))
    days = row["day_count"] if row["day_count"] > 1 else None
    return Node(title, row["amount"], currency, {"days": days})
