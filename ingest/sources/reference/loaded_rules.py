"""The keys, choices and defaults of the tables of what no bill says; `rules` has the others."""

from collections.abc import Mapping
from decimal import Decimal

KEYS: Mapping[str, tuple[str, ...]] = {
    "energy_hours": ("provider", "region_id", "hour_of_day"),
    "job_slack": ("job_name",),
    "facility_energy": ("provider", "region_id"),
    "cooling_offers": ("provider", "region_id", "technique"),
    "owned_hardware": ("item",),
    "loaded_rates": ("item",),
    "tooling_services": ("provider", "service_name"),
    "value_rates": ("scope", "scope_name"),
}

OPTIONAL: Mapping[str, frozenset[str]] = {
    "energy_hours": frozenset(
        {
            "energy_price_per_kwh",
            "forecast_price_per_kwh",
            "currency",
            "energy_grams_per_kwh",
            "forecast_grams_per_kwh",
        }
    ),
    "job_slack": frozenset(),
    "facility_energy": frozenset(),
    "cooling_offers": frozenset({"one_off_cost"}),
    "owned_hardware": frozenset({"node", "residual_value", "gpu_count"}),
    "loaded_rates": frozenset({"team", "head_count"}),
    "tooling_services": frozenset(),
    "value_rates": frozenset(),
}

DEFAULTS: Mapping[tuple[str, str], str | int | Decimal] = {
    ("cooling_offers", "one_off_cost"): 0,
    ("owned_hardware", "residual_value"): 0,
}

CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("facility_energy", "on_bill"): ("yes", "no"),
    ("owned_hardware", "on_bill"): ("yes", "no"),
    ("loaded_rates", "loaded_cost_type"): ("energy", "hosting", "staff", "tooling"),
    ("value_rates", "scope"): ("team", "model", "deployment"),
}

MINIMUM: Mapping[str, int] = {
    "hour_of_day": 0,
    "energy_grams_per_kwh": 0,
    "forecast_grams_per_kwh": 0,
    "slack_hours": 0,
    "residual_value": 0,
    "value_per_request": 0,
}

POSITIVE = frozenset({"facility_kwh", "it_kwh", "purchase_price", "head_count"})
