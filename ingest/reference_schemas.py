"""The tables that a company edits, column by column."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.schema_types import MONEY, Columns

DATES: Columns = {"valid_from": pl.Date, "valid_to": pl.Date}
"""Half-open validity in usage days; an empty `valid_to` means still in force."""

REFERENCE: Mapping[str, Columns] = MappingProxyType(
    {
        "teams": {
            "team": pl.String,
            "cost_center": pl.String,
            "business_unit": pl.String,
            "owner": pl.String,
            **DATES,
        },
        "team_aliases": {"alias": pl.String, "team": pl.String, **DATES},
        "tag_aliases": {"alias_key": pl.String, "tag_key": pl.String, **DATES},
        "owner_rules": {
            "rule_id": pl.String,
            "priority": pl.Int64,
            "match_field": pl.String,
            "match_key": pl.String,
            "match_value": pl.String,
            "team": pl.String,
            **DATES,
        },
        "workload_rules": {
            "rule_id": pl.String,
            "priority": pl.Int64,
            "match_field": pl.String,
            "match_key": pl.String,
            "match_value": pl.String,
            "purpose": pl.String,
            "model": pl.String,
            **DATES,
        },
        "deployments": {
            "deployment": pl.String,
            "model": pl.String,
            "gen_ai_provider_name": pl.String,
            "request_model": pl.String,
            "hosting": pl.String,
            "team": pl.String,
            "purpose": pl.String,
            "input_token_weight": pl.Int64,
            "cache_read_token_weight": pl.Int64,
            "output_token_weight": pl.Int64,
            "request_weight": pl.Int64,
            "prefill_weight": pl.Int64,
            "request_method": pl.String,
            **DATES,
        },
        "token_weights": {
            "model": pl.String,
            "gpu_model": pl.String,
            "input_token_weight": pl.Int64,
            "cache_read_token_weight": pl.Int64,
            "output_token_weight": pl.Int64,
            "request_weight": pl.Int64,
            "weight_source": pl.String,
            **DATES,
        },
        "model_meters": {
            "service_provider_name": pl.String,
            "sku_meter": pl.String,
            "gen_ai_provider_name": pl.String,
            "model": pl.String,
            "token_type": pl.String,
            "service_tier": pl.String,
            **DATES,
        },
        "model_prices": {
            "gen_ai_provider_name": pl.String,
            "model": pl.String,
            "token_type": pl.String,
            "service_tier": pl.String,
            "context_tokens_over": pl.Int64,
            "price_per_token": MONEY,
            "currency": pl.String,
            "price_source": pl.String,
            **DATES,
        },
        "shared_cost_policies": {
            "policy_id": pl.String,
            "step": pl.Int64,
            "match_field": pl.String,
            "match_value": pl.String,
            "method": pl.String,
            "metric": pl.String,
            "team": pl.String,
            "weight": pl.Int64,
            **DATES,
        },
        "commitment_scopes": {
            "commitment_id": pl.String,
            "sub_account_id": pl.String,
            "region_id": pl.String,
            "unit_type": pl.String,
            "quantity_per_day": MONEY,
            **DATES,
        },
        "exchange_rates": {
            "currency": pl.String,
            "reporting_currency": pl.String,
            "rate": pl.Decimal(18, 9),
            **DATES,
        },
        "budgets": {
            "scope": pl.String,
            "scope_name": pl.String,
            "monthly_amount": MONEY,
            **DATES,
        },
        "energy_factors": {
            "provider": pl.String,
            "region_id": pl.String,
            "pue": pl.Decimal(18, 9),
            "grid_grams_per_kwh": pl.Decimal(18, 9),
            "factor_source": pl.String,
            **DATES,
        },
        "model_evaluations": {
            "task": pl.String,
            "model": pl.String,
            "quality": pl.Decimal(18, 9),
            "quality_standard_error": pl.Decimal(18, 9),
            "output_token_ratio": pl.Decimal(18, 9),
            "evaluation_source": pl.String,
            **DATES,
        },
        "serving_benchmarks": {
            "model": pl.String,
            "technique": pl.String,
            "variant": pl.String,
            "gpu_model": pl.String,
            "gpu_count": pl.Int64,
            "tokens_per_second": pl.Decimal(18, 9),
            "one_off_cost": MONEY,
            "benchmark_source": pl.String,
            **DATES,
        },
        "gpu_offers": {
            "service_provider_name": pl.String,
            "region_id": pl.String,
            "gpu_model": pl.String,
            "pricing_category": pl.String,
            "price_per_gpu_hour": MONEY,
            "currency": pl.String,
            "offer_source": pl.String,
            **DATES,
        },
        "lever_assumptions": {
            "lever": pl.String,
            "name": pl.String,
            "value": MONEY,
            "source": pl.String,
            **DATES,
        },
        "opportunity_decisions": {
            "lever": pl.String,
            "scope": pl.String,
            "team": pl.String,
            "decision": pl.String,
            "decided_by": pl.String,
            "promised_saving_per_day": MONEY,
            "note": pl.String,
            **DATES,
        },
    }
)
"""What a company edits: one CSV file per table, named `<table>.csv`. Every table is
effective-dated."""
