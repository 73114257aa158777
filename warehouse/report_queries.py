"""What the report asks of a release: one query per table, all in one place.

`spend` is the cost ledger with the column `cost`: the measure that statements charge, in the
reporting currency.
"""

from warehouse.report_commitments import COMMITMENTS, CONVERSIONS, EXPIRIES
from warehouse.report_energy import (
    ENERGY_DAYS,
    ENERGY_REQUESTS,
    ENERGY_SOURCES,
    ENERGY_TEAMS,
    ENERGY_TOTALS,
)
from warehouse.report_items import CHARGES, JOBS, OUTCOMES, REQUESTS, USERS
from warehouse.report_outlook import ANOMALIES, BUDGETS, BURN_DOWN, FORECASTS, OUTLOOK_DAYS
from warehouse.report_quality import CHECKS, FINDINGS, FRESHNESS, GAPS, QUARANTINE, RESTATED
from warehouse.report_trends import (
    BANDS,
    BENCHMARKS,
    BREAKEVEN,
    CARBON_SAVINGS,
    MARKS,
    MODEL_MOVERS,
    TEAM_MOVERS,
    TOTAL_COSTS,
    UNASSESSED,
    UNIT_DAYS,
    UNITS,
    WATCHED,
    WATERFALL,
)

IDLE = "('idle_held', 'idle_unheld')"
CHART_DAYS = 92
NAMED_MODELS = 40

RUN = "select * from runs"
SPEND = {
    measure: f"create temp view spend as select *, reporting_{measure} as cost from cost_ledger"  # noqa: S608
    for measure in ("billed_cost", "effective_cost")
}
TOTALS = f"""
    select
        min(charge_date) as first_day,
        max(charge_date) as last_day,
        count(distinct charge_date) as day_count,
        count(distinct team) filter (where team <> 'unallocated') as team_count,
        coalesce(sum(cost), 0) as cost,
        coalesce(sum(reporting_billed_cost), 0) as billed_cost,
        coalesce(sum(reporting_effective_cost), 0) as effective_cost,
        coalesce(sum(cost) filter (where team = 'unallocated'), 0) as unallocated,
        coalesce(sum(cost) filter (where cost_class in {IDLE}), 0) as idle,
        coalesce(sum(cost) filter (where charge_date between last - 6 and last), 0) as recent,
        coalesce(sum(cost) filter (
            where charge_date between last - 13 and last - 7 and first <= last - 13
        ), 0) as before
    from spend
    cross join (select usage_date as last, first_usage_date as first from runs) as run
"""  # noqa: S608
CLASSES = "select cost_class, sum(cost) as cost from spend group by all order by cost desc, 1"
PROVIDERS = "select provider, sum(cost) as cost from spend group by all order by cost desc, 1"
PERIODS = """
    select
        billing_period,
        sum(cost) as cost,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from spend
    group by all
    order by 1
"""
DAILY = f"""
    select charge_date, business_unit, sum(cost) as cost
    from spend
    where
        charge_date <= (select usage_date from runs)
        and charge_date > (select usage_date from runs) - {CHART_DAYS}
    group by all
    order by all
"""  # noqa: S608
TEAMS = f"""
    select
        team, business_unit, cost_center,
        coalesce(sum(cost) filter (where cost_class = 'direct'), 0) as direct,
        coalesce(sum(cost) filter (where cost_class in {IDLE}), 0) as idle,
        coalesce(sum(cost) filter (where cost_class = 'shared'), 0) as shared,
        coalesce(sum(cost) filter (where cost_class not in ('direct', 'shared')
            and cost_class not in {IDLE}), 0) as other,
        sum(cost) as cost
    from spend
    group by team, business_unit, cost_center
    order by team = 'unallocated', cost desc, team, business_unit, cost_center
"""  # noqa: S608
MODELS = f"""
    with usage as (
        select
            model,
            sum(request_count) as request_count,
            sum(input_tokens + output_tokens) as tokens,
            sum(reporting_effective_cost) as serving_cost
        from daily_unit_economics
        group by all
    ),
    costs as (select model, sum(cost) as cost from spend group by all),
    ranked as (
        select
            model, coalesce(cost, 0) as cost, request_count, tokens, serving_cost,
            row_number() over (
                order by model = 'none' desc, cost desc nulls last, request_count desc, model
            ) as place
        from costs
        full outer join usage using (model)
    )
    select
        named as model,
        count(*) as model_count,
        sum(cost) as cost,
        cast(sum(request_count) as bigint) as request_count,
        cast(sum(tokens) as bigint) as tokens,
        sum(serving_cost) as serving_cost
    from (select *, case when place <= {NAMED_MODELS} then model end as named from ranked)
    group by named
    order by named is null, named = 'none', min(place)
"""  # noqa: S608
DEPLOYMENTS = f"""
    with usage as (
        select deployment, model, sum(request_count) as request_count
        from daily_unit_economics
        group by all
    ),
    costs as (
        select
            deployment, model,
            sum(cost) as cost,
            coalesce(sum(cost) filter (where cost_class in {IDLE}), 0) as idle
        from spend
        where deployment <> 'none'
        group by all
    )
    select deployment, model, cost, idle, request_count
    from costs
    left join usage using (deployment, model)
    order by cost desc, deployment, model
    limit 15
"""  # noqa: S608
GPU_DAYS = f"""
    select
        usage_date,
        sum(coalesce(active_gpu_seconds, 0)) as busy,
        sum(held_gpu_seconds - coalesce(active_gpu_seconds, 0)) as idle_held,
        sum(unheld_gpu_seconds) as unheld,
        sum(capacity_gpu_seconds - held_gpu_seconds - unheld_gpu_seconds) as unknown
    from gpu_utilization_daily
    where usage_date > (select max(usage_date) from gpu_utilization_daily) - {CHART_DAYS}
    group by all
    order by all
"""  # noqa: S608
GPU_MODELS = """
    with nodes as (
        select
            gpu_model, node,
            max(gpu_count) as gpu_count,
            sum(capacity_gpu_seconds) as capacity,
            sum(coalesce(active_gpu_seconds, 0)) as busy,
            sum(held_gpu_seconds - coalesce(active_gpu_seconds, 0)) as idle_held,
            sum(unheld_gpu_seconds) as unheld,
            sum(capacity_gpu_seconds - held_gpu_seconds - unheld_gpu_seconds) as unknown
        from gpu_utilization_daily
        group by all
    ),
    times as (select gpu_model, sum(columns(* exclude (gpu_model, node))) from nodes group by all),
    costs as (
        select
            models.gpu_model,
            sum(reporting_effective_cost) as cost,
            sum(reporting_effective_cost) filter (where cost_class = 'idle_held') as idle_held_cost,
            sum(reporting_effective_cost) filter (where cost_class = 'idle_unheld') as unheld_cost
        from workload_costs
        join (select distinct usage_date, node, gpu_model from gpu_utilization_daily) as models
            using (usage_date, node)
        group by all
    )
    select
        gpu_model, cast(gpu_count as bigint) as gpu_count, capacity, busy, idle_held, unheld,
        unknown,
        coalesce(cost, 0) as cost,
        coalesce(idle_held_cost, 0) as idle_held_cost,
        coalesce(unheld_cost, 0) as unheld_cost
    from times
    left join costs using (gpu_model)
    order by capacity desc, gpu_model
"""
LEVERS = """
    select
        lever, confidence,
        count(*) as opportunity_count,
        sum(saving_low) as saving_low,
        sum(saving_expected) as saving_expected,
        sum(saving_high) as saving_high
    from optimization_opportunities
    where saving_expected > 0
    group by lever, confidence
    order by confidence = 'low', saving_expected desc, lever
"""
OPPORTUNITIES = """
    select
        lever, scope, team, owner, currency, baseline_cost, saving_low, saving_expected,
        saving_high, confidence, effort, risk, action, assumptions, evidence_query,
        evidence_row_count
    from optimization_opportunities
    where saving_expected > 0
    order by confidence = 'low', saving_expected desc, lever, scope, team
    limit 20
"""
RECONCILIATION = """
    select
        provider, billing_period, billing_currency, measure,
        sum(delivered) as delivered,
        sum(attributed) as attributed,
        sum(unallocated) as unallocated,
        sum(quarantined) as quarantined,
        max(abs(difference)) as difference
    from reconciliation
    group by all
    order by billing_period desc, measure, provider, billing_currency
"""
MODEL_APIS = """
    select
        model, deployment,
        coalesce(sum(reporting_billed_cost), 0) as billed_cost,
        sum(reporting_billed_cost) filter (where rated_cost is not null) as compared_cost,
        sum(rated_cost) as rated_cost,
        sum(billed_quantity) as billed_quantity,
        sum(logged_quantity) as logged_quantity,
        sum(unlogged_quantity) as unlogged_quantity
    from model_api_reconciliation
    group by all
    order by billed_cost desc, model, deployment
"""
TABLES = {
    "totals": TOTALS,
    "classes": CLASSES,
    "providers": PROVIDERS,
    "periods": PERIODS,
    "daily": DAILY,
    "team_movers": TEAM_MOVERS,
    "model_movers": MODEL_MOVERS,
    "outlook_days": OUTLOOK_DAYS,
    "forecasts": FORECASTS,
    "budgets": BUDGETS,
    "burn_down": BURN_DOWN,
    "anomalies": ANOMALIES,
    "teams": TEAMS,
    "models": MODELS,
    "deployments": DEPLOYMENTS,
    "requests": REQUESTS,
    "bands": BANDS,
    "marks": MARKS,
    "jobs": JOBS,
    "outcomes": OUTCOMES,
    "users": USERS,
    "charges": CHARGES,
    "gpu_days": GPU_DAYS,
    "gpu_models": GPU_MODELS,
    "unit_days": UNIT_DAYS,
    "units": UNITS,
    "levers": LEVERS,
    "waterfall": WATERFALL,
    "opportunities": OPPORTUNITIES,
    "unassessed": UNASSESSED,
    "commitments": COMMITMENTS,
    "expiries": EXPIRIES,
    "breakeven": BREAKEVEN,
    "watched": WATCHED,
    "carbon_savings": CARBON_SAVINGS,
    "total_costs": TOTAL_COSTS,
    "benchmarks": BENCHMARKS,
    "energy_totals": ENERGY_TOTALS,
    "energy_days": ENERGY_DAYS,
    "energy_teams": ENERGY_TEAMS,
    "energy_requests": ENERGY_REQUESTS,
    "energy_sources": ENERGY_SOURCES,
    "reconciliation": RECONCILIATION,
    "conversions": CONVERSIONS,
    "model_apis": MODEL_APIS,
    "checks": CHECKS,
    "findings": FINDINGS,
    "quarantine": QUARANTINE,
    "freshness": FRESHNESS,
    "gaps": GAPS,
    "restated": RESTATED,
}
