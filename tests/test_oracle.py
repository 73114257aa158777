"""Seeded days through the whole project, against the same arithmetic in plain Python."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from tests.day_build import build
from tests.oracle import Entry, World, ledger, reporting

MONTH = datetime(2026, 10, 1)  # noqa: DTZ001 - the lake keeps UTC without a zone
DAYS = tuple(MONTH + timedelta(days=number) for number in range(4))
TEAMS = ("alpha", "beta", "gamma", "platform")
PODS = {"chat-0": "serving", "chat-1": "serving", "train-a": "alpha", "notebook": "beta"}
DEPLOYMENTS = {"chat-0": "chat", "chat-1": "chat"}
TOLERANCE = Fraction(1, 10**12)
"""A pool's integer rate leaves up to one quantum (10^-18) per token with its first request: here
less than a million. All other splits are within a quantum each."""


def charge(day: datetime, key: str, amount: Decimal, **changes: Any) -> dict[str, Any]:
    return {
        "charge_key": f"{day:%d}-{key}",
        "billing_account_id": "1000",
        "service_provider_name": "Example Cloud",
        "billing_currency": "USD",
        "billing_period_start": MONTH,
        "billing_period_end": datetime(2026, 11, 1),  # noqa: DTZ001 - see above
        "charge_category": "Usage",
        "charge_class": None,
        "charge_period_start": day,
        "charge_period_end": day + timedelta(days=1),
        "service_name": "Compute",
        "resource_id": None,
        "sku_meter": None,
        "consumed_quantity": None,
        "tags": None,
        "billed_cost": amount,
        "effective_cost": amount,
        **changes,
    }


def charges(source: random.Random, day: datetime) -> Iterator[dict[str, Any]]:
    """Nodes in two currencies, model APIs, tagged and untagged services, a tax, a refund."""

    def amount(most: int = 1000) -> Decimal:
        return Decimal(source.randrange(1, most * 10**12)).scaleb(-12)

    yield charge(day, "node-1", amount(), resource_id="node-1")
    yield charge(day, "node-2", amount(), resource_id="node-2", billing_currency="EUR")
    for meter in ("in", "out"):
        quantity = Decimal(source.randrange(50_000, 400_000))
        yield charge(
            *(day, f"api-{meter}", amount(50)), sku_meter=meter, consumed_quantity=quantity,
            consumed_unit="Tokens", service_provider_name="Vendor", billing_account_id="vendor",
        )  # fmt: skip
    for number in range(source.randrange(1, 4)):
        tags = json.dumps({"team": source.choice(TEAMS)})
        yield charge(day, f"tagged-{number}", amount(), service_name="Database", tags=tags)
    refund = {"service_name": "Database", "tags": '{"team": "beta"}'}
    yield charge(day, "refund", -amount(5), charge_class="Correction", **refund)
    credit = {"service_name": "Compute", "tags": '{"team": "alpha"}', "billing_currency": "EUR"}
    yield charge(day, "credit", -amount(5), charge_category="Credit", **credit)
    yield charge(day, "untagged", amount(), service_name="Database")
    yield charge(day, "support", amount(), service_name="Support")
    yield charge(day, "tax", amount(), charge_category="Tax", service_name="Tax")
    yield charge(day, "passed-on", amount(), service_name="Build", tags='{"team": "platform"}')


def samples(source: random.Random, day: datetime) -> Iterator[dict[str, Any]]:
    """Pods that come and go on two nodes, GPUs that two of them share, hours without a sample."""
    for pod, namespace in PODS.items():
        labels = {"namespace": namespace, "pod": pod}
        name = {"label_app_kubernetes_io_name": DEPLOYMENTS.get(pod, pod)}
        yield sample("kube_pod_labels", labels | name, day, 1.0)
    for node in ("node-1", "node-2"):
        silent = set(source.sample(range(24), 3))
        for gpu in range(source.choice((1, 2))):
            pods: list[str] = []
            for step in range(24 * 12):
                at = day + timedelta(minutes=5 * step + 1, seconds=gpu)
                if source.random() < 0.1:
                    pods = source.sample(sorted(PODS), source.choice((0, 1, 1, 1, 2)))
                if at.hour in silent:
                    continue
                device = {"Hostname": node, "UUID": f"GPU-{node}-{gpu}", "modelName": "H100"}
                value = source.choice((0.0, 0.9))
                for pod in pods or [""]:
                    held = {"namespace": PODS[pod], "pod": pod} if pod else {}
                    yield sample("DCGM_FI_PROF_SM_ACTIVE", device | held, at, value)


def sample(metric: str, labels: dict[str, str], at: datetime, value: float) -> dict[str, Any]:
    text = json.dumps(labels, sort_keys=True, separators=(",", ":"))
    return {"metric": metric, "labels": text, "sample_at": at, "value": value}


def requests(source: random.Random, day: datetime) -> Iterator[dict[str, Any]]:
    """Calls of a deployment in some hours of the day, and of a vendor's model."""
    hours = source.sample(range(24), 16)
    for number in range(200):
        is_own = number % 2 == 0
        tokens = source.randrange(1, 4000)
        yield {
            "request_id": f"{day:%d}-{number:04d}",
            "started_at": day + timedelta(hours=source.choice(hours), seconds=number),
            "gen_ai_provider_name": None if is_own else "vendor",
            "gen_ai_request_model": None if is_own else "large",
            "deployment_id": "chat" if is_own else None,
            "gateway_team": source.choice(TEAMS[:3]),
            "status": "success",
            "input_tokens": tokens,
            "cache_read_input_tokens": source.randrange(tokens) if is_own else 0,
            "output_tokens": source.randrange(1, 900),
        }


def measured(day: datetime) -> World:
    """A day's bill, telemetry and log, each in an order of its own."""
    source = random.Random(day.day)  # noqa: S311 - a repeatable example
    rows = {
        "focus_charges": list(charges(source, day)),
        "prometheus_samples": list(samples(source, day)),
        "inference_requests": list(requests(source, day)),
    }
    for table in rows.values():
        source.shuffle(table)
    return rows


def company() -> World:
    """What is in force on every day."""
    return {
        "exchange_rates": [
            {"currency": "EUR", "reporting_currency": "USD", "rate": Decimal("1.087654321")}
        ],
        "teams": [{"team": team, "business_unit": "Example"} for team in TEAMS],
        "owner_rules": [
            rule(1, "gateway_team", None, "*", "$value"),
            rule(2, "tag", "team", "*", "$value"),
            rule(3, "namespace", None, "serving", "gamma"),
            rule(4, "namespace", None, "alpha", "alpha"),
            rule(5, "billing_account_id", None, "vendor", "beta"),
        ],
        "deployments": [
            {"deployment": "chat", "model": "chat-7b", "hosting": "self_hosted"},
            {
                "deployment": "vendor/large", "model": "large", "gen_ai_provider_name": "vendor",
                "request_model": "large", "hosting": "api",
            },
        ],
        "model_meters": [
            {
                "service_provider_name": "Vendor", "sku_meter": meter, "model": "large",
                "gen_ai_provider_name": "vendor", "token_type": token_type,
            }
            for meter, token_type in (("in", "input"), ("out", "output"))
        ],
        "shared_cost_policies": [
            policy(10, "charge_category", "Tax", "proportional"),
            policy(20, "service_name", "Support", "even"),
            policy(30, "team", "platform", "proportional"),
        ],
    }  # fmt: skip


def rule(priority: int, field: str, key: str | None, value: str, team: str) -> dict[str, Any]:
    return {
        "rule_id": f"r{priority}",
        "priority": priority,
        "match_field": field,
        "match_key": key,
        "match_value": value,
        "team": team,
    }


def policy(step: int, field: str, value: str, method: str) -> dict[str, Any]:
    return {
        "policy_id": f"p{step}",
        "step": step,
        "match_field": field,
        "match_value": value,
        "method": method,
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """All days as the project makes them."""
    days = [measured(day) for day in DAYS]
    tables = {name: [row for day in days for row in day[name]] for name in days[0]}
    asked = ("+cost_ledger", "+currency_conversions", "+request_costs")
    return build(tmp_path_factory.mktemp("oracle"), {**company(), **tables}, *asked)


@pytest.fixture(scope="module")
def found(warehouse: duckdb.DuckDBPyConnection) -> dict[Entry, Fraction]:
    """The ledger."""
    rows = warehouse.execute(
        """
        select source_charge_key, team, deployment, cost_class, sum(reporting_effective_cost)
        from cost_ledger group by all
        """
    ).fetchall()
    return {Entry(*key): Fraction(amount) for *key, amount in rows}


@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day:%d}")
def test_the_ledger_is_what_the_arithmetic_says(
    day: datetime, found: dict[Entry, Fraction]
) -> None:
    given = {**company(), **measured(day)}
    expected = {entry: amount for entry, amount in ledger(given, day).items() if amount}
    of_day = {e: amount for e, amount in found.items() if e.charge_key.startswith(f"{day:%d}-")}
    far = {
        entry: (float(of_day.get(entry, 0)), float(expected.get(entry, 0)))
        for entry in of_day.keys() | expected.keys()
        if abs(of_day.get(entry, Fraction()) - expected.get(entry, Fraction())) > TOLERANCE
    }
    assert not far
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for entry, amount in of_day.items():
        sums[entry.charge_key] += amount
    assert sums == {row["charge_key"]: reporting(given, row) for row in given["focus_charges"]}


def test_what_rounding_to_the_reporting_currency_removed_is_booked(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    charged = [row for day in DAYS for row in measured(day)["focus_charges"]]
    foreign = [row for row in charged if row["billing_currency"] == "EUR"]
    (rate,) = (Fraction(row["rate"]) for row in company()["exchange_rates"])
    cost = sum((Fraction(row["effective_cost"]) for row in foreign), Fraction())
    kept = sum((reporting(company(), row) for row in foreign), Fraction())
    rows = warehouse.execute(
        "select exchange_rate, charge_count, cost, reporting_cost, conversion_rounding "
        "from currency_conversions where measure = 'effective_cost'"
    ).fetchall()
    assert rows == [(rate, len(foreign), cost, kept, cost * rate - kept)]
    assert rows[0][-1]


def test_a_request_found_by_its_id_is_the_one_of_the_list(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Those of a deployment, of a vendor, and the first ones, which take what rates leave over."""
    for number in (0, 1, 2, 150, 151):
        request_id = f"{DAYS[1]:%d}-{number:04d}"
        listed = "from request_costs where request_id = ?"
        (row,) = warehouse.execute(listed, [request_id]).fetchall()
        assert warehouse.execute("from request_cost(?)", [request_id]).fetchall() == [row]
    assert warehouse.execute("from request_cost('02-0200')").fetchall() == []
    (files,) = warehouse.execute(
        "select macro_definition from duckdb_functions() where function_name = 'request_cost'"
    ).fetchall()
    assert "BETWEEN '01-0000' AND '04-0199'" in files[0]
