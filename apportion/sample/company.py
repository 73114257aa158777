"""The organisation: teams, cost centres and business units, and the many ways to spell them."""

from dataclasses import dataclass

from apportion.sample.tables import read

COMPANY = "Kestrel Robotics"
REPORTING_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Team:
    """A team, and other names that people use for it."""

    name: str
    display: str
    cost_center: str
    business_unit: str
    owner: str
    aliases: tuple[str, ...] = ()


TEAMS = read("teams", Team)

TEAM = {team.name: team for team in TEAMS}

TAG_KEY_SPELLINGS = ("team", "owner", "squad", "owning-team", "user:team", "team-name")
COST_CENTER_SPELLINGS = ("cost_center", "costcenter", "cost-center", "cc")
