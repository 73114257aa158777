"""The tables that the company edits: owners, rules, deployments, prices, policies, rates."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self

from apportion.sample import bedrock, finance_tables, lever_tables, loaded_tables
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
    METER_WORDS,
    REQUEST_OVERHEAD_US,
    ROUTES,
    TOKEN_TYPES,
    ApiModel,
    deployed,
)
from apportion.sample.native_vendors import meter_of
from apportion.sample.options import SampleOptions
from apportion.sample.scenarios import SCENARIOS, Scenario
from apportion.sample.vendors import DIRECT_USES, VENDORS
from ingest.schemas import REFERENCE

Row = Mapping[str, object]
WEIGHT_UNIT_US = 10
PRICES_SINCE = date(2026, 1, 1)
MILLION_DIGITS = 6


def write_reference(folder: Path, calendar: Calendar, options: SampleOptions) -> None:
    """Write every reference table as `<table>.csv`."""
    folder.mkdir(parents=True)
    bought = [_Bought.of(model, options) for model in API_MODELS]
    tables: dict[str, Iterable[Row]] = {
        "teams": _teams(),
        "team_aliases": _team_aliases(),
        "tag_aliases": _tag_aliases(),
        "owner_rules": _numbered(_owner_rules()),
        "workload_rules": _numbered(_workload_rules()),
        "deployments": [*_self_hosted(SCENARIOS[options.scenario]), *_apis(bought)],
        "token_weights": _token_weights(),
        "model_meters": _model_meters(bought),
        "model_prices": _model_prices(bought),
        "shared_cost_policies": finance_tables.policies(),
        "commitment_scopes": finance_tables.commitment_scopes(),
        "exchange_rates": finance_tables.exchange_rates(calendar),
        "budgets": finance_tables.budgets(),
        "energy_factors": finance_tables.energy_factors(),
        "model_evaluations": lever_tables.model_evaluations(),
        "serving_benchmarks": lever_tables.serving_benchmarks(),
        "hardware_offers": lever_tables.hardware_offers(),
        "gpu_offers": lever_tables.gpu_offers(),
        "semantic_cache_trials": lever_tables.semantic_cache_trials(),
        "context_trials": lever_tables.context_trials(),
        "device_trials": lever_tables.device_trials(),
        "provisioned_units": lever_tables.provisioned_units(),
        "commitment_offers": lever_tables.commitment_offers(),
        "energy_hours": loaded_tables.energy_hours(calendar),
        "job_slack": loaded_tables.job_slack(),
        "facility_energy": loaded_tables.facility_energy(calendar),
        "cooling_offers": loaded_tables.cooling_offers(),
        "owned_hardware": loaded_tables.owned_hardware(),
        "loaded_rates": loaded_tables.loaded_rates(),
        "tooling_services": loaded_tables.tooling_services(),
        "value_rates": loaded_tables.value_rates(),
        "lever_assumptions": lever_tables.assumptions(SCENARIOS[options.scenario]),
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


def _self_hosted(scenario: Scenario) -> Iterable[Row]:
    """Token weights as measured at commissioning: tens of microseconds of a replica per token."""
    for deployment in deployed(has_duplicates=scenario.has_duplicates):
        per_input = 1_000_000 / deployment.prefill_rate / WEIGHT_UNIT_US
        yield {
            "deployment": deployment.name,
            "model": deployment.model,
            "gen_ai_provider_name": "hosted_vllm",
            "request_model": deployment.name,
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


@dataclass(frozen=True, slots=True)
class _Bought:
    """A model that is bought: from whom, under which name, and what its meters are called."""

    model: ApiModel
    bills: str
    provider: str
    request_model: str
    meters: Mapping[str, str]

    @classmethod
    def of(cls, model: ApiModel, options: SampleOptions) -> Self:
        """How the company that the options describe buys a model."""
        kinds = [kind for kind in TOKEN_TYPES if getattr(model, kind)]
        if model.deployment == bedrock.TARGET and "bedrock_invocations" in options.call_logs:
            meters = {kind: bedrock.METER.format(bedrock.METER_WORDS[kind]) for kind in kinds}
            return cls(model, "AWS", bedrock.PROVIDER, bedrock.MODEL_ID, meters)
        bills = next(vendor.name for vendor in VENDORS if vendor.provider == model.provider)
        natively = model.provider in options.native_bills
        meters = {
            kind: meter_of(model.provider, model.model, kind)
            if natively
            else f"{model.model}-{METER_WORDS[kind]}-tokens"
            for kind in kinds
        }
        return cls(model, bills, model.provider, model.model, meters)


def _apis(bought: Iterable[_Bought]) -> Iterable[Row]:
    for one in bought:
        yield {
            "deployment": one.model.deployment,
            "model": one.model.model,
            "gen_ai_provider_name": one.provider,
            "request_model": one.request_model,
            "hosting": "api",
            "purpose": "online_inference",
        }


def _model_meters(bought: Iterable[_Bought]) -> Iterable[Row]:
    for one in bought:
        for kind, meter in one.meters.items():
            yield {
                "service_provider_name": one.bills,
                "sku_meter": meter,
                "gen_ai_provider_name": one.provider,
                "model": one.model.model,
                "token_type": kind,
            }


def _model_prices(bought: Iterable[_Bought]) -> Iterable[Row]:
    for one in bought:
        for kind in one.meters:
            price = Decimal(getattr(one.model, kind))
            for tier, amount in {"standard": price, "batch": price / 2}.items():
                yield {
                    "gen_ai_provider_name": one.provider,
                    "model": one.model.model,
                    "token_type": kind,
                    "service_tier": tier,
                    "price_per_token": f"{amount}e-{MILLION_DIGITS}",
                    "currency": "USD",
                    "price_source": one.model.price_source,
                    "valid_from": PRICES_SINCE,
                }
