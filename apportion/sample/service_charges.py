"""Everything that is not a GPU node: storage, networks, databases, fees, tax, credits."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import polars as pl

from apportion.sample import accounts, money
from apportion.sample.calendar import DAY_HOURS, Calendar
from apportion.sample.focus import QUANTITY_SCALE, conform
from apportion.sample.noise import Noise
from apportion.sample.tables import read

ENTERPRISE_DISCOUNT_PERCENT = 7
WEEKEND_FACTOR = 0.7
VARIATION = 0.08
GROWTH_PER_DAY = 0.004
_THOUSAND = 10**QUANTITY_SCALE


@dataclass(frozen=True, slots=True)
class Service:
    """A metered service: list price per unit and units on a working day.

    `team` really causes the cost; None: it serves everybody. `tags` are what the bill says.
    """

    provider: str
    sub_account: str
    name: str
    category: str
    meter: str
    unit: str
    price: str
    quantity: float
    resource: str
    team: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    is_steady: bool = False


SERVICES = read("services", Service)

SUPPORT = "AWS Support (Enterprise)"
SUPPORT_PER_MILLE, TAX_PER_MILLE = 30, 62
CENT = money.TICKS // 100
CREDIT, REFUND = "-18500", "-1320.96"


def service_charges(noise: Noise, calendar: Calendar, provider: str) -> pl.DataFrame:
    """The daily charges of a provider's services."""
    found = [(i, s) for i, s in enumerate(SERVICES) if s.provider == provider]
    return pl.concat([_daily(noise, calendar, i, service) for i, service in found])


def _daily(noise: Noise, calendar: Calendar, index: int, service: Service) -> pl.DataFrame:
    days = np.arange(calendar.days)
    factor = 1 + GROWTH_PER_DAY * days + VARIATION * noise.normal(f"service/{index}", days)
    if not service.is_steady:
        weekend = np.array([calendar.is_weekend(day) for day in range(calendar.days)])
        factor = factor * np.where(weekend, WEEKEND_FACTOR, 1.0)
    elif service.unit == "Hours":
        factor = np.ones(calendar.days)
    quantity = (service.quantity * _THOUSAND * factor.clip(0.2)).astype(np.int64)
    price = money.ticks(service.price)
    contracted = price * (100 - ENTERPRISE_DISCOUNT_PERCENT) // 100
    starts = calendar.hour_starts().gather_every(DAY_HOURS)
    frame = pl.DataFrame(
        {
            "charge_period_start": starts,
            "charge_period_end": starts + timedelta(days=1),
            "pricing_quantity": quantity,
            "consumed_quantity": quantity,
            "list_cost": quantity * (price // _THOUSAND),
            "contracted_cost": quantity * (contracted // _THOUSAND),
        }
    )
    columns = _columns(service)
    return conform(
        frame.with_columns(
            billed_cost="contracted_cost",
            effective_cost="contracted_cost",
            list_unit_price=pl.lit(price),
            contracted_unit_price=pl.lit(contracted // _THOUSAND * _THOUSAND),
            cause=pl.lit("team" if service.team else "shared"),
            cause_key=pl.lit(service.team, pl.String),
            **{name: pl.lit(value, pl.String) for name, value in columns.items()},
        )
    )


def _columns(service: Service) -> accounts.Columns:
    owner = accounts.sub_account(service.sub_account)
    prefix = {
        "aws": f"arn:aws:{service.sub_account}:us-east-1:{owner['sub_account_id']}:",
        "azure": f"/subscriptions/{owner['sub_account_id']}/resourcegroups/rg/providers/",
        "gcp": f"//googleapis.com/projects/{owner['sub_account_id']}/",
    }[service.provider]
    return {
        **accounts.BILLING[service.provider],
        **owner,
        "charge_category": "Usage",
        "charge_description": f"{service.name}: {service.meter}",
        "service_name": service.name,
        "service_category": service.category,
        "resource_id": prefix + service.resource,
        "resource_name": service.resource.rpartition("/")[2],
        "resource_type": service.resource.partition("/")[0],
        "pricing_unit": service.unit,
        "consumed_unit": service.unit,
        "pricing_category": "Standard",
        "sku_id": f"{service.provider}-{service.meter}".lower(),
        "sku_price_id": f"{service.provider}-{service.meter}-1".lower(),
        "sku_meter": service.meter,
        "tags": json.dumps(service.tags),
    }


def monthly_charges(charges: pl.DataFrame) -> pl.DataFrame:
    """Support, tax, a credit and a refund of AWS: they follow from the month and arrive late."""
    month = charges.group_by("billing_period_start", "billing_period_end").agg(
        pl.col("billed_cost").sum()
    )
    by_account = charges.group_by(
        "billing_period_start", "billing_period_end", "sub_account_id", "sub_account_name"
    ).agg(pl.col("billed_cost").sum())
    home = accounts.sub_account("shared-services")
    fixed = {name: pl.lit(value, pl.String) for name, value in home.items()}
    support = month.sort("billing_period_start").with_columns(
        **fixed,
        cost=_per_mille("billed_cost", SUPPORT_PER_MILLE),
        charge_category=pl.lit("Purchase"),
        charge_frequency=pl.lit("Recurring"),
        service_name=pl.lit(SUPPORT),
        service_category=pl.lit("Other"),
        charge_description=pl.lit("Enterprise support, 3 % of the month's charges"),
    )
    tax = by_account.sort("billing_period_start", "sub_account_id").with_columns(
        cost=_per_mille("billed_cost", TAX_PER_MILLE),
        charge_category=pl.lit("Tax"),
        charge_frequency=pl.lit("One-Time"),
        service_name=pl.lit("Tax"),
        service_category=pl.lit("Other"),
        charge_description=pl.lit("Sales tax"),
    )
    credit = month.sort("billing_period_start").with_columns(
        **fixed,
        cost=pl.lit(money.ticks(CREDIT)),
        charge_category=pl.lit("Credit"),
        charge_frequency=pl.lit("One-Time"),
        service_name=pl.lit("Amazon Elastic Compute Cloud"),
        service_category=pl.lit("Compute"),
        charge_description=pl.lit("Migration credit"),
    )
    refund = month.sort("billing_period_start").with_columns(
        **{
            name: pl.lit(value, pl.String)
            for name, value in accounts.sub_account("ml-research").items()
        },
        cost=pl.lit(money.ticks(REFUND)),
        charge_category=pl.lit("Adjustment"),
        charge_class=pl.lit("Correction"),
        charge_frequency=pl.lit("One-Time"),
        service_name=pl.lit("Amazon Elastic Compute Cloud"),
        service_category=pl.lit("Compute"),
        charge_description=pl.lit("Refund: 24 hours of a node that could not be reached"),
    )
    frame = pl.concat([support, tax, credit, refund], how="diagonal").filter(pl.col("cost") != 0)
    billing = {name: pl.lit(value, pl.String) for name, value in accounts.BILLING["aws"].items()}
    return conform(
        frame.with_columns(
            **billing,
            charge_period_start="billing_period_start",
            charge_period_end="billing_period_end",
            billed_cost="cost",
            effective_cost="cost",
            list_cost="cost",
            contracted_cost="cost",
            cause=pl.lit("shared"),
            is_late=pl.lit(value=True),
        )
    )


def _per_mille(column: str, rate: int) -> pl.Expr:
    """A share of an amount, in whole cents."""
    return pl.col(column) // CENT * rate // 1000 * CENT
