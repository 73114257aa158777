"""What the reference tables must say, beyond the columns and types of `ingest.schemas`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ingest.sources.reference import loaded_rules

KEYS: Mapping[str, tuple[str, ...]] = {
    "teams": ("team",),
    "team_aliases": ("alias",),
    "tag_aliases": ("alias_key",),
    "owner_rules": ("rule_id",),
    "workload_rules": ("rule_id",),
    "deployments": ("deployment",),
    "token_weights": ("model", "gpu_model"),
    "model_meters": ("service_provider_name", "sku_meter"),
    "model_prices": (
        "gen_ai_provider_name",
        "model",
        "token_type",
        "service_tier",
        "context_tokens_over",
    ),
    "shared_cost_policies": ("policy_id", "match_field", "match_value", "team"),
    "commitment_scopes": ("commitment_id", "sub_account_id"),
    "exchange_rates": ("currency", "reporting_currency"),
    "budgets": ("scope", "scope_name"),
    "energy_factors": ("provider", "region_id"),
    "model_evaluations": ("task", "model"),
    "serving_benchmarks": ("model", "technique", "variant", "gpu_model"),
    "hardware_offers": ("gpu_model",),
    "gpu_offers": ("service_provider_name", "region_id", "gpu_model", "pricing_category"),
    "semantic_cache_trials": ("task",),
    "context_trials": ("task", "model"),
    "device_trials": ("task", "model"),
    "provisioned_units": ("gen_ai_provider_name", "model"),
    "commitment_offers": (
        *("service_provider_name", "plan_name", "sku_id", "region_id"),
        *("term_months", "payment_option"),
    ),
    "lever_assumptions": ("lever", "name"),
    "opportunity_decisions": ("lever", "scope", "team"),
    **loaded_rules.KEYS,
}
"""What identifies a row; two rows of the same key are never in force on the same day. Keys are
compared as the transforms compare them: without case and surrounding spaces."""

OPTIONAL: Mapping[str, frozenset[str]] = {
    "teams": frozenset({"cost_center", "owner"}),
    "team_aliases": frozenset(),
    "tag_aliases": frozenset(),
    "owner_rules": frozenset({"match_key"}),
    "workload_rules": frozenset({"match_key", "purpose", "model"}),
    "deployments": frozenset(
        {
            "gen_ai_provider_name",
            "request_model",
            "team",
            "purpose",
            "input_token_weight",
            "cache_read_token_weight",
            "output_token_weight",
            "request_weight",
            "prefill_weight",
            "request_method",
        }
    ),
    "token_weights": frozenset(),
    "model_meters": frozenset({"service_tier"}),
    "model_prices": frozenset({"service_tier", "context_tokens_over", "price_source"}),
    "shared_cost_policies": frozenset({"metric", "team", "weight"}),
    "commitment_scopes": frozenset(),
    "exchange_rates": frozenset(),
    "budgets": frozenset(),
    "energy_factors": frozenset(),
    "model_evaluations": frozenset({"output_token_ratio"}),
    "serving_benchmarks": frozenset({"one_off_cost"}),
    "hardware_offers": frozenset(
        {
            "system_factor",
            "power_kw",
            "load_share",
            "pue",
            "price_per_kwh",
            "colocation_per_kw_month",
            "staff_per_gpu_month",
            "upkeep_share",
            "software_per_gpu_month",
            "life_months",
            "residual_share",
            "cost_of_capital",
        }
    ),
    "gpu_offers": frozenset(),
    "semantic_cache_trials": frozenset({"embedding_price_per_token"}),
    "context_trials": frozenset(),
    "device_trials": frozenset({"cost_per_request"}),
    "provisioned_units": frozenset({"output_token_weight", "owned_units"}),
    "commitment_offers": frozenset({"sku_id", "region_id"}),
    "lever_assumptions": frozenset(),
    "opportunity_decisions": frozenset({"promised_saving_per_day", "note"}),
    **loaded_rules.OPTIONAL,
}
"""Columns that may be empty; `valid_from` and `valid_to` may be empty in every table."""

DEFAULTS: Mapping[tuple[str, str], str | int | Decimal] = {
    ("model_meters", "service_tier"): "all",
    ("model_prices", "service_tier"): "standard",
    ("model_prices", "context_tokens_over"): 0,
    ("commitment_offers", "sku_id"): "*",
    ("commitment_offers", "region_id"): "*",
    ("model_evaluations", "output_token_ratio"): 1,
    ("serving_benchmarks", "one_off_cost"): 0,
    ("semantic_cache_trials", "embedding_price_per_token"): 0,
    ("device_trials", "cost_per_request"): 0,
    ("provisioned_units", "output_token_weight"): 1,
    ("provisioned_units", "owned_units"): 0,
    ("hardware_offers", "system_factor"): Decimal("1.5"),
    ("hardware_offers", "power_kw"): Decimal("1.275"),
    ("hardware_offers", "load_share"): Decimal("0.8"),
    ("hardware_offers", "pue"): Decimal("1.3"),
    ("hardware_offers", "price_per_kwh"): Decimal("0.08"),
    ("hardware_offers", "colocation_per_kw_month"): 175,
    ("hardware_offers", "staff_per_gpu_month"): Decimal("203.125"),
    ("hardware_offers", "upkeep_share"): Decimal("0.055"),
    ("hardware_offers", "software_per_gpu_month"): 0,
    ("hardware_offers", "life_months"): 42,
    ("hardware_offers", "residual_share"): Decimal("0.1"),
    ("hardware_offers", "cost_of_capital"): Decimal("0.09"),
    **loaded_rules.DEFAULTS,
}
"""What an empty cell, or a column that is left out, says."""

_RESOURCE_FIELDS = ("namespace", "pod_label", "slurm_account")
_PURPOSES = (
    "training",
    "fine_tuning",
    "batch_inference",
    "online_inference",
    "development",
    "platform",
)
_TOKEN_TYPES = (
    "input",
    "input_audio",
    "cache_read",
    "cache_read_audio",
    "cache_creation",
    "cache_creation_1h",
    "output",
    "reasoning",
    "output_audio",
    "request",
    "search",
)

CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("owner_rules", "match_field"): (
        "tag",
        "column",
        "billing_account_id",
        "sub_account_id",
        "service_name",
        "resource_id",
        "gateway_team",
        "api_key_alias",
        *_RESOURCE_FIELDS,
    ),
    ("workload_rules", "match_field"): _RESOURCE_FIELDS,
    ("workload_rules", "purpose"): _PURPOSES,
    ("deployments", "hosting"): ("api", "self_hosted"),
    ("deployments", "purpose"): _PURPOSES,
    ("deployments", "request_method"): ("residency", "weighted_tokens"),
    ("model_meters", "token_type"): _TOKEN_TYPES,
    ("model_prices", "token_type"): _TOKEN_TYPES,
    ("shared_cost_policies", "match_field"): (
        "cost_class",
        "charge_category",
        "service_category",
        "service_name",
        "team",
    ),
    ("shared_cost_policies", "method"): (
        "direct",
        "proportional",
        "even",
        "fixed",
        "by_metric",
        "keep_central",
    ),
    ("commitment_scopes", "unit_type"): ("CPU", "RAM", "GPU", "SSD"),
    ("serving_benchmarks", "technique"): (
        "baseline",
        "quantisation",
        "pruning",
        "distillation",
        "speculative_decoding",
        "batching",
        "accelerators",
    ),
    ("gpu_offers", "pricing_category"): ("Standard", "Dynamic"),
    ("commitment_offers", "payment_option"): ("No Upfront", "Partial Upfront", "All Upfront"),
    ("budgets", "scope"): ("organization", "business_unit", "team", "model"),
    ("opportunity_decisions", "decision"): ("accepted", "dismissed", "realised"),
    ("shared_cost_policies", "metric"): ("gpu_seconds_held", "requests", "tokens"),
    **loaded_rules.CHOICES,
}
"""The values that the transforms understand; any other would silently match nothing."""

MINIMUM: Mapping[str, int] = {
    "pue": 1,
    "grid_grams_per_kwh": 0,
    "price_per_token": 0,
    "quality": 0,
    "quality_standard_error": 0,
    "one_off_cost": 0,
    "load_share": 0,
    "price_per_kwh": 0,
    "colocation_per_kw_month": 0,
    "staff_per_gpu_month": 0,
    "upkeep_share": 0,
    "software_per_gpu_month": 0,
    "residual_share": 0,
    "cost_of_capital": 0,
    "value": 0,
    "promised_saving_per_day": 0,
    "hit_share": 0,
    "false_hits": 0,
    "embedding_price_per_token": 0,
    "removable_input_share": 0,
    "caught_wrong_share": 0,
    "caught_right_share": 0,
    "cost_per_request": 0,
    "owned_units": 0,
    "context_tokens_over": 0,
    "input_token_weight": 0,
    "cache_read_token_weight": 0,
    "output_token_weight": 0,
    "request_weight": 0,
    "prefill_weight": 1,
    "weight": 0,
    **loaded_rules.MINIMUM,
}
"""The least value of a number. A negative weight or price would move money the wrong way."""

MAXIMUM: Mapping[str, int] = {
    "hit_share": 1,
    "removable_input_share": 1,
    "caught_wrong_share": 1,
    "caught_right_share": 1,
}
"""The largest value of a share."""

POSITIVE = frozenset(
    {
        "rate",
        "quantity_per_day",
        "monthly_amount",
        "output_token_ratio",
        "gpu_count",
        "tokens_per_second",
        "price_per_gpu_hour",
        "judged_hits",
        "tokens_per_minute",
        "price_per_unit_hour",
        "gpu_price",
        "system_factor",
        "power_kw",
        "life_months",
        "term_months",
        "discount",
        *loaded_rules.POSITIVE,
    }
)

BELOW_ONE = frozenset({"discount"})
"""Shares of which the whole makes no sense: nobody gives use away."""

TEAM_OF_VALUE = "$value"
"""In an owner rule: the team that the matched value names."""

IMPORTED = "litellm:"
"""How the `price_source` of an imported price begins; the transforms say so, too."""


def is_imported(table: str, values: Mapping[str, Any]) -> bool:
    """Whether a row is of a list that was imported: the company's own count before such rows."""
    return table == "model_prices" and (values["price_source"] or "").startswith(IMPORTED)
