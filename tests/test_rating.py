"""Model APIs: from logged tokens and a bill to what each request costs, in the whole project."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.day_build import build

DAY = datetime(2026, 10, 1)  # noqa: DTZ001 - the lake keeps UTC without a zone
VENDOR, MODEL = "openai", "gpt-x"
PRICES = {
    ("input", "standard", 0): "0.000004",
    ("input", "standard", 200_000): "0.000008",
    ("input", "batch", 0): "0.000002",
    ("cache_read", "standard", 0): "0.0000004",
    ("cache_creation", "standard", 0): "0.000005",
    ("cache_creation_1h", "standard", 0): "0.000008",
    ("output", "standard", 0): "0.00002",
    ("output", "standard", 200_000): "0.00003",
    ("output", "batch", 0): "0.00001",
    ("search", "standard", 0): "0.01",
}
"""A list: batch halves, 200 k doubles the input, an hour in the cache costs twice the input."""
ASKED = (
    *("+cost_ledger", "+request_costs", "+model_api_rated_usage", "+model_api_reconciliation"),
    "+model_api_findings",
)


def request(number: int, team: str = "search", **counts: Any) -> dict[str, Any]:
    started = DAY + timedelta(minutes=number)
    return {
        "request_id": f"r{number}",
        "started_at": started,
        "completed_at": started + timedelta(seconds=1),
        "gen_ai_provider_name": VENDOR,
        "gen_ai_request_model": MODEL,
        "gateway_team": team,
        "status": "success",
        **counts,
    }


def charge(key: str, meter: str, quantity: int, cost: str, **changes: Any) -> dict[str, Any]:
    amount = Decimal(cost)
    return {
        "charge_key": key,
        "billing_account_id": "1000",
        "service_provider_name": "OpenAI",
        "billing_currency": "USD",
        "billing_period_start": DAY,
        "billing_period_end": datetime(2026, 11, 1),  # noqa: DTZ001 - see above
        "charge_category": "Usage",
        "charge_period_start": DAY,
        "charge_period_end": DAY + timedelta(days=1),
        "sku_meter": meter,
        "consumed_quantity": Decimal(quantity),
        "consumed_unit": "Tokens",
        "billed_cost": amount,
        "effective_cost": amount,
        **changes,
    }


def meter(name: str, token_type: str, tier: str | None = None) -> dict[str, Any]:
    return {
        "service_provider_name": "OpenAI",
        "sku_meter": name,
        "gen_ai_provider_name": VENDOR,
        "model": MODEL,
        "token_type": token_type,
        "service_tier": tier,
    }


def price(token_type: str, tier: str, over: int, amount: str, source: str) -> dict[str, Any]:
    return {
        "gen_ai_provider_name": VENDOR,
        "model": MODEL,
        "token_type": token_type,
        "service_tier": tier,
        "context_tokens_over": over,
        "price_per_token": Decimal(amount),
        "currency": "USD",
        "price_source": source,
    }


def company(
    requests: list[dict[str, Any]],
    charges: list[dict[str, Any]],
    meters: list[dict[str, Any]],
    own: tuple[dict[str, Any], ...] = (),
) -> Mapping[str, list[dict[str, Any]]]:
    return {
        "inference_requests": requests,
        "focus_charges": charges,
        "model_meters": meters,
        "model_prices": [*own, *(price(*of, a, "litellm:list") for of, a in PRICES.items())],
        "teams": [
            {"team": team, "business_unit": "Example"} for team in ("search", "fraud", "platform")
        ],
        "owner_rules": [
            {
                "rule_id": "r1",
                "priority": 1,
                "match_field": "gateway_team",
                "match_value": "*",
                "team": "$value",
            },
            {
                "rule_id": "r2",
                "priority": 2,
                "match_field": "billing_account_id",
                "match_value": "1000",
                "team": "platform",
            },
        ],
        "deployments": [
            {
                "deployment": f"{VENDOR}/{MODEL}",
                "model": MODEL,
                "gen_ai_provider_name": VENDOR,
                "request_model": MODEL,
                "hosting": "api",
            }
        ],
    }


def costs(warehouse: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    rows = warehouse.execute("select request_id, billed_cost from request_costs").fetchall()
    return dict(rows)


@pytest.fixture(scope="module")
def one_bill(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """A bill that tells neither tiers nor context steps nor kinds of cache writes apart.

    It is 10 % below the list, and has 100,000 input tokens that no log has.
    """
    requests = [
        request(1, input_tokens=100_000, output_tokens=1_000),
        request(2, input_tokens=100_000, output_tokens=1_000, service_tier="batch"),
        request(3, "fraud", input_tokens=300_000, output_tokens=1_000),
        request(4, input_tokens=200_000, output_tokens=0),
        request(
            5,
            input_tokens=100_000,
            cache_creation_input_tokens=20_000,
            cache_creation_1h_input_tokens=10_000,
            cache_read_input_tokens=80_000,
        ),
        request(6, input_tokens=7, output_tokens=7, is_gateway_cache_hit=True),
    ]
    charges = [
        charge("in", "input", 800_000, "3.78"),
        charge("write", "write", 20_000, "0.117"),
        charge("read", "read", 80_000, "0.0288"),
        charge("out", "output", 3_000, "0.054"),
        charge("refund", "output", 0, "-0.0054", charge_class="Correction"),
    ]
    meters = [
        meter("input", "input"),
        meter("write", "cache_creation"),
        meter("read", "cache_read"),
        meter("output", "output"),
    ]
    folder = tmp_path_factory.mktemp("one_bill")
    return build(folder, company(requests, charges, meters), *ASKED)


def test_a_bill_is_split_by_what_requests_cost_at_the_prices_in_force(
    one_bill: duckdb.DuckDBPyConnection,
) -> None:
    """The list says 0.42, 0.21, 2.43, 0.8 and so on; the bill is a tenth less."""
    found = costs(one_bill)
    tenth_less = {
        "r1": Decimal("0.4") + Decimal("0.02"),
        "r2": Decimal("0.2") + Decimal("0.01"),
        "r3": Decimal("2.4") + Decimal("0.03"),
        "r4": Decimal("0.8"),
        "r5": Decimal("0.05") + Decimal("0.08") + Decimal("0.032"),
        "r6": Decimal(0),
    }
    for name, listed in tenth_less.items():
        assert abs(found[name] - listed * Decimal("0.9")) < Decimal("1e-12"), name


def test_requests_and_unlogged_usage_add_up_to_the_bill(
    one_bill: duckdb.DuckDBPyConnection,
) -> None:
    unlogged, platform = one_bill.execute(
        """
        select
            sum(billed_cost) filter (where allocation_method = 'unlogged_usage'),
            sum(billed_cost) filter (where team = 'platform')
        from cost_ledger
        """
    ).fetchall()[0]
    metered = sum(costs(one_bill).values())
    assert unlogged == Decimal("0.36")
    assert platform == unlogged - Decimal("0.0054")
    assert metered + platform == Decimal("3.78") + Decimal("0.117") + Decimal("0.0828") - Decimal(
        "0.0054"
    )


def test_reconciliation_has_a_row_for_everything_that_the_bill_tells_apart(
    one_bill: duckdb.DuckDBPyConnection,
) -> None:
    rows = one_bill.execute(
        """
        select
            token_type, service_tier, billed_quantity, logged_quantity, unlogged_quantity,
            rated_cost, reporting_billed_cost
        from model_api_reconciliation where reporting_billed_cost <> 0 order by token_type
        """
    ).fetchall()
    assert rows == [
        ("cache_creation", "all", 20_000, 20_000, 0, Decimal("0.13"), Decimal("0.117")),
        ("cache_read", "all", 80_000, 80_000, 0, Decimal("0.032"), Decimal("0.0288")),
        ("input", "all", 800_000, 700_000, 100_000, Decimal("3.8"), Decimal("3.78")),
        ("output", "all", 3_000, 3_000, 0, Decimal("0.06"), Decimal("0.054")),
    ]


def test_findings_say_what_disagrees_and_what_it_is_worth(
    one_bill: duckdb.DuckDBPyConnection,
) -> None:
    rows = one_bill.execute(
        """
        select finding, token_type, quantity, reporting_amount
        from model_api_findings
        order by finding, token_type
        """
    ).fetchall()
    assert rows[-1] == ("unlogged_usage", "input", 100_000, Decimal("0.36"))
    assert [row[:2] for row in rows[:-1]] == [
        ("price_difference", "cache_creation"),
        ("price_difference", "cache_read"),
        ("price_difference", "input"),
        ("price_difference", "output"),
    ]


def test_a_meter_of_one_tier_is_paid_by_its_requests_alone(tmp_path: Path) -> None:
    """Batch output has a meter; batch input has none, and pays half of what standard input pays."""
    requests = [
        request(1, input_tokens=1_000, output_tokens=100),
        request(2, "fraud", input_tokens=1_000, output_tokens=100, service_tier="batch"),
    ]
    charges = [
        charge("in", "input", 2_000, "3"),
        charge("out", "output", 100, "7"),
        charge("batch", "output-batch", 100, "1"),
    ]
    meters = [
        meter("input", "input"),
        meter("output", "output"),
        meter("output-batch", "output", "batch"),
    ]
    warehouse = build(tmp_path, company(requests, charges, meters), *ASKED)
    assert costs(warehouse) == {"r1": Decimal(9), "r2": Decimal(2)}
    rows = warehouse.execute(
        """
        select token_type, service_tier, billed_quantity, logged_quantity
        from model_api_reconciliation where billed_quantity > 0 order by all
        """
    ).fetchall()
    assert rows == [
        ("input", "all", 2_000, 2_000),
        ("output", "all", 100, 100),
        ("output", "batch", 100, 100),
    ]


def test_a_contract_counts_before_the_list_and_a_refund_mirrors_its_charge(tmp_path: Path) -> None:
    """By contract a long context costs what a short one does; the bill was charged and half of it
    credited back under the same meter.
    """
    requests = [
        request(1, input_tokens=100_000, output_tokens=0),
        request(2, "fraud", input_tokens=300_000, output_tokens=0),
    ]
    charges = [
        charge("in", "input", 400_000, "1.6"),
        charge("back", "input", -200_000, "-0.8"),
    ]
    own = (price("input", "standard", 0, "0.000003", "contract 7"),)
    warehouse = build(tmp_path, company(requests, charges, [meter("input", "input")], own), *ASKED)
    assert costs(warehouse) == {"r1": Decimal("0.2"), "r2": Decimal("0.6")}
    rows = warehouse.execute(
        """
        select service_tier, context_tokens_over, unit_price, rated_cost, price_source
        from model_api_rated_usage where token_type = 'input' order by context_tokens_over
        """
    ).fetchall()
    assert [(row[1], row[3], row[4]) for row in rows] == [
        (0, Decimal("0.3"), "contract 7"),
        (200_000, Decimal("0.9"), "contract 7"),
    ]
    (finding,) = warehouse.execute(
        "select quantity, reporting_amount from model_api_findings "
        "where finding = 'unbilled_usage' and token_type = 'input'"
    ).fetchall()
    assert finding == (200_000, Decimal("0.6"))
