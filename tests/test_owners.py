"""Who owns what, on a small simulated company: unallocated spend and the rules suggested for it."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from apportion.sample import SampleOptions, simulate
from tests.test_end_to_end import World
from warehouse.read import connect

SMALL = SampleOptions(first_day=date(2026, 10, 1), days=2, requests=800, gpus=90)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A company whose two days are published."""
    folder = tmp_path_factory.mktemp("owners")
    simulate(folder / "company", SMALL)
    world = World(folder / "company", folder / "home")
    world.run()
    return world


def test_a_suggested_rule_gives_the_cost_to_the_suggested_team(
    published: World, tmp_path: Path
) -> None:
    said = json.loads(published.apportion("--json", "owners").stdout)
    suggested = said["suggestions"][0]["rule"]
    world = published.copy(tmp_path)
    rules = world.company / "reference" / "owner_rules.csv"
    rules.write_text(f"{rules.read_text().rstrip()}\n{suggested}\n")
    world.run()
    rule_id, _, _, _, _, team, *_ = next(csv.reader([suggested]))
    with connect(world.home) as warehouse:
        ((status, cost),) = warehouse.execute(
            "select rule_status, reporting_effective_cost from owner_rule_usage where rule_id = ?",
            [rule_id],
        ).fetchall()
        ((paid,),) = warehouse.execute(
            """
            select sum(reporting_effective_cost) from cost_ledger where team = ? and owner_rule = ?
            """,
            [team, rule_id],
        ).fetchall()
    assert status == "used"
    assert cost == paid > 0


def test_a_rule_that_contradicts_another_of_its_priority_is_reported_with_the_amount(
    published: World, tmp_path: Path
) -> None:
    world = published.copy(tmp_path)
    rules = world.company / "reference" / "owner_rules.csv"
    rules.write_text(f"{rules.read_text().rstrip()}\nZ999,30,tag,team,search,fraud,,\n")
    world.run()
    with connect(world.home) as warehouse:
        found = warehouse.execute(
            """
            select deciding_team, other_rule, other_team, sum(reporting_effective_cost) > 0
            from owner_rule_conflicts where severity = 'conflict' group by all
            """
        ).fetchall()
    assert found == [("search", "Z999", "fraud", True)]
