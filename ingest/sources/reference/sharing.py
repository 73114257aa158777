"""What the shared-cost policies must say together: one description each, steps that only go down.

A team whose costs a policy shares (`match_field` `team`) is closed at that step: whatever reached
it before is passed on, and nothing may reach it afterwards. So no cost can go round in a circle.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from ingest.sources.reference.parse import Row

FILE = "shared_cost_policies.csv"
DESCRIPTION = ("step", "match_field", "match_value", "method", "metric")
NAMES_TEAMS = ("fixed", "keep_central")
MOST_SHARING_TEAMS = 5
"""Teams that may share their own costs on one day; `most_sharing_teams` in the transforms."""


def problems(rows: Sequence[Row], teams: Sequence[str]) -> Iterator[str]:
    """Every policy that cannot be applied: incomplete, contradictory, or leading back.

    Args:
        rows: the rows of `shared_cost_policies.csv`.
        teams: the names in `teams.csv`.
    """
    for row in rows:
        yield from _incomplete(row, {_folded(team) for team in teams})
    yield from _contradictions(rows)
    sharing = [row for row in rows if row.values["match_field"] == "team"]
    yield from _shared_twice(sharing)
    yield from _too_many(sharing)
    yield from _leading_back(rows, sharing)


def _incomplete(row: Row, teams: set[str]) -> Iterator[str]:
    method, value = row.values["method"], row.values["match_value"]
    wants = {"metric": method == "by_metric", "team": method in NAMES_TEAMS}
    for column, is_wanted in wants.items():
        if is_wanted and row.values[column] is None:
            yield f'{FILE}:{row.line} column {column}: is empty, and "{method}" needs it.'
        if not is_wanted and row.values[column] is not None:
            yield f'{FILE}:{row.line} column {column}: "{method}" has no use for it.'
    if row.values["match_field"] == "team":
        if _folded(value) not in teams:
            yield f'{FILE}:{row.line} column match_value: "{value}" is not in teams.csv.'
        if method == "direct":
            yield f'{FILE}:{row.line} column method: "direct" shares nothing; leave the row out.'


def _contradictions(rows: Sequence[Row]) -> Iterator[str]:
    """Rows of one policy are its recipients: they say the same about everything else."""
    by_policy: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_policy[_folded(row.values["policy_id"])].append(row)
    for group in by_policy.values():
        for number, later in enumerate(group):
            for earlier in group[:number]:
                columns = [c for c in DESCRIPTION if _says(earlier, c) != _says(later, c)]
                if columns and _meet(earlier, later):
                    yield (
                        f"{FILE}:{later.line} column {columns[0]}: differs from line "
                        f'{earlier.line}, which is the same policy "{later.values["policy_id"]}".'
                    )
                    break


def _shared_twice(sharing: Sequence[Row]) -> Iterator[str]:
    for number, later in enumerate(sharing):
        for earlier in sharing[:number]:
            is_same = later.values["policy_id"] == earlier.values["policy_id"]
            if not is_same and _sends(earlier) == _sends(later) and _meet(earlier, later):
                yield (
                    f'{FILE}:{later.line} column match_value: "{later.values["match_value"]}" '
                    f"is shared by line {earlier.line} already; a team has one policy at a time."
                )
                break


def _too_many(sharing: Sequence[Row]) -> Iterator[str]:
    for row in sharing:
        day = row.values["valid_from"]
        teams = {_sends(other) for other in sharing if _is_in_force(other, day)}
        if len(teams) > MOST_SHARING_TEAMS:
            yield (
                f"{FILE}:{row.line} column match_field: {len(teams)} teams share their own costs "
                f"on {day}, and at most {MOST_SHARING_TEAMS} may. Let some of them share at once, "
                "as one team."
            )
            return


def _leading_back(rows: Sequence[Row], sharing: Sequence[Row]) -> Iterator[str]:
    """Policies that give to a team which has passed everything on by then."""
    for row in rows:
        if row.values["method"] not in NAMES_TEAMS or row.values["team"] is None:
            continue
        for closing in sharing:
            is_closed = closing.values["step"] <= row.values["step"]
            if is_closed and _sends(closing) == _receives(row) and _meet(closing, row):
                yield _told(row, closing, sharing)
                break


def _told(row: Row, closing: Row, sharing: Sequence[Row]) -> str:
    team, policy = row.values["team"], row.values["policy_id"]
    cycle = _cycle(row, sharing) if row.values["match_field"] == "team" else []
    circle = f"a cycle: {' → '.join(cycle)}. " if cycle else ""
    return (
        f'{FILE}:{row.line} column team: {circle}"{team}" shares its costs at step '
        f"{closing.values['step']} (line {closing.line}) and can receive none from policy "
        f'"{policy}" at step {row.values["step"]}. Give "{policy}" a smaller step, or other teams.'
    )


def _cycle(row: Row, sharing: Sequence[Row]) -> list[str]:
    """The teams on the way from a policy's recipient back to the team that it shares, if any."""
    start = _sends(row)
    paths = [[row.values["match_value"], row.values["team"]]]
    seen = set()
    while paths:
        path = paths.pop(0)
        if _folded(path[-1]) == start:
            return path
        for edge in sharing:
            is_next = _sends(edge) == _folded(path[-1]) and edge.values["team"] is not None
            if is_next and edge.line not in seen and _meet(edge, row):
                seen.add(edge.line)
                paths.append([*path, edge.values["team"]])
    return []


def _sends(row: Row) -> str:
    return _folded(row.values["match_value"])


def _receives(row: Row) -> str:
    return _folded(row.values["team"])


def _says(row: Row, column: str) -> object:
    value: Any = row.values[column]
    return _folded(value) if isinstance(value, str) else value


def _folded(text: str) -> str:
    return text.strip().lower()


def _meet(one: Row, other: Row) -> bool:
    """Whether there is a day on which both are in force."""
    earlier, later = sorted((one, other), key=lambda row: row.values["valid_from"])
    return earlier.overlaps(later)


def _is_in_force(row: Row, day: date) -> bool:
    end = row.values["valid_to"]
    return bool(row.values["valid_from"] <= day and (end is None or day < end))
