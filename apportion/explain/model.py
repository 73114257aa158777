"""Why a model costs what it costs."""

from datetime import date

from apportion.explain import ledger
from apportion.explain.node import Node, summed, total
from apportion.explain.scope import Row, Scope, unknown

MODEL = """
select
    deployment, purpose, sum({amount}) as amount,
    min(charge_date) as first, max(charge_date) as last
from daily_cost_by_model
where model = $model and (cast($day as date) is null or charge_date = cast($day as date))
group by all
order by deployment, purpose
"""
MODELS = "select distinct model from daily_cost_by_model"
METERS = """
select
    deployment, token_type, service_tier, any_value(price_source) as price_source,
    sum(reporting_billed_cost) as billed_cost, sum(rated_cost) as rated_cost,
    sum(billed_quantity) as billed_quantity, sum(logged_quantity) as logged_quantity
from model_api_reconciliation
where model = $model and (cast($day as date) is null or usage_date = cast($day as date))
group by all
order by deployment, token_type, service_tier
"""


def explain_model(scope: Scope, model: str, day: date | None) -> Node:
    """A model on a day, or in the whole release: by use, down to the bill, by team, by meter.

    Raises:
        ConfigError: `EXPLAIN_UNKNOWN`.
    """
    uses = scope.rows(MODEL, model=model, day=day)
    if not uses:
        advice = "`none` is the model of what serves no model; `apportion top` lists the models."
        asked = f"It was asked for {day}. " if day else ""
        raise unknown("model", model, asked + advice, scope.names(MODELS))
    entries = ledger.Entries(model=model, day=day)
    first, last = min(use["first"] for use in uses), max(use["last"] for use in uses)
    return Node(
        f"model {model}, {first} to {last}, {scope.measure}",
        total(use["amount"] for use in uses),
        scope.currency,
        {},
        (
            _uses(scope, uses),
            ledger.by_class(scope, entries, "down to the bill"),
            *_meters(scope, model, day),
            ledger.by_team(scope, entries, "by team"),
            ledger.statements(scope, entries),
        ),
    )


def _uses(scope: Scope, uses: list[Row]) -> Node:
    parts = [
        Node(f"deployment {use['deployment']}, {use['purpose']}", use["amount"], scope.currency)
        for use in uses
    ]
    return summed("by deployment and purpose", scope.currency, parts)


def _meters(scope: Scope, model: str, day: date | None) -> list[Node]:
    meters = scope.rows(METERS, model=model, day=day)
    parts = [
        Node(
            f"{meter['deployment']}, {meter['token_type']}, tier {meter['service_tier']}",
            meter["billed_cost"],
            scope.currency,
            {
                "at the price in force": meter["rated_cost"],
                "billed tokens": meter["billed_quantity"],
                "logged tokens": meter["logged_quantity"],
                "price": meter["price_source"],
            },
        )
        for meter in meters
    ]
    return [Node("billed by meter, billed_cost", parts=tuple(parts))] if parts else []
