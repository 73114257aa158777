"""The tables that the company edits: owners, rules, deployments, prices, policies, rates."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from apportion.sample import finance_tables, lever_tables
from apportion.sample.calendar import Calendar
from apportion.sample.campaigns import EXPERIMENTS
from apportion.sample.company import (
    COST_CENTER_SPELLINGS,
    TAG_KEY_SPELLINGS,
    TEAMS,
)
from apportion.sample.fleet import AWS_ACCOUNTS
from apportion.sample.models import (
    API_MODELS,
    CACHED_PREFILL,
    DEPLOYMENTS,
    METER_WORDS,
    REQUEST_OVERHEAD_US,
    ROUTES,
    TOKEN_TYPES,
)
from apportion.sample.vendors import DIRECT_USES, VENDORS
from ingest.schemas import REFERENCE

Row = Mapping[str, object]
WEIGHT_UNIT_US = 10
PRICES_SINCE = date(2026, 1, 1)
MILLION_DIGITS = 6


def write_reference(folder: Path, calendar: Calendar) -> None:
    """Write every reference table as `<table>.csv`."""
    folder.mkdir(parents=True)
    tables: dict[str, Iterable[Row]] = {
        "teams": _teams(),
        "team_aliases": _team_aliases(),
        "tag_aliases": _tag_aliases(),
        "owner_rules": _numbered(_owner_rules()),
        "workload_rules": _numbered(_workload_rules()),
        "deployments": [*_self_hosted(), *_bought()],
        "token_weights": _token_weights(),
        "model_meters": _model_meters(),
        "model_prices": _model_prices(),
        "shared_cost_policies": finance_tables.policies(),
        "commitment_scopes": finance_tables.commitment_scopes(),
        "exchange_rates": finance_tables.exchange_rates(calendar),
        "budgets": finance_tables.budgets(),
        "energy_factors": finance_tables.energy_factors(),
        "model_evaluations": lever_tables.model_evaluations(),
        "serving_benchmarks": lever_tables.serving_benchmarks(),
        "hardware_offers": lever_tables.hardware_offers(),
        "gpu_offers": lever_tables.gpu_offers(),
        "lever_assumptions": (),
        "opportunity_decisions": (),
    }
    for name, columns in REFERENCE.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(tables[name])


def _teams() -> Iterable[Row]:
    for team in TEAMS:
        yield {
            "team": team.name,
            "cost_center": team.cost_center,
            "business_unit": team.business_unit,
            "owner": team.owner,
        }


def _team_aliases() -> Iterable[Row]:
    for team in TEAMS:
        names = {*team.aliases, team.display.lower()} - {team.name}
        yield from ({"alias": name, "team": team.name} for name in sorted(names))


def _tag_aliases() -> Iterable[Row]:
    for spelling in TAG_KEY_SPELLINGS:
        yield {"alias_key": spelling, "tag_key": "team"}
    for spelling in COST_CENTER_SPELLINGS:
        yield {"alias_key": spelling, "tag_key": "cost_center"}


def _rule(priority: int, field: str, key: str, value: str, team: str) -> Row:
    return {
        "priority": priority,
        "match_field": field,
        "match_key": key,
        "match_value": value,
        "team": team,
    }


def _owner_rules() -> Iterable[Row]:
    yield _rule(10, "pod_label", "label_team", "*", "$value")
    yield _rule(10, "slurm_account", "", "*", "$value")
    yield _rule(10, "gateway_team", "", "*", "$value")
    for name, alias in sorted({(route.team, route.key_alias) for route in ROUTES}):
        yield _rule(20, "api_key_alias", "", alias, name)
    yield _rule(30, "tag", "team", "*", "$value")
    for team in TEAMS:
        yield _rule(31, "tag", "cost_center", team.cost_center.lower(), team.name)
    for namespace, name in (
        ("search-prod", "search"),
        ("fraud-prod", "fraud"),
        ("support-prod", "support-assistant"),
        ("voice-prod", "voice"),
        ("robotics-serving", "fleet-autonomy"),
        ("training-foundation", "foundation-models"),
    ):
        yield _rule(40, "namespace", "", namespace, name)
    projects = {(f"proj-{use.account}", use.team) for use in DIRECT_USES}
    projects |= {(f"proj-{r.team}", r.team) for r in ROUTES if "/" in r.target}
    for project, name in sorted(projects):
        yield _rule(50, "sub_account_id", "", project, name)
    for account, name in (
        ("search-prod", "search"),
        ("data-platform", "data-platform"),
        ("shared-services", "ml-platform"),
    ):
        yield _rule(60, "sub_account_id", "", AWS_ACCOUNTS[account], name)


def _workload_rules() -> Iterable[Row]:
    for experiment in EXPERIMENTS:
        yield {
            "priority": 10,
            "match_field": "pod_label",
            "match_key": "label_app_kubernetes_io_name",
            "match_value": experiment.name,
            "purpose": experiment.purpose,
            "model": experiment.model,
        }
    for namespace, purpose in (("notebooks", "development"), ("batch", "batch_inference")):
        yield {
            "priority": 20,
            "match_field": "namespace",
            "match_key": "",
            "match_value": namespace,
            "purpose": purpose,
        }
    yield {
        "priority": 30,
        "match_field": "slurm_account",
        "match_key": "",
        "match_value": "*",
        "purpose": "training",
    }


def _numbered(rows: Iterable[Row]) -> Iterable[Row]:
    for number, row in enumerate(rows, start=1):
        yield {"rule_id": f"R{number:03d}", **row}


def _self_hosted() -> Iterable[Row]:
    """Token weights as measured at commissioning: tens of microseconds of a replica per token."""
    for deployment in DEPLOYMENTS:
        per_input = 1_000_000 / deployment.prefill_rate / WEIGHT_UNIT_US
        yield {
            "deployment": deployment.name,
            "model": deployment.model,
            "gen_ai_provider_name": "hosted_vllm",
            "request_model": deployment.model,
            "hosting": "self_hosted",
            "team": deployment.team,
            "purpose": "online_inference",
            "input_token_weight": round(per_input),
            "cache_read_token_weight": max(1, round(per_input * CACHED_PREFILL)),
            "output_token_weight": round(deployment.decode_us / WEIGHT_UNIT_US),
            "request_weight": REQUEST_OVERHEAD_US // WEIGHT_UNIT_US,
        }


def _token_weights() -> Iterable[Row]:
    """Of the fleet's own load tests; deployments that declare weights do not use them."""
    yield {
        "model": "asr-large",
        "gpu_model": "NVIDIA L40S",
        "input_token_weight": 21,
        "cache_read_token_weight": 2,
        "output_token_weight": 1000,
        "request_weight": 3333,
        "weight_source": "load test 2026-06",
    }


def _bought() -> Iterable[Row]:
    for model in API_MODELS:
        yield {
            "deployment": model.deployment,
            "model": model.model,
            "gen_ai_provider_name": model.provider,
            "request_model": model.model,
            "hosting": "api",
            "purpose": "online_inference",
        }


def _model_meters() -> Iterable[Row]:
    names = {vendor.provider: vendor.name for vendor in VENDORS}
    for model in API_MODELS:
        for kind in TOKEN_TYPES:
            if getattr(model, kind):
                yield {
                    "service_provider_name": names[model.provider],
                    "sku_meter": f"{model.model}-{METER_WORDS[kind]}-tokens",
                    "gen_ai_provider_name": model.provider,
                    "model": model.model,
                    "token_type": kind,
                }


def _model_prices() -> Iterable[Row]:
    for model in API_MODELS:
        for kind in TOKEN_TYPES:
            price = getattr(model, kind)
            tiers = {"standard": Decimal(price), "batch": Decimal(price) / 2} if price else {}
            for tier, amount in tiers.items():
                yield {
                    "gen_ai_provider_name": model.provider,
                    "model": model.model,
                    "token_type": kind,
                    "service_tier": tier,
                    "price_per_token": f"{amount}e-{MILLION_DIGITS}",
                    "currency": "USD",
                    "price_source": model.price_source,
                    "valid_from": PRICES_SINCE,
                }
