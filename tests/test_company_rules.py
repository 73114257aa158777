"""What the company decides, on a small simulated one: owner rules and shared-cost policies."""

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
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


def test_a_platform_team_passes_on_everything_that_it_holds_exactly(
    published: World, tmp_path: Path
) -> None:
    world = published.copy(tmp_path)
    policies = world.company / "reference" / "shared_cost_policies.csv"
    table = policies.read_text().rstrip()
    policies.write_text(f"{table}\nP90,90,team,ml-platform,by_metric,gpu_seconds_held,,,,\n")
    world.run()
    assert world.apportion("reconcile").returncode == 0
    with connect(world.home) as warehouse:
        ((kept,),) = warehouse.execute(
            "select count(*) from cost_ledger where team = 'ml-platform'"
        ).fetchall()
        received = warehouse.execute(
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
        ).fetchall()
    assert kept == 0
    assert len(received) > 10
    for cost, weight, total, pool, weights in received:
        assert weights == total
        assert abs(cost - pool * weight / total) < Decimal("1e-12")


def test_a_pod_without_a_gpu_pays_for_the_cpu_and_memory_that_it_asked_for(
    published: World, tmp_path: Path
) -> None:
    world = published.copy(tmp_path)
    path = world.exports / "prometheus" / "2026-10-01" / "kube_node_info.parquet"
    info = pl.read_parquet(path)
    node = json.loads(info["labels"][0])["node"]
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
    world.run()
    query = """
        select hour_start, sum(cost) filter (where workload = 'exporter-0'), sum(cost)
        from (
            select hour_start, workload, reporting_effective_cost as cost
            from workload_costs where usage_date = '2026-10-01' and node = ?
        )
        group by hour_start order by hour_start
        """
    with connect(world.home) as there, connect(published.home) as here:
        after = there.execute(query, [node]).fetchall()
        before = here.execute(query, [node]).fetchall()
    assert [(hour, total) for hour, _, total in after] == [
        (hour, total) for hour, _, total in before
    ]
    paid = {hour.hour: (pod, total) for hour, pod, total in after if pod}
    assert list(paid) == [12]
    pod, total = paid[12]
    assert abs(pod - total * Decimal("0.0003")) < Decimal("1e-12")
