"""What the company decides, on a small simulated one: owner rules and shared-cost policies."""

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.company import World
from warehouse.read import connect


@dataclass(frozen=True)
class Decided:
    """A company that has decided and measured more than the published one, and ran again."""

    world: World
    suggested: list[str]
    node: str

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with connect(self.world.home) as warehouse:
            return warehouse.execute(query, values).fetchall()


@pytest.fixture(scope="module")
def decided(published: World, tmp_path_factory: pytest.TempPathFactory) -> Decided:
    """With the first suggested rule, one that contradicts another, a policy, and a pod."""
    said = json.loads(published.apportion("--json", "owners").stdout)
    suggested = said["suggestions"][0]["rule"]
    world = published.copy(tmp_path_factory.mktemp("decided"))
    reference = world.company / "reference"
    append(reference / "owner_rules.csv", suggested, "Z999,30,tag,team,search,fraud,,")
    policy = "P90,90,team,ml-platform,by_metric,gpu_seconds_held,,,,"
    append(reference / "shared_cost_policies.csv", policy)
    node = add_a_pod_without_a_gpu(world)
    world.run()
    return Decided(world, next(csv.reader([suggested])), node)


def append(table: Path, *lines: str) -> None:
    """Write lines at the end of a reference table."""
    table.write_text("\n".join((table.read_text().rstrip(), *lines)) + "\n")


def add_a_pod_without_a_gpu(world: World) -> str:
    """Let a pod ask for a hundredth of a node's CPU between 12 and 13; the node's name."""
    path = world.exports / "prometheus" / "2026-10-01" / "kube_node_info.parquet"
    info = pl.read_parquet(path)
    node: str = json.loads(info["labels"][0])["node"]
    place = {"container": "c", "namespace": "monitoring", "node": node, "pod": "exporter-0"}
    noon = datetime(2026, 10, 1, 12, 30)  # noqa: DTZ001 - samples carry no zone
    samples = [
        (
            "kube_pod_container_resource_requests",
            json.dumps(place | {"resource": "cpu"}),
            noon,
            0.5,
        ),
        ("kube_node_status_allocatable", f'{{"node":"{node}","resource":"cpu"}}', noon, 50.0),
    ]
    more = pl.DataFrame(samples, schema=info.schema, orient="row")
    pl.concat([info, more]).write_parquet(path)
    manifest = world.exports / "prometheus" / "manifest.json"
    document = json.loads(manifest.read_bytes())
    delivery = next(d for d in document["deliveries"] if d["period"] == "2026-10-01")
    delivery["version"] += "-2"
    for file in delivery["files"]:
        file.pop("sha256", None)
        file.pop("row_count", None)
    manifest.write_text(json.dumps(document))
    return node


def test_a_suggested_rule_gives_the_cost_to_the_suggested_team(decided: Decided) -> None:
    rule_id, _, _, _, _, team, *_ = decided.suggested
    ((status, cost),) = decided.rows(
        "select rule_status, reporting_effective_cost from owner_rule_usage where rule_id = ?",
        rule_id,
    )
    ((paid,),) = decided.rows(
        "select sum(reporting_effective_cost) from cost_ledger where team = ? and owner_rule = ?",
        team,
        rule_id,
    )
    assert status == "used"
    assert cost == paid > 0


def test_a_rule_that_contradicts_another_of_its_priority_is_reported_with_the_amount(
    decided: Decided,
) -> None:
    found = decided.rows(
        """
        select deciding_team, other_rule, other_team, sum(reporting_effective_cost) > 0
        from owner_rule_conflicts where severity = 'conflict' group by all
        """
    )
    assert found == [("search", "Z999", "fraud", True)]


def test_a_platform_team_passes_on_everything_that_it_holds_exactly(decided: Decided) -> None:
    assert decided.world.apportion("reconcile").returncode == 0
    assert decided.rows("select count(*) from cost_ledger where team = 'ml-platform'") == [(0,)]
    received = decided.rows(
        """
        with received as (
            select charge_date as usage_date, team, sum(reporting_billed_cost) as cost
            from cost_ledger
            where policy_path = 'P60 > P90' and cost_class = 'idle_unheld'
            group by all
        )
        select
            cost, weight, total_weight,
            sum(cost) over (partition by usage_date), sum(weight) over (partition by usage_date)
        from received
        inner join shared_cost_shares using (usage_date, team)
        where policy_id = 'P90' and stage = 'day'
        """
    )
    assert len(received) > 10
    for cost, weight, total, pool, weights in received:
        assert weights == total
        assert abs(cost - pool * weight / total) < Decimal("1e-12")


def test_a_pod_without_a_gpu_pays_for_the_cpu_and_memory_that_it_asked_for(
    published: World, decided: Decided
) -> None:
    query = """
        select hour_start, sum(cost) filter (where workload = 'exporter-0'), sum(cost)
        from (
            select hour_start, workload, reporting_effective_cost as cost
            from workload_costs where usage_date = '2026-10-01' and node = ?
        )
        group by hour_start order by hour_start
        """
    after = decided.rows(query, decided.node)
    with connect(published.home) as here:
        before = here.execute(query, [decided.node]).fetchall()
    assert [(hour, total) for hour, _, total in after] == [
        (hour, total) for hour, _, total in before
    ]
    paid = {hour.hour: (pod, total) for hour, pod, total in after if pod}
    assert list(paid) == [12]
    pod, total = paid[12]
    assert abs(pod - total * Decimal("0.0003")) < Decimal("1e-12")
