"""Why a team costs what it costs, on a day or in the whole release."""

from datetime import date

from apportion.explain import ledger
from apportion.explain.node import Node, summed, total
from apportion.explain.scope import Scope, unknown

TEAM_DAY = """
select
    business_unit, cost_center, sum({amount}) as amount,
    min(charge_date) as first, max(charge_date) as last
from daily_cost_by_team
where team = $team and (cast($day as date) is null or charge_date = cast($day as date))
group by all
"""
DAYS = "select min(charge_date) as first, max(charge_date) as last from daily_cost_by_team {where}"
TEAMS = "select distinct team from daily_cost_by_team"
REQUESTS = """
select deployment, model, sum({amount}) as amount
from cost_ledger
where
    team = $team
    and (cast($day as date) is null or charge_date = cast($day as date))
    and allocation_method in ('residency', 'weighted_tokens', 'metered_tokens')
group by all
"""
USAGE = """
select
    deployment, model,
    sum(request_count) as request_count, sum(input_tokens) as input_tokens,
    sum(cache_read_input_tokens) as cache_read_input_tokens, sum(output_tokens) as output_tokens
from daily_unit_economics
where team = $team and (cast($day as date) is null or usage_date = cast($day as date))
group by all
"""
JOBS = """
select
    scheduler, job_id, min(usage_date) as first, max(usage_date) as last, sum({amount}) as amount
from workload_charges
where
    team = $team and job_id <> 'none'
    and (cast($day as date) is null or usage_date = cast($day as date))
group by scheduler, cluster, job_id
"""
COUNTS = ("request_count", "input_tokens", "cache_read_input_tokens", "output_tokens")


def explain_team(scope: Scope, team: str, day: date | None) -> Node:
    """A team by class, provider, service and charge; its requests and its jobs.

    Raises:
        ConfigError: `EXPLAIN_UNKNOWN`.
    """
    places = scope.rows(TEAM_DAY, team=team, day=day)
    if not places:
        raise _unknown(scope, team, day)
    entries = ledger.Entries(team=team, day=day)
    first, last = min(place["first"] for place in places), max(place["last"] for place in places)
    when = f"on {first}" if first == last else f"{first} to {last}"
    return Node(
        f"team {team} {when}, {scope.measure}",
        total(place["amount"] for place in places),
        scope.currency,
        {
            "business unit": ", ".join(sorted({place["business_unit"] for place in places})),
            "cost center": ", ".join(sorted({place["cost_center"] for place in places})),
        },
        (
            ledger.by_class(scope, entries, "down to the bill"),
            _requests(scope, team, day),
            *_jobs(scope, team, day),
            ledger.statements(scope, entries),
        ),
    )


def _requests(scope: Scope, team: str, day: date | None) -> Node:
    usage = {
        (row["deployment"], row["model"]): row for row in scope.rows(USAGE, team=team, day=day)
    }
    parts = []
    for row in scope.rows(REQUESTS, team=team, day=day):
        counts = usage.get((row["deployment"], row["model"]), {})
        facts = {name.replace("_", " "): counts.get(name) for name in COUNTS}
        parts.append(Node(f"deployment {row['deployment']}", row["amount"], scope.currency, facts))
    return summed("of which its requests", scope.currency, parts, top=scope.top)


def _jobs(scope: Scope, team: str, day: date | None) -> list[Node]:
    parts = [
        Node(
            f"job {row['job_id']}",
            row["amount"],
            scope.currency,
            {"scheduler": row["scheduler"], "days": f"{row['first']} to {row['last']}"},
        )
        for row in scope.rows(JOBS, team=team, day=day)
    ]
    title = "of which its training, batch and development jobs"
    return [summed(title, scope.currency, parts, top=scope.top)] if parts else []


def _unknown(scope: Scope, team: str, day: date | None) -> Exception:
    where = "where team = $team"
    (days,) = scope.rows(DAYS.replace("{where}", where), team=team)
    if days["first"] is None:
        (days,) = scope.rows(DAYS.replace("{where}", ""))
    advice = (
        f"Days go from {days['first']} to {days['last']}; `apportion top` lists the teams, and "
        "`unallocated` is the team of what nobody owns."
    )
    asked = f"It was asked for {day}. " if day else ""
    return unknown("team-day" if day else "team", team, asked + advice, scope.names(TEAMS))
