"""A day of typed lake rows of any size, made by SQL: what the attribution benchmarks read."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.lake import ROW_GROUP, SORT_KEYS, ranges
from ingest.schemas import TABLES
from warehouse.mount import sql_type

DAY = "2026-10-01"
SELF_HOSTED, API, TEAMS, NODES, GPUS_PER_NODE = 30, 10, 20, 50, 8
SAMPLE_SECONDS = 300
STRIDE = 7_368_787
"""A prime: its multiples, modulo the number of requests, are every instant once, in no order."""


@dataclass(frozen=True, slots=True)
class World:
    """Parquet files of one usage day, by lake table."""

    files: dict[str, list[Path]]
    requests: int


def create(directory: Path, requests: int, threads: int) -> World:
    """Write one usage day with the given number of requests.

    Thirty self-hosted deployments run in replicas of four GPUs on fifty nodes of eight, with a
    sample every five minutes; ten models are called through a vendor's API; twenty teams call all
    of them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    connection.execute("set memory_limit = '3GB'")
    connection.execute(f"set temp_directory = '{directory}/spill'")
    pieces = ranges(requests, "inference_requests")
    queries = {
        "inference_requests": [
            _requests(first, min(end, requests), requests) for first, end in pieces
        ],
        "prometheus_samples": [_samples()],
        "focus_charges": [_charges()],
        "teams": [_teams()],
        "owner_rules": [_owner_rules()],
        "deployments": [_deployments()],
        "model_meters": [_model_meters()],
    }
    files: dict[str, list[Path]] = {}
    for table, parts in queries.items():
        files[table] = [directory / f"{table}-{number}.parquet" for number in range(len(parts))]
        for query, file in zip(parts, files[table], strict=True):
            connection.execute(
                f"copy (select {_columns(table)} from ({query}) {_order(table)}) to '{file}' "
                f"(compression zstd, row_group_size {ROW_GROUP[table]})"
            )
    connection.close()
    return World(files, requests)


def _columns(table: str) -> str:
    """Every column of the lake table, in order; those that the query leaves out are empty."""
    return ", ".join(f'"{name}"' for name in TABLES[table])


def _order(table: str) -> str:
    """The lake's own order of rows; requests are made in it, since sorting them takes long."""
    is_sorted = table == "inference_requests" or table not in SORT_KEYS
    return "" if is_sorted else f"order by {', '.join(SORT_KEYS[table])}"


def _complete(table: str, given: dict[str, str]) -> str:
    """Select expressions for all columns of a table: the given ones, the rest typed nulls."""
    lines = []
    for name, kind in TABLES[table].items():
        expression = given.get(name, "null")
        lines.append(f'cast({expression} as {sql_type(kind)}) as "{name}"')
    return ",\n    ".join(lines)


def _requests(first: int, end: int, count: int) -> str:
    """Some of so many requests, in the order of their ids."""
    instant = f"timestamp '{DAY}' + to_microseconds(i * 86400000000 // {count})"
    given = {
        "source_name": "'gateway'",
        "request_id": f"'chatcmpl-' || format('{{:016x}}', n * {2**63 // count}) "
        "|| left(md5(cast(n as varchar)), 16)",
        "started_at": instant,
        "completed_at": f"{instant} + to_milliseconds(cast(200 + h % 4000 as bigint))",
        "gen_ai_operation_name": "'chat'",
        "gen_ai_provider_name": f"case when d < {SELF_HOSTED} then 'hosted_vllm' else 'vendor' end",
        "gen_ai_request_model": "'model-' || d",
        "gen_ai_response_model": "'model-' || d",
        "deployment_id": f"case when d < {SELF_HOSTED} then 'deployment-' || d end",
        "api_key_alias": "'key-' || (h % 100)",
        "gateway_team": f"'team-' || (h % {TEAMS})",
        "status": "'success'",
        "is_gateway_cache_hit": "false",
        "is_streamed": "true",
        "input_tokens": "50 + h // 128 % 4000",
        "cache_read_input_tokens": "h // 64 % 2 * 40",
        "cache_creation_input_tokens": "0",
        "output_tokens": "5 + h // 1024 % 800",
        "reasoning_output_tokens": "0",
    }
    return f"""
        select {_complete("inference_requests", given)}
        from (
            select
                n, n * {STRIDE} % {count} as i,
                hash(n) // 4096 as h, cast(hash(n) % {SELF_HOSTED + API} as integer) as d
            from range({first}, {end}) as requests (n)
        )
    """


def _samples() -> str:
    labels = """json_object(
        'Hostname', 'node-' || node, 'UUID', 'GPU-' || node || '-' || gpu, 'gpu', gpu,
        'modelName', 'NVIDIA H100 80GB HBM3', 'namespace', 'serving',
        'pod', 'deployment-' || ((node * 2 + gpu // 4) % 30) || '-0'
    )"""
    given = {
        "source_name": "'prometheus'",
        "metric": "'DCGM_FI_PROF_GR_ENGINE_ACTIVE'",
        "labels": labels,
        "sample_at": f"timestamp '{DAY}' + to_seconds(step * {SAMPLE_SECONDS})",
        "value": "case when hash(node, gpu, step) % 10 < 7 then 0.6 else 0.0 end",
    }
    pod_labels = {
        "source_name": "'prometheus'",
        "metric": "'kube_pod_labels'",
        "labels": """json_object(
            'namespace', 'serving', 'pod', 'deployment-' || d || '-0',
            'label_app_kubernetes_io_name', 'deployment-' || d
        )""",
        "sample_at": f"timestamp '{DAY}'",
        "value": "1",
    }
    return f"""
        select {_complete("prometheus_samples", given)}
        from range({NODES}) as nodes (node), range({GPUS_PER_NODE}) as gpus (gpu),
            range(86400 // {SAMPLE_SECONDS}) as steps (step)
        union all
        select {_complete("prometheus_samples", pod_labels)}
        from range({SELF_HOSTED}) as deployments (d)
    """


def _charges() -> str:
    shared = {
        "source_name": "'cloud'",
        "billing_account_id": "'account'",
        "billing_currency": "'USD'",
        "billing_period_start": "timestamp '2026-10-01'",
        "billing_period_end": "timestamp '2026-11-01'",
        "charge_category": "'Usage'",
    }
    node = shared | {
        "charge_key": "'node-' || node || '-' || hour",
        "service_provider_name": "'Cloud'",
        "charge_period_start": f"timestamp '{DAY}' + to_hours(hour)",
        "charge_period_end": f"timestamp '{DAY}' + to_hours(hour + 1)",
        "resource_id": "'node-' || node",
        "billed_cost": "55.041234567890123456",
        "effective_cost": "41.280925925917592592",
        "service_name": "'Compute'",
    }
    meter = shared | {
        "charge_key": "'meter-' || d || '-' || token_type",
        "service_provider_name": "'Vendor'",
        "charge_period_start": f"timestamp '{DAY}'",
        "charge_period_end": f"timestamp '{DAY}' + interval 1 day",
        "sku_meter": "'model-' || d || '-' || token_type",
        "consumed_unit": "'Tokens'",
        "billed_cost": "1234.567890123456789012",
        "effective_cost": "1234.567890123456789012",
        "service_name": "'API'",
    }
    return f"""
        select {_complete("focus_charges", node)}
        from range({NODES}) as nodes (node), range(24) as hours (hour)
        union all
        select {_complete("focus_charges", meter)}
        from range({SELF_HOSTED}, {SELF_HOSTED + API}) as models (d),
            (values ('input'), ('cache_read'), ('output')) as types (token_type)
    """


def _reference(table: str, given: dict[str, str], source: str) -> str:
    columns = _complete(table, given | {"valid_from": "date '1970-01-01'"})
    return f"select {columns} from {source}"


def _teams() -> str:
    given = {
        "team": "'team-' || t",
        "cost_center": "'cc-' || t",
        "business_unit": "'unit-' || t % 5",
        "owner": "'owner'",
    }
    return _reference("teams", given, f"range({TEAMS}) as teams (t)")


def _owner_rules() -> str:
    given = {
        "rule_id": "'gateway'",
        "priority": "1",
        "match_field": "'gateway_team'",
        "match_value": "'*'",
        "team": "'$value'",
    }
    return _reference("owner_rules", given, "(select 1)")


def _deployments() -> str:
    given = {
        "deployment": (
            f"case when d < {SELF_HOSTED} then 'deployment-' || d else 'vendor/model-' || d end"
        ),
        "model": "'model-' || d",
        "gen_ai_provider_name": f"case when d < {SELF_HOSTED} then 'hosted_vllm' else 'vendor' end",
        "hosting": f"case when d < {SELF_HOSTED} then 'self_hosted' else 'api' end",
        "team": "'team-0'",
        "purpose": "'online_inference'",
        "input_token_weight": "10",
        "cache_read_token_weight": "1",
        "output_token_weight": "47",
        "request_weight": "300",
    }
    return _reference("deployments", given, f"range({SELF_HOSTED + API}) as models (d)")


def _model_meters() -> str:
    given = {
        "service_provider_name": "'Vendor'",
        "sku_meter": "'model-' || d || '-' || token_type",
        "gen_ai_provider_name": "'vendor'",
        "model": "'model-' || d",
        "token_type": "token_type",
    }
    source = (
        f"range({SELF_HOSTED}, {SELF_HOSTED + API}) as models (d), "
        "(values ('input'), ('cache_read'), ('output')) as types (token_type)"
    )
    return _reference("model_meters", given, source)
