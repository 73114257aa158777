"""Shared-cost policies: what is incomplete, contradictory, or would lead costs back."""

import pytest

from ingest.schemas import REFERENCE
from ingest.sources.reference.parse import parse
from ingest.sources.reference.sharing import MOST_SHARING_TEAMS, problems
from warehouse.build import default_transforms

HEADER = ",".join(REFERENCE["shared_cost_policies"])
TEAMS = ["platform", "data", "search", "fraud", *(f"team {n}" for n in range(9))]


def told(*rows: str) -> list[str]:
    parsed, wrong = parse("shared_cost_policies", "\n".join([HEADER, *rows, ""]).encode())
    assert wrong == []
    return list(problems(parsed, TEAMS))


def test_steps_that_go_down_are_accepted() -> None:
    assert (
        told(
            "idle,10,cost_class,idle_unheld,keep_central,,platform,,,",
            "platform,20,team,Platform,fixed,,data,1,,",
            "platform,20,team,Platform,fixed,,search,3,,",
            "data,30,team,data,by_metric,tokens,,,,",
            "tax,40,charge_category,Tax,proportional,,,,,",
            "pager,50,service_name,Pager,direct,,,,,",
        )
        == []
    )


@pytest.mark.parametrize(
    ("rows", "line", "column", "said"),
    [
        (["p,1,cost_class,credit,by_metric,,,,,"], 2, "metric", 'is empty, and "by_metric" needs'),
        (["p,1,cost_class,credit,even,tokens,,,,"], 2, "metric", '"even" has no use for it'),
        (["p,1,cost_class,credit,keep_central,,,,,"], 2, "team", 'is empty, and "keep_central"'),
        (["p,1,cost_class,credit,proportional,,data,,,"], 2, "team", '"proportional" has no use'),
        (["p,1,team,plattform,even,,,,,"], 2, "match_value", '"plattform" is not in teams.csv'),
        (["p,1,team,data,direct,,,,,"], 2, "method", '"direct" shares nothing'),
        (
            ["p,1,cost_class,credit,fixed,,data,1,,", "P,2,cost_class,credit,fixed,,search,1,,"],
            3,
            "step",
            'differs from line 2, which is the same policy "P"',
        ),
        (
            ["p,1,team,data,even,,,,,", "q,2,team,Data,even,,,,,"],
            3,
            "match_value",
            '"Data" is shared by line 2 already',
        ),
    ],
)
def test_a_policy_that_cannot_be_applied_is_named(
    rows: list[str], line: int, column: str, said: str
) -> None:
    (problem,) = told(*rows)
    assert problem.startswith(f"shared_cost_policies.csv:{line} column {column}: ")
    assert said in problem


def test_a_cycle_is_told_with_the_teams_on_the_way() -> None:
    (problem,) = told(
        "a,1,team,platform,keep_central,,data,,,",
        "b,2,team,data,keep_central,,search,,,",
        "c,3,team,search,keep_central,,Platform,,,",
    )
    assert problem == (
        "shared_cost_policies.csv:4 column team: a cycle: search → Platform → data → search. "
        '"Platform" shares its costs at step 1 (line 2) and can receive none from policy "c" at '
        'step 3. Give "c" a smaller step, or other teams.'
    )


def test_a_team_that_gives_to_itself_is_a_cycle() -> None:
    (problem,) = told("a,1,team,platform,keep_central,,platform,,,")
    assert "a cycle: platform → platform. " in problem


@pytest.mark.parametrize("step", [20, 21])
def test_nothing_reaches_a_team_that_is_closed(step: int) -> None:
    (problem,) = told(
        "platform,20,team,platform,even,,,,,",
        f"idle,{step},cost_class,idle_unheld,keep_central,,platform,,,",
    )
    assert problem.startswith("shared_cost_policies.csv:3 column team: ")
    assert '"platform" shares its costs at step 20 (line 2)' in problem
    assert "cycle" not in problem


def test_policies_of_different_times_do_not_meet() -> None:
    assert (
        told(
            "a,1,team,platform,keep_central,,data,,,2026-07-01",
            "b,2,team,data,keep_central,,platform,,2026-07-01,",
        )
        == []
    )


def test_as_many_teams_as_the_transforms_have_passes_for_may_share_their_costs() -> None:
    rows = [f"p{n},{n},team,team {n},even,,,,," for n in range(MOST_SHARING_TEAMS + 1)]
    assert told(*rows[:-1]) == []
    (problem,) = told(*rows)
    assert f"and at most {MOST_SHARING_TEAMS} may" in problem
    macro = (default_transforms() / "macros" / "stages" / "share_costs.sql").read_text()
    assert f"macro most_sharing_teams() %}}{{{{ return({MOST_SHARING_TEAMS}) }}}}" in macro
