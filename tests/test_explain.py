"""Explanations of a small published company: every part shown adds up to its whole."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import ConfigError
from apportion.explain.charge import explain_charge
from apportion.explain.job import explain_job
from apportion.explain.model import explain_model
from apportion.explain.node import Node, exact, largest, summed, total
from apportion.explain.render import rounded
from apportion.explain.request import explain_request
from apportion.explain.scope import Scope, opened
from apportion.explain.team import explain_team
from apportion.explain.workload import explain_workload
from tests.company import World
from warehouse.explained import Subject

DAY = date(2026, 10, 1)


@pytest.fixture(scope="module")
def scope(published: World) -> Iterator[Scope]:
    with opened(published.home, None, 3) as opened_scope:
        yield opened_scope


def check_sums(node: Node) -> int:
    """Every line that claims to be a sum is one, exactly; the number of such lines."""
    checked = 0
    if node.is_sum:
        assert node.amount == total(part.amount for part in node.parts if part.amount is not None)
        checked = 1
    return checked + sum(check_sums(part) for part in node.parts)


def part(node: Node, title: str) -> Node:
    (found,) = [part for part in node.parts if part.title.startswith(title)]
    return found


def column(scope: Scope, query: str) -> list[Any]:
    return [row[0] for row in scope.connection.execute(query).fetchall()]


def test_every_kind_of_charge_is_attributed_to_the_last_decimal(scope: Scope) -> None:
    keys = column(
        scope,
        """
        select distinct unnest(list(distinct source_charge_key order by source_charge_key)[:3])
        from cost_ledger group by provider, cost_class, allocation_method
        """,
    )
    assert len(keys) > 30
    for key in keys:
        charge = explain_charge(scope, key)
        recipients = part(charge, "attributed to")
        assert charge.amount == recipients.amount
        statements = part(charge, "up to the statements")
        assert [statements.amount] == column(
            scope,
            f"""
            select sum(reporting_effective_cost) from cost_ledger where source_charge_key = '{key}'
            """,
        )
        assert check_sums(charge) >= 3


def test_a_charge_names_the_row_that_it_was_read_from(scope: Scope, published: World) -> None:
    ((key, object_key, row, billed),) = scope.connection.execute(
        """
        select charge_key, object_key, object_row, billed_cost from charges
        where source_name = 'anthropic' order by billed_cost desc limit 1
        """
    ).fetchall()
    charge = explain_charge(scope, key)
    assert charge.facts["read from"] == f"anthropic: {object_key} row {row}"
    (path,) = (published.exports / "anthropic").rglob(object_key)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert str(billed.normalize()) in lines[row]
    assert part(charge, "on the bill").facts["billed_cost"] == billed


REQUESTS = """
with ranked as (
    select
        request_id,
        row_number() over (partition by deployment, team order by request_id) as place
    from request_costs
    where cost_status = 'priced'
)
select request_id from ranked where place = 1
union
select residual_request_id from request_rates where reporting_effective_cost_residual > 0
order by 1
"""


def test_requests_cost_their_tokens_or_their_time_times_the_rate(scope: Scope) -> None:
    requests = column(scope, REQUESTS)
    assert len(requests) > 30
    kinds = set()
    for request_id in requests[:80]:
        request = explain_request(scope, request_id)
        check_sums(request)
        if [line.title for line in request.parts if "gateway's cache" in line.title]:
            assert request.amount == 0
            continue
        price = part(request, "price")
        assert price.amount == request.amount
        kinds |= {line.title for line in price.parts}
    assert {"input tokens", "output tokens", "in service", "residual of the pool"} <= kinds


def test_a_hosted_pool_is_what_its_requests_share(scope: Scope) -> None:
    requests = column(
        scope,
        """
        select min(request_id) from request_costs
        where hosting = 'self_hosted' and cost_status = 'priced'
        group by deployment, date_trunc('hour', started_at) order by 1 limit 60
        """,
    )
    assert len(requests) > 30
    for request_id in requests:
        pool = part(explain_request(scope, request_id), "pool")
        gpus, shared = part(pool, "the GPU time"), part(pool, "shared by")
        assert pool.amount == gpus.amount == shared.amount
        lines = part(pool, "down to the bill").parts
        assert all("read from" in line.facts for line in lines if "more" not in line.title)
        assert lines


def test_a_vendor_pool_is_paid_in_full(scope: Scope) -> None:
    requests = column(
        scope,
        "select min(request_id) from request_costs where hosting = 'api' group by deployment",
    )
    assert requests
    for request_id in requests:
        pool = part(explain_request(scope, request_id), "pool")
        assert pool.amount == part(pool, "paid by").amount == part(pool, "down to").amount
        assert str(pool.facts["share of this request"]).endswith(" %")


def test_a_request_without_a_source_of_cost_has_no_price(scope: Scope) -> None:
    unpriced = column(scope, "select request_id from request_costs where cost_status = 'unpriced'")
    for request_id in unpriced:
        request = explain_request(scope, request_id)
        assert request.amount is None
        assert part(request, "pool: none").facts["why"]


def test_a_request_names_its_owner_rule_and_its_line_of_the_log(
    scope: Scope, published: World
) -> None:
    (request_id,) = column(
        scope, "select min(request_id) from request_costs where team <> 'unallocated'"
    )
    request = explain_request(scope, request_id)
    key, row = re.fullmatch(r"gateway: (.*) row (\d+)", str(request.facts["read from"])).groups()  # type: ignore[union-attr]
    (path,) = (published.exports / "litellm").rglob(Path(key).name)
    line = gzip.decompress(path.read_bytes()).decode().splitlines()[int(row) - 1]
    assert request_id in line
    assert "owner_rules.csv row" in str(part(request, "owner").facts["rule"])


def test_team_days_are_the_ledgers(scope: Scope) -> None:
    days = scope.connection.execute(
        """
        select team, charge_date, sum(reporting_effective_cost) from cost_ledger
        where charge_date in ('2026-10-01', '2026-10-31') group by all order by all
        """
    ).fetchall()
    assert len(days) > 20
    for team, day, amount in days:
        explained = explain_team(scope, team, day)
        assert explained.amount == amount
        assert part(explained, "down to the bill").amount == amount
        assert part(explained, "up to the statements").amount == amount
        check_sums(explained)


def test_models_are_the_ledgers(scope: Scope) -> None:
    models = scope.connection.execute(
        "select model, sum(reporting_effective_cost) from cost_ledger group by model"
    ).fetchall()
    assert len(models) > 10
    for model, amount in models:
        explained = explain_model(scope, model, None)
        assert explained.amount == amount
        for title in ("by deployment", "down to the bill", "by team", "up to the statements"):
            assert part(explained, title).amount == amount
        check_sums(explained)


def test_workloads_are_their_nodes_and_deployments_their_bill(scope: Scope) -> None:
    workloads = scope.connection.execute(
        """
        select workload, any_value(deployment), sum(reporting_effective_cost)
        from workload_costs where workload <> 'none' and usage_date = '2026-10-01'
        group by workload
        """
    ).fetchall()
    assert len(workloads) > 10
    for workload, deployment, amount in workloads:
        explained = explain_workload(scope, workload, DAY)
        assert explained.amount == amount
        assert part(explained, "GPU nodes").amount == amount
        assert part(explained, "owner").amount == amount
        assert part(explained, "down to the bill").amount == amount
        if deployment != "none":
            assert part(part(explained, "deployment"), "down to").amount == amount
        check_sums(explained)


def test_jobs_are_their_runs_and_their_bill_lines(scope: Scope) -> None:
    jobs = scope.connection.execute(
        "select job_id, reporting_effective_cost, run_count from job_costs order by all"
    ).fetchall()
    assert len(jobs) > 10
    titles = ("runs", "busy and idle", "down to the bill", "owner", "up to the statements")
    for job_id, amount, run_count in jobs:
        explained = explain_job(scope, job_id)
        assert explained.amount == amount
        assert explained.facts["runs"] == run_count
        for title in titles:
            assert part(explained, title).amount == amount
        lines = part(explained, "down to the bill").parts
        assert all("read from" in line.facts for line in lines if "more" not in line.title)
        check_sums(explained)
    assert max(run_count for *_, run_count in jobs) > 1


def test_a_jobs_bill_lines_are_in_the_ledger_of_its_owner(scope: Scope) -> None:
    """The jobs' parts of a charge are no more than the ledger has of it for the team."""
    wrong = column(
        scope,
        """
        with parts as (
            select source_charge_key, team, sum(reporting_effective_cost) as amount
            from workload_charges where job_id <> 'none' group by all
        ),
        entries as (
            select source_charge_key, team, sum(reporting_effective_cost) as amount
            from cost_ledger where allocation_method = 'gpu_seconds_held' group by all
        )
        select source_charge_key from parts left join entries using (source_charge_key, team)
        where parts.amount > entries.amount or entries.amount is null
        """,
    )
    assert wrong == []


def test_a_charge_names_the_workloads_whose_gpu_time_it_paid(scope: Scope) -> None:
    ((key, amount),) = scope.connection.execute(
        """
        select source_charge_key, sum(effective_cost) from workload_charges
        where job_id <> 'none' group by all order by 2 desc, 1 limit 1
        """
    ).fetchall()
    held = part(explain_charge(scope, key), "of which GPU time")
    assert held.amount is not None
    assert held.amount >= amount
    assert any("job" in line.facts for line in held.parts)


def test_a_team_in_the_whole_release_is_the_sum_of_its_days(scope: Scope) -> None:
    explained = explain_team(scope, "search", None)
    assert [explained.amount] == column(
        scope, "select sum(reporting_effective_cost) from cost_ledger where team = 'search'"
    )
    assert check_sums(explained) > 3


def test_a_charge_in_another_currency_stands_on_the_statements_in_the_reporting_one(
    scope: Scope,
) -> None:
    (key,) = column(scope, "select min(charge_key) from charges where billing_currency = 'EUR'")
    charge = explain_charge(scope, key)
    assert charge.currency == part(charge, "attributed to").currency == "EUR"
    assert part(charge, "up to the statements").currency == "USD"


def test_billed_cost_is_explained_as_well(scope: Scope) -> None:
    billed = replace(scope, measure="billed_cost")
    ((model, amount),) = scope.connection.execute(
        """
        select model, sum(reporting_billed_cost) from cost_ledger where model <> 'none'
        group by model having sum(reporting_billed_cost) <> sum(reporting_effective_cost)
        order by 2 desc limit 1
        """
    ).fetchall()
    assert explain_model(billed, model, None).amount == amount
    (request_id,) = column(scope, "select max_by(request_id, billed_cost) from request_costs")
    request = explain_request(billed, request_id)
    assert request.amount == part(request, "price").amount


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("team", "serch", "2026-10-01"), "Did you mean search"),
        (("team", "search", "2026-12-01"), "Days go from 2026-10-01 to 2026-10-31"),
        (("model", "gpt5"), "gpt-5"),
        (("model", "gpt-5", "2026-12-01"), "It was asked for 2026-12-01"),
        (("workload", "atlas-chat"), "Did you mean atlas-chat-70b"),
        (("job", "48"), "job_costs"),
        (("request", "chatcmpl-none"), "request_costs"),
        (("charge", "0000"), "charge_key"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(
    published: World, arguments: tuple[str, ...], hint: str
) -> None:
    finished = published.apportion("explain", *arguments)
    assert finished.returncode == ConfigError.exit_code
    assert finished.stderr.startswith("EXPLAIN_UNKNOWN")
    assert hint in finished.stderr


def test_a_pipe_gets_plain_text_and_json_gets_every_digit(published: World, scope: Scope) -> None:
    said = published.apportion("explain", "--top", "1", "team", "search", "2026-10-01").stdout
    assert "\x1b" not in said
    assert "statement 2026-10-search-and-discovery" in said
    assert "more" in said

    answered = published.apportion("--json", "explain", "team", "search", "2026-10-01").stdout
    document = json.loads(answered)
    expected = explain_team(scope, "search", DAY).amount
    assert expected is not None
    assert document["amount"] == exact(expected)
    assert len(document["amount"].partition(".")[2]) == 18
    bill = document["parts"][0]
    assert bill["parts_add_up"]
    assert total(Decimal(line["amount"]) for line in bill["parts"]) == expected


def test_the_report_explains_what_it_shows(published: World, scope: Scope) -> None:
    report = published.home / "report"
    pages = [page.read_text(encoding="utf-8") for page in report.glob("*.html")]
    links = set(re.findall(r'href="(explain/[^"]+)"', "".join(pages)))
    assert {f"explain/{path.name}" for path in (report / "explain").iterdir()} == links
    kinds = Counter(link.removeprefix("explain/").split("-")[0] for link in links)
    assert kinds["request"] == 10
    assert kinds["job"] == kinds["charge"] == 15
    assert kinds["team"] > 10
    assert kinds["model"] > 10

    ((job_id, amount),) = scope.connection.execute(
        """
        select job_id, reporting_effective_cost from job_costs
        order by reporting_effective_cost desc, scheduler, cluster, job_id limit 1
        """
    ).fetchall()
    page = (report / Subject("job", job_id).address).read_text(encoding="utf-8")
    assert page.count(f'value="{exact(amount)}"') >= len(
        ("runs", "busy and idle", "bill", "owner", "statements")
    )
    assert "read from" in page
    assert "owner_rules.csv row" in page


def test_the_others_are_one_line_with_their_sum() -> None:
    parts = [Node(str(number), Decimal(number), "USD") for number in (1, -9, 4, 2)]
    first, second, rest = largest(parts, 2)
    assert (first.amount, second.amount) == (Decimal(-9), Decimal(4))
    assert (rest.title, rest.amount) == ("2 more", Decimal(3))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("1234.565", "1,234.56"),
        ("-0.125", "-0.12500000"),
        ("0.123456785", "0.12345678"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("0E-18", "0.00"),
    ],
)
def test_text_rounds_half_to_even_and_never_hides_an_amount(amount: str, shown: str) -> None:
    assert rounded(Decimal(amount)) == shown


def test_sums_are_wider_than_the_default_context() -> None:
    big, small = Decimal(10**19), Decimal("0.000000000000000001")
    whole = summed("", "USD", [Node("a", big), Node("b", small)])
    assert whole.amount is not None
    assert exact(whole.amount) == "10000000000000000000.000000000000000001"
