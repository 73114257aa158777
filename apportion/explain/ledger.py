"""Entries of the ledger as lines: by class, service and charge, by recipient, by statement."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter

from apportion.explain.node import EVERY, Node, summed
from apportion.explain.rules import Rules
from apportion.explain.scope import Row, Scope
from apportion.explain.words import CLASSES, METHODS


@dataclass(frozen=True, slots=True)
class Entries:
    """Which entries of the ledger; an attribute that is none does not matter."""

    charge: str | None = None
    day: date | None = None
    team: str | None = None
    model: str | None = None
    deployment: str | None = None
    purpose: str | None = None
    method: str | None = None


WHERE = """
    ($charge is null or source_charge_key = $charge)
    and (cast($day as date) is null or charge_date = cast($day as date))
    and ($team is null or team = $team)
    and ($model is null or model = $model)
    and ($deployment is null or deployment = $deployment)
    and ($purpose is null or purpose = $purpose)
    and ($method is null or allocation_method = $method)
"""
CHARGES = """
with entries as (
    select
        cost_class, provider, service_name, source_charge_key, allocation_method, owner_rule,
        sum({amount}) as amount
    from cost_ledger
    where {where}
    group by all
),
placed as (
    select
        *,
        row_number() over (
            partition by cost_class, provider, service_name
            order by abs(amount) desc, source_charge_key, allocation_method, owner_rule
        ) <= $top as is_shown
    from entries
)
select
    cost_class,
    provider,
    service_name,
    case when is_shown then source_charge_key end as charge_key,
    case when is_shown then allocation_method end as allocation_method,
    case when is_shown then owner_rule end as owner_rule,
    sum(amount) as amount,
    count(*) as entry_count
from placed
group by 1, 2, 3, 4, 5, 6
order by cost_class, provider, service_name, charge_key is null, abs(sum(amount)) desc, charge_key
""".replace("{where}", WHERE)
LINEAGE = """
select
    charge_key, source_name, object_key, object_row, charge_description, resource_id, sku_meter,
    charge_period_start, charge_period_end
from charges
where charge_key in (select unnest($keys))
"""
STATEMENTS = """
with entries as (
    select billing_period, business_unit, sum({amount}) as amount
    from cost_ledger
    where {where}
    group by all
)
select entries.*, statements.statement_id, statements.total_cost, statements.charged_measure
from entries
left join statements using (billing_period, business_unit)
order by billing_period, business_unit
""".replace("{where}", WHERE)
TEAMS = """
select team, business_unit, sum({amount}) as amount
from cost_ledger
where {where}
group by all
""".replace("{where}", WHERE)


def by_class(scope: Scope, entries: Entries, title: str) -> Node:
    """Entries by cost class, then provider and service, then the largest charges."""
    rows = scope.rows(CHARGES, top=scope.top, **asdict(entries))
    lines = lineage(scope, [row["charge_key"] for row in rows if row["charge_key"]])
    rules = Rules(scope)
    classes = []
    for cost_class, in_class in groupby(rows, itemgetter("cost_class")):
        services = [
            summed(
                f"{provider}, {service}",
                scope.currency,
                [_charge(scope, row, lines, rules) for row in in_service],
            )
            for (provider, service), in_service in groupby(
                in_class, itemgetter("provider", "service_name")
            )
        ]
        meaning = {"means": CLASSES.get(cost_class)}
        classes.append(summed(f"class {cost_class}", scope.currency, services, meaning, EVERY))
    return summed(title, scope.currency, classes, top=EVERY)


def lineage(scope: Scope, keys: Iterable[str]) -> dict[str, Row]:
    """What charges are and where they were read, by their key."""
    return {row["charge_key"]: row for row in scope.rows(LINEAGE, keys=sorted(set(keys)))}


def place(row: Row) -> str:
    """The source, file and row that a row was read from."""
    return f"{row['source_name']}: {row['object_key']} row {row['object_row']}"


def described(row: Row) -> dict[str, object]:
    """What a charge is, in a few facts."""
    return {
        "what": row["charge_description"] or row["sku_meter"],
        "resource": row["resource_id"],
        "charge period": f"{row['charge_period_start']} to {row['charge_period_end']}",
        "read from": place(row),
    }


def by_team(scope: Scope, entries: Entries, title: str) -> Node:
    """Entries by the team that pays."""
    parts = [
        Node(f"team {row['team']} ({row['business_unit']})", row["amount"], scope.currency)
        for row in scope.rows(TEAMS, **asdict(entries))
    ]
    return summed(title, scope.currency, parts, top=scope.top)


def statements(scope: Scope, entries: Entries, title: str = "up to the statements") -> Node:
    """The statements on which entries stand."""
    return on_statements(scope, scope.rows(STATEMENTS, **asdict(entries)), title)


def on_statements(scope: Scope, rows: list[Row], title: str = "up to the statements") -> Node:
    """Amounts by billing period and business unit, with the statement of each."""
    parts = [
        Node(
            f"statement {row['statement_id']}",
            row["amount"],
            scope.currency,
            {
                "business unit": row["business_unit"],
                "billing period": row["billing_period"],
                "the whole statement": row["total_cost"],
                "charged measure": row["charged_measure"],
            },
        )
        for row in rows
    ]
    return summed(title, scope.currency, parts, top=EVERY)


def _charge(scope: Scope, row: Row, lines: dict[str, Row], rules: Rules) -> Node:
    if row["charge_key"] is None:
        return Node(f"{row['entry_count']:,} more", row["amount"], scope.currency)
    line = lines.get(row["charge_key"])
    facts = {
        "stage": f"{row['allocation_method']}: {METHODS.get(row['allocation_method'], '')}",
        "rule": rules.says(row["owner_rule"]),
        **(described(line) if line else {}),
    }
    return Node(f"charge {row['charge_key']}", row["amount"], scope.currency, facts)
