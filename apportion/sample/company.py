"""The organisation: teams, cost centres and business units, and the many ways to spell them."""

from dataclasses import dataclass

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


TEAMS = (
    Team("search", "Search", "CC-4101", "Search and Discovery", "Ines Okafor", ("search-team", "srch")),
    Team("recommendations", "Recommendations", "CC-4102", "Search and Discovery", "Tomas Lind", ("recsys", "recs")),
    Team("ads-ranking", "Ads Ranking", "CC-4103", "Search and Discovery", "Mei Tanaka", ("ads",)),
    Team("fraud", "Fraud", "CC-4201", "Trust and Payments", "Priya Nair", ("fraud-detection",)),
    Team("payments-risk", "Payments Risk", "CC-4202", "Trust and Payments", "Jonas Weber", ("risk",)),
    Team("trust-safety", "Trust & Safety", "CC-4203", "Trust and Payments", "Amara Diallo", ("trust-and-safety", "safety")),
    Team("support-assistant", "Support Assistant", "CC-4301", "Customer Experience", "Lucia Romero", ("support", "cx-assistant")),
    Team("voice", "Voice", "CC-4302", "Customer Experience", "Daniel Park", ("voice-ai",)),
    Team("localization", "Localization", "CC-4303", "Customer Experience", "Freya Holm", ("l10n",)),
    Team("perception", "Perception", "CC-4401", "Robotics", "Kenji Mori", ("perception-team",)),
    Team("motion-planning", "Motion Planning", "CC-4402", "Robotics", "Sara Haddad", ("planning",)),
    Team("fleet-autonomy", "Fleet Autonomy", "CC-4403", "Robotics", "Oleh Bondar", ("fleet",)),
    Team("simulation", "Simulation", "CC-4404", "Robotics", "Greta Vance", ("sim",)),
    Team("foundation-models", "Foundation Models", "CC-4501", "AI Research", "Rafael Costa", ("fm", "foundation")),
    Team("alignment", "Alignment", "CC-4502", "AI Research", "Hannah Ito", ()),
    Team("speech-research", "Speech Research", "CC-4503", "AI Research", "Milan Novak", ("speech",)),
    Team("ml-platform", "ML Platform", "CC-4601", "Platform and Corporate", "Wanda Reyes", ("mlops", "ml-infra")),
    Team("data-platform", "Data Platform", "CC-4602", "Platform and Corporate", "Ben Adeyemi", ("data-eng",)),
    Team("developer-tools", "Developer Tools", "CC-4603", "Platform and Corporate", "Nils Berg", ("devtools",)),
    Team("finance-analytics", "Finance Analytics", "CC-4604", "Platform and Corporate", "Olivia Chen", ("fin-analytics",)),
)  # fmt: skip

TEAM = {team.name: team for team in TEAMS}

TAG_KEY_SPELLINGS = ("team", "owner", "squad", "owning-team", "user:team", "team-name")
COST_CENTER_SPELLINGS = ("cost_center", "costcenter", "cost-center", "cc")
