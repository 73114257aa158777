"""The tables of finance: shared costs, commitments, budgets, energy and exchange rates."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from apportion.sample import accounts, service_charges
from apportion.sample.calendar import Calendar
from apportion.sample.company import REPORTING_CURRENCY
from apportion.sample.fleet import GCP_PROJECT, GCP_REGION

Row = Mapping[str, object]
EURO_RATES = ("1.0845", "1.0791", "1.0868", "1.0912", "1.0877")


def commitment_scopes() -> Iterable[Row]:
    """Memory that is committed for the serving project; the simulated bills have no such meter."""
    yield {
        "commitment_id": "ram-1y",
        "sub_account_id": GCP_PROJECT,
        "region_id": GCP_REGION,
        "unit_type": "RAM",
        "quantity_per_day": 2400,
    }


def policies() -> Iterable[Row]:
    """What everybody uses, shared step by step."""
    for step, field, value, method, team in (
        (10, "charge_category", "Tax", "proportional", ""),
        (20, "service_name", service_charges.SUPPORT, "proportional", ""),
        (30, "service_category", "Networking", "proportional", ""),
        (40, "service_category", "Storage", "proportional", ""),
        (50, "service_category", "Management and Governance", "even", ""),
        (60, "cost_class", "idle_unheld", "keep_central", "ml-platform"),
        (70, "cost_class", "commitment_unused", "keep_central", "ml-platform"),
        (80, "cost_class", "credit", "proportional", ""),
    ):
        yield {
            "policy_id": f"P{step:02d}",
            "step": step,
            "match_field": field,
            "match_value": value,
            "method": method,
            "team": team,
        }


def budgets() -> Iterable[Row]:
    """What was agreed for a month; two of them are too low for the default company."""
    for scope, name, amount in (
        ("organization", "all", 1_500_000),
        ("business_unit", "AI Research", 420_000),
        ("business_unit", "Robotics", 350_000),
        ("business_unit", "Customer Experience", 95_000),
        ("team", "search", 70_000),
        ("model", "atlas-chat-70b", 40_000),
    ):
        yield {"scope": scope, "scope_name": name, "monthly_amount": amount}


def energy_factors() -> Iterable[Row]:
    """Of the company's hall, and of a place that it was offered; cloud regions are published."""
    yield {
        "provider": "Nebius",
        "region_id": "eu-north1",
        "pue": "1.13",
        "grid_grams_per_kwh": "39.32",
        "factor_source": "offer of 2026-06; grid of Finland in 2024 as Google publishes it",
    }
    yield {
        "provider": accounts.BILLING["onprem"]["service_provider_name"],
        "region_id": "*",
        "pue": "1.35",
        "grid_grams_per_kwh": "329.65",
        "factor_source": "meter of the hall, 2026; Ember, Germany, yearly average, read 2026-07",
    }


def exchange_rates(calendar: Calendar) -> Iterable[Row]:
    """A rate for each week; the last stays in force."""
    start = calendar.first_day - timedelta(days=calendar.first_day.weekday())
    weeks = (calendar.day(calendar.days - 1) - start).days // 7 + 1
    for week in range(weeks):
        monday = start + timedelta(weeks=week)
        yield {
            "currency": "EUR",
            "reporting_currency": REPORTING_CURRENCY,
            "rate": EURO_RATES[week % len(EURO_RATES)],
            "valid_from": monday,
            "valid_to": monday + timedelta(weeks=1) if week < weeks - 1 else "",
        }
