"""The most expensive requests of each business unit in a billing period."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import duckdb

MOST = 20
REQUESTS = f"""
    with owners as (
        select distinct usage_date, team, business_unit
        from main.cost_ledger
        where billing_period = $period
    )
    select
        business_unit, request_id, started_at, team, model, deployment,
        input_tokens, output_tokens, status,
        case $measure when 'billed_cost' then reporting_billed_cost
            else reporting_effective_cost end as cost
    from main.request_costs
    join owners using (usage_date, team)
    where
        cost_status = 'priced' and started_at >= $period
        and started_at < cast($period as date) + interval 1 month
    qualify row_number() over (
        partition by business_unit order by cost desc, started_at, request_id
    ) <= {MOST}
    order by business_unit, cost desc, started_at, request_id
"""  # noqa: S608 - a number of our own


class Request(NamedTuple):
    """A request and its exact cost; times are UTC."""

    request_id: str
    started_at: datetime
    team: str
    model: str
    deployment: str
    input_tokens: int
    output_tokens: int
    status: str
    cost: Decimal


def top_requests(
    connection: duckdb.DuckDBPyConnection, period: date, measure: str
) -> dict[str, tuple[Request, ...]]:
    """The requests of a period that cost most, at most 20 for each business unit, dearest first.

    A request is in the statement of the unit that its team belonged to on its day.
    """
    rows = connection.execute(REQUESTS, {"period": period, "measure": measure}).fetchall()
    found: dict[str, list[Request]] = defaultdict(list)
    for business_unit, *values in rows:
        found[business_unit].append(Request(*values))
    return {unit: tuple(requests) for unit, requests in found.items()}
