"""The attribution of one day once more, in plain Python over fractions, from docs/attribution.md.

It shares no code with the dbt project. Amounts are exact fractions; the pipeline cuts them to
quanta of 10^-18, so the two agree to a quantum per split (per token, where an integer rate is
used), and every charge adds up exactly in both. Residency is not here: `tests/test_residency.py`
holds it against what engines saw. Rows are those of the lake (`ingest.schemas`).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import median_low
from typing import Any, NamedTuple

Row = Mapping[str, Any]
World = Mapping[str, Sequence[Row]]
HOUR, MILLISECOND = timedelta(hours=1), timedelta(milliseconds=1)
CLASSES, NOBODY = {"Tax": "tax", "Credit": "credit", "Correction": "adjustment"}, "unallocated"


class Entry(NamedTuple):
    """Who pays for a part of a charge, and as what."""

    charge_key: str
    team: str
    deployment: str
    cost_class: str


Entries = dict[Entry, Fraction]
Time = dict[tuple[str, bool], Fraction]  # seconds by pod ("" for nobody) and whether it was busy
Node = Mapping[datetime, Time]
Pools = dict[tuple[str, datetime], dict[str, Fraction]]  # weight by team
Split = Iterator[tuple[str, str, str, Fraction]]  # team, deployment, cost class, part of the charge


def ledger(world: World, day: datetime) -> Entries:
    """The day's ledger: entries and their effective cost in the reporting currency (USD)."""
    held, requests = holders(world, day), pools(world)
    meters = {row["sku_meter"]: row for row in world["model_meters"]}
    entries: Entries = defaultdict(Fraction)
    for charge in world["focus_charges"]:
        amount = reporting(world, charge)
        cost_class = CLASSES.get(charge["charge_class"] or charge["charge_category"], "direct")
        node = held.get(charge["resource_id"]) if cost_class == "direct" else None
        if node:
            split = gpu_split(world, charge, node, requests, day)
        elif meter := meters.get(charge["sku_meter"]):
            split = api_split(world, charge, meter)
        else:
            split = iter([(owner(world, charge), "none", cost_class, Fraction(1))])
        for team, deployment, entry_class, part in split:
            entries[Entry(charge["charge_key"], team, deployment, entry_class)] += amount * part
    final: Entries = defaultdict(Fraction)
    for entry, amount in shared(world, entries).items():
        is_lost = entry.team == NOBODY and entry.cost_class == "direct"
        final[entry._replace(cost_class=NOBODY) if is_lost else entry] += amount
    return final


def reporting(world: World, charge: Row) -> Fraction:
    """Stage 1: the effective cost in the reporting currency, half to even at 10^-18."""
    rates = {row["currency"]: row["rate"] for row in world["exchange_rates"]} | {"USD": Decimal(1)}
    exact = charge["effective_cost"] * rates[charge["billing_currency"]]
    return Fraction(exact.quantize(Decimal(1).scaleb(-18), ROUND_HALF_EVEN))


def owner(world: World, subject: Row) -> str:
    """Stage 4: the team of the rule with the smallest priority that matches."""
    keyed = {
        "tag": json.loads(subject.get("tags") or "{}"),
        "column": json.loads(subject.get("x_columns") or "{}"),
    }
    for rule in sorted(world["owner_rules"], key=lambda row: row["priority"]):
        field = rule["match_field"]
        value = keyed[field].get(rule["match_key"]) if field in keyed else subject.get(field)
        if value is not None and rule["match_value"] in (value, "*"):
            return str(value if rule["team"] == "$value" else rule["team"])
    return NOBODY


def holders(world: World, day: datetime) -> dict[str, dict[datetime, Time]]:
    """Stages 2 and 3: GPU time by node, hour, pod and activity."""
    gpus: dict[Any, Any] = defaultdict(lambda: defaultdict(list))
    for sample in world["prometheus_samples"]:
        if sample["metric"] == "DCGM_FI_PROF_SM_ACTIVE":
            labels = json.loads(sample["labels"])
            seen = gpus[labels["Hostname"], labels["UUID"]][sample["sample_at"]]
            seen.append((labels.get("pod", ""), sample["value"]))
    found: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(Fraction)))
    for (node, _), instants in gpus.items():
        for hour, seconds, seen in spans(instants, day):
            pods = [pod for pod, _ in seen if pod] or [""]
            is_busy = max(value for _, value in seen) >= 0.05
            for pod in pods:
                found[node][hour][pod, is_busy and pod != ""] += seconds / len(pods)
    return dict(found)


def spans(instants: Mapping[datetime, Any], day: datetime) -> Iterator[tuple[Any, Fraction, Any]]:
    """Hour by hour, how long a sample stands: until the next, at most two and a half intervals.

    The first one stands from midnight, if that is not more than one and a half intervals before.
    """
    times = [*sorted(instants), day + 24 * HOUR]
    step = median_low([later - earlier for earlier, later in pairwise(times[:-1])])
    for at, following in pairwise(times):
        start = day if at == times[0] and 2 * (at - day) <= 3 * step else at
        end = min(following, at + step * 5 / 2)
        while start < end:
            hour = start.replace(minute=0, second=0, microsecond=0)
            stop = min(end, hour + HOUR)
            yield hour, Fraction((stop - start) // MILLISECOND, 1000), instants[at]
            start = stop


def place(world: World, pod: str) -> tuple[str, str]:
    """The namespace of a pod, and the deployment that its labels name ("none" if it is unknown)."""
    known = {row["deployment"] for row in world["deployments"]}
    described = (s for s in world["prometheus_samples"] if s["metric"] == "kube_pod_labels")
    labels = next(one for s in described if (one := json.loads(s["labels"]))["pod"] == pod)
    name = labels["label_app_kubernetes_io_name"]
    return labels["namespace"], name if name in known else "none"


def pools(world: World) -> Pools:
    """Stage 5: weighted tokens of each team by deployment and the hour in which requests came."""
    weights: Pools = defaultdict(lambda: defaultdict(Fraction))
    for request in world["inference_requests"]:
        if request["deployment_id"]:
            fresh = request["input_tokens"] - request["cache_read_input_tokens"]
            hour = request["started_at"].replace(minute=0, second=0, microsecond=0)
            pool = weights[request["deployment_id"], hour]
            pool[owner(world, request)] += fresh + 2 * request["output_tokens"]
    return {key: pool for key, pool in weights.items() if sum(pool.values())}


def gpu_split(world: World, charge: Row, node: Node, requests: Pools, day: datetime) -> Split:
    """Stages 2, 3 and 5: a node's charge of a whole day, hour by hour, to holders and callers."""
    for hour in (day + number * HOUR for number in range(24)):
        time = node.get(hour, {})
        total = sum(time.values(), Fraction())
        if not total:
            yield owner(world, charge), "none", "direct", Fraction(1, 24)
        for (pod, is_busy), seconds in time.items():
            part = seconds / total / 24
            if not pod:
                yield owner(world, charge), "none", "idle_unheld", part
                continue
            namespace, name = place(world, pod)
            pool = requests.get((name, hour), {})
            cost_class = "direct" if is_busy and (pool or name == "none") else "idle_held"
            if not pool:
                yield owner(world, {"namespace": namespace}), name, cost_class, part
            for team, weight in pool.items():
                yield team, name, cost_class, part * weight / sum(pool.values())


def api_split(world: World, charge: Row, meter: Row) -> Split:
    """Stage 6: a meter's charge over its logged tokens; what no log has, to the charge's owner."""
    name = f"{meter['gen_ai_provider_name']}/{meter['model']}"
    logged: dict[str, Fraction] = defaultdict(Fraction)
    for request in world["inference_requests"]:
        if request["gen_ai_request_model"] == meter["model"] and not request["deployment_id"]:
            logged[owner(world, request)] += request[f"{meter['token_type']}_tokens"]
    total = max(Fraction(charge["consumed_quantity"]), sum(logged.values(), Fraction()))
    for team, tokens in logged.items():
        yield team, name, "direct", tokens / total
    yield owner(world, charge), name, "direct", 1 - sum(logged.values(), Fraction()) / total


def shared(world: World, entries: Entries) -> Entries:
    """Stage 7, by step; who shares on is closed. Direct cost is measured before, in millionths."""
    charges = {row["charge_key"]: row for row in world["focus_charges"]}
    direct: dict[str, Fraction] = defaultdict(Fraction)
    for entry, amount in entries.items():
        if entry.cost_class in ("direct", "idle_held"):
            direct[entry.team] += amount
    closed = {NOBODY}
    for policy in sorted(world["shared_cost_policies"], key=lambda row: row["step"]):
        field, value = policy["match_field"], policy["match_value"]
        closed |= {value} if field == "team" else set()
        even = dict.fromkeys((row["team"] for row in world["teams"]), Fraction(1))
        weights = direct if policy["method"] == "proportional" else even
        payers = {team for team, weight in weights.items() if weight > 0} - closed
        basis = {team: weights[team] * 10**6 // 1 for team in payers}
        moved: Entries = defaultdict(Fraction)
        for entry, amount in entries.items():
            found = entry.team if field == "team" else charges[entry.charge_key][field]
            is_taken = found == value and (field != "service_name" or entry.team == NOBODY)
            kinds = ("direct", "idle_held") if field == "team" else ("direct",)
            shared_class = "shared" if entry.cost_class in kinds else entry.cost_class
            for team, weight in basis.items() if is_taken else ():
                part = amount * Fraction(weight, sum(basis.values()))
                moved[entry._replace(team=team, cost_class=shared_class)] += part
            if not is_taken:
                moved[entry] += amount
        entries = moved
    return entries
