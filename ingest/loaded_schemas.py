"""The tables of what no bill says: hourly electricity, own halls and hardware, people, value."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.schema_types import MONEY, Columns

DATES: Columns = {"valid_from": pl.Date, "valid_to": pl.Date}
"""Half-open validity in usage days; an empty `valid_to` means still in force."""

RATIO = pl.Decimal(18, 9)

LOADED: Mapping[str, Columns] = MappingProxyType(
    {
        "energy_hours": {
            "provider": pl.String,
            "region_id": pl.String,
            "hour_of_day": pl.Int64,
            "energy_price_per_kwh": MONEY,
            "forecast_price_per_kwh": MONEY,
            "currency": pl.String,
            "energy_grams_per_kwh": RATIO,
            "forecast_grams_per_kwh": RATIO,
            "hour_source": pl.String,
            **DATES,
        },
        "job_slack": {
            "job_name": pl.String,
            "slack_hours": pl.Int64,
            "slack_source": pl.String,
            **DATES,
        },
        "facility_energy": {
            "provider": pl.String,
            "region_id": pl.String,
            "facility_kwh": RATIO,
            "it_kwh": RATIO,
            "price_per_kwh": MONEY,
            "currency": pl.String,
            "on_bill": pl.String,
            "meter_source": pl.String,
            **DATES,
        },
        "cooling_offers": {
            "provider": pl.String,
            "region_id": pl.String,
            "technique": pl.String,
            "pue": RATIO,
            "one_off_cost": MONEY,
            "life_months": pl.Int64,
            "currency": pl.String,
            "offer_source": pl.String,
            **DATES,
        },
        "owned_hardware": {
            "item": pl.String,
            "node": pl.String,
            "provider": pl.String,
            "region_id": pl.String,
            "purchase_price": MONEY,
            "residual_value": MONEY,
            "gpu_count": pl.Int64,
            "life_months": pl.Int64,
            "currency": pl.String,
            "on_bill": pl.String,
            "purchase_source": pl.String,
            **DATES,
        },
        "loaded_rates": {
            "item": pl.String,
            "loaded_cost_type": pl.String,
            "team": pl.String,
            "monthly_amount": MONEY,
            "head_count": RATIO,
            "currency": pl.String,
            "rate_source": pl.String,
            **DATES,
        },
        "tooling_services": {
            "provider": pl.String,
            "service_name": pl.String,
            **DATES,
        },
        "value_rates": {
            "scope": pl.String,
            "scope_name": pl.String,
            "value_per_request": MONEY,
            "currency": pl.String,
            "value_source": pl.String,
            **DATES,
        },
    }
)
"""One CSV file per table, named `<table>.csv`, beside those of `ingest.reference_schemas`."""
