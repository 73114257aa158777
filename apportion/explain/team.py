"""Why a team's day costs what it costs."""

from datetime import date

from apportion.explain import ledger
from apportion.explain.node import Node, summed, total
from apportion.explain.scope import Scope, unknown

TEAM_DAY = """
select business_unit, cost_center, sum({amount}) as amount
from daily_cost_by_team
where team = $team and charge_date = $day
group by all
"""
DAYS = "select min(charge_date) as first, max(charge_date) as last from daily_cost_by_team {where}"
TEAMS = "select distinct team from daily_cost_by_team"
REQUESTS = """
select deployment, model, sum({amount}) as amount
from cost_ledger
where
    team = $team and charge_date = $day
    and allocation_method in ('residency', 'weighted_tokens', 'metered_tokens')
group by all
"""
USAGE = """
select * from daily_unit_economics
where team = $team and usage_date = $day
"""
COUNTS = ("request_count", "input_tokens", "cache_read_input_tokens", "output_tokens")


def explain_team(scope: Scope, team: str, day: date) -> Node:
    """A team's day by class, provider, service and charge; its requests by deployment.

    Raises:
        ConfigError: `EXPLAIN_UNKNOWN`.
    """
    places = scope.rows(TEAM_DAY, team=team, day=day)
    if not places:
        raise _unknown(scope, team, day)
    entries = ledger.Entries(team=team, day=day)
    return Node(
        f"team {team} on {day}, {scope.measure}",
        total(place["amount"] for place in places),
        scope.currency,
        {
            "business unit": ", ".join(sorted({place["business_unit"] for place in places})),
            "cost center": ", ".join(sorted({place["cost_center"] for place in places})),
        },
        (
            ledger.by_class(scope, entries, "down to the bill"),
            _requests(scope, team, day),
            ledger.statements(scope, entries),
        ),
    )


def _requests(scope: Scope, team: str, day: date) -> Node:
    usage = {
        (row["deployment"], row["model"]): row for row in scope.rows(USAGE, team=team, day=day)
    }
    parts = []
    for row in scope.rows(REQUESTS, team=team, day=day):
        counts = usage.get((row["deployment"], row["model"]), {})
        facts = {name.replace("_", " "): counts.get(name) for name in COUNTS}
        parts.append(Node(f"deployment {row['deployment']}", row["amount"], scope.currency, facts))
    return summed("of which its requests", scope.currency, parts, top=scope.top)


def _unknown(scope: Scope, team: str, day: date) -> Exception:
    where = "where team = $team"
    (days,) = scope.rows(DAYS.replace("{where}", where), team=team)
    if days["first"] is None:
        (days,) = scope.rows(DAYS.replace("{where}", ""))
    advice = (
        f"Days go from {days['first']} to {days['last']}; `apportion top` lists the teams, and "
        "`unallocated` is the team of what nobody owns."
    )
    return unknown("team-day", team, f"It was asked for {day}. {advice}", scope.names(TEAMS))
