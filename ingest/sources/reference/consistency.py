"""What the reference tables say about each other and about time."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.registry import suggestion
from ingest.sources.reference import loaded, rules, sharing
from ingest.sources.reference.parse import Row

Tables = Mapping[str, list[Row]]
UNALLOCATED = "unallocated"
TABLES_WITH_TEAM = (
    *("team_aliases", "owner_rules", "deployments", "shared_cost_policies", "loaded_rates"),
)


def problems(tables: Tables) -> Iterator[str]:
    """Every row that names an unknown team, or is in force together with another of its key."""
    for table in tables:
        yield from _overlaps(table, tables[table])
    yield from _unknown_teams(tables)
    yield from _ambiguous_aliases(tables)
    yield from _unknown_budgets(tables)
    yield from loaded.problems(tables)
    teams = [row.values["team"] for row in tables.get("teams", ())]
    yield from sharing.problems(tables.get("shared_cost_policies", ()), teams)


def _overlaps(table: str, rows: list[Row]) -> Iterator[str]:
    """Two rows of one key in force on the same day: one of them would count twice."""
    by_key: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        key = tuple(_folded(row.values[column]) for column in rules.KEYS[table])
        by_key[*key, rules.is_imported(table, row.values)].append(row)
    for group in by_key.values():
        group.sort(key=lambda row: row.values["valid_from"])
        for earlier, later in itertools.pairwise(group):
            if earlier.overlaps(later):
                named = " ".join(f'{c} "{later.values[c]}"' for c in rules.KEYS[table])
                yield (
                    f"{table}.csv:{later.line} {named} is in force on the same days as in line "
                    f"{earlier.line}."
                )


def _unknown_teams(tables: Tables) -> Iterator[str]:
    teams = {row.values["team"] for row in tables.get("teams", ())}
    for table in TABLES_WITH_TEAM:
        known = teams | ({rules.TEAM_OF_VALUE} if table == "owner_rules" else set())
        for row in tables.get(table, ()):
            team = row.values["team"]
            if team is not None and team not in known:
                yield (
                    f'{table}.csv:{row.line} column team: "{team}" is not in teams.csv'
                    f"{suggestion(team, sorted(teams))}."
                )


def _unknown_budgets(tables: Tables) -> Iterator[str]:
    """A budget of a name that no cost can have would look kept for ever."""
    teams = [row.values for row in tables.get("teams", ())]
    known = {
        "organization": {"all"},
        "business_unit": {team["business_unit"] for team in teams} | {UNALLOCATED},
        "team": {team["team"] for team in teams} | {UNALLOCATED},
    }
    for row in tables.get("budgets", ()):
        scope, name = row.values["scope"], row.values["scope_name"]
        if scope in known and name not in known[scope]:
            yield (
                f'budgets.csv:{row.line} column scope_name: "{name}" is no {scope} that has cost'
                f"{suggestion(name, sorted(known[scope]))}; known are "
                f"{', '.join(sorted(known[scope]))}."
            )


def _ambiguous_aliases(tables: Tables) -> Iterator[str]:
    """An alias that is also the name of another team would give its cost to either."""
    teams = {_folded(row.values["team"]): row.values["team"] for row in tables.get("teams", ())}
    for row in tables.get("team_aliases", ()):
        alias, team = row.values["alias"], row.values["team"]
        if teams.get(_folded(alias), team) != team:
            yield (
                f'team_aliases.csv:{row.line} column alias: "{alias}" is the name of a team, but '
                f'stands here for "{team}".'
            )


def _folded(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value
