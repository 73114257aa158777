"""The gateway's log: LiteLLM standard logging payloads, one JSON object per line, in hourly batches."""

import gzip
import hashlib
import json
from pathlib import Path

import polars as pl

from apportion.sample import money
from apportion.sample.calendar import HOUR_US, Calendar
from apportion.sample.company import TEAM
from apportion.sample.models import API_MODEL, DEPLOYMENT, ROUTES, Route
from apportion.sample.noise import Ints, Noise
from apportion.sample.vendors import PRICE_TICKS

PROMPT_CANARY = "kestrel-prompt-canary-5d1e90"
"""Stands in every prompt and answer of the log; it must never be found in a warehouse."""

COMPRESSION = 5
VENDOR_VERSION = {"claude-sonnet-4-5": "-20250929", "claude-haiku-4-5": "-20251001"}


class GatewayLog:
    """Writes requests as the gateway would."""

    def __init__(self, folder: Path, noise: Noise, calendar: Calendar) -> None:
        self._folder = folder
        self._noise = noise
        self._calendar = calendar
        self._routes = pl.DataFrame([_route_columns(i, r) for i, r in enumerate(ROUTES)])
        self.object_count = 0

    def write(self, requests: pl.DataFrame, part: int) -> None:
        """Write one batch per hour in which requests started."""
        lines = self._lines(requests)
        hours = requests.select(pl.col("start_us") // HOUR_US).to_series()
        frame = pl.DataFrame({"hour": hours, "line": lines})
        for (hour,), batch in frame.group_by("hour", maintain_order=True):
            self._write_batch(int(hour), part, batch["line"])  # type: ignore[call-overload]

    def _write_batch(self, hour: int, part: int, lines: pl.Series) -> None:
        started = self._calendar.instant((hour * HOUR_US - self._calendar.origin_us) // 60_000_000)
        folder = self._folder / f"{started:%Y-%m-%d}" / f"{started:%H}"
        folder.mkdir(parents=True, exist_ok=True)
        content = ("\n".join(lines.to_list()) + "\n").encode()
        batch = hashlib.blake2b(f"{hour}/{part}".encode(), digest_size=6).hexdigest()
        path = folder / f"{started:%H}-59-{part:02d}_batch-{batch}.jsonl.gz"
        path.write_bytes(gzip.compress(content, COMPRESSION, mtime=0))
        self.object_count += 1

    def _lines(self, requests: pl.DataFrame) -> pl.Series:
        keys = requests["key"].to_numpy()
        attempts = keys % (1 << 62)
        routed = requests.join(self._routes, on="route", how="left", maintain_order="left")
        frame = routed.with_columns(
            request_ids(self._noise, keys),
            trace=self._noise.hexadecimal("trace", attempts),
            session=self._noise.hexadecimal("session", attempts // 3),
            cost=_cost_ticks(requests),
        )
        return frame.select(pl.concat_str(_payload())).to_series()


def request_ids(noise: Noise, keys: Ints) -> pl.Series:
    """The ids that the gateway gives requests."""
    digits = pl.DataFrame(
        {"a": noise.hexadecimal("id", keys), "b": noise.hexadecimal("id-2", keys)}
    )
    a, b = pl.col("a").str, pl.col("b").str
    uuid = pl.concat_str(
        a.slice(0, 8), a.slice(8, 4), pl.lit("4") + a.slice(13, 3), pl.lit("a") + b.slice(1, 3),
        b.slice(4, 12), separator="-",
    )  # fmt: skip
    return digits.select(request_id="chatcmpl-" + uuid).to_series()


def _cost_ticks(requests: pl.DataFrame) -> pl.Series:
    """What the gateway reckons a call cost at list price; nothing for self-hosted models."""
    prices = pl.DataFrame(
        [
            {"route": i, **{f"{kind}_price": p for kind, p in PRICE_TICKS[r.target].items()}}
            for i, r in enumerate(ROUTES)
            if r.target in API_MODEL
        ]
    )
    fresh = pl.col("input") - pl.col("cache_read") - pl.col("cache_creation")
    cost = (
        fresh * pl.col("input_price")
        + pl.col("cache_read") * pl.col("cache_read_price")
        + pl.col("cache_creation") * pl.col("cache_creation_price")
        + pl.col("output") * pl.col("output_price")
    )
    priced = requests.join(prices, on="route", how="left", maintain_order="left")
    return priced.select(
        pl.when(pl.col("is_hit")).then(0).otherwise(cost.fill_null(0)).alias("cost")
    ).to_series()


def _route_columns(index: int, route: Route) -> dict[str, object]:
    """What every call of a route has in common."""
    team = TEAM[route.team]
    served = DEPLOYMENT.get(route.target)
    provider, _, model = route.target.rpartition("/")
    key_hash = hashlib.sha256(route.key_alias.encode()).hexdigest()
    pinned = model + VENDOR_VERSION.get(model, "")
    return {
        "route": index,
        "team_id": json.dumps(route.gateway_team or route.team),
        "team_alias": json.dumps(team.display),
        "key_hash": key_hash,
        "key_alias": json.dumps(route.key_alias),
        "provider": provider or "hosted_vllm",
        "model": f"{model}" if served else pinned,
        "model_group": model,
        "model_id": served.name if served else hashlib.sha256(model.encode()).hexdigest(),
        "call_type": route.api,
        "api_base": f"http://{served.name}.{served.namespace}.svc:8000/v1"
        if served
        else f"https://api.{provider}.com",
        "tags": json.dumps([f"cost_center:{team.cost_center}"] if index % 2 else []),
    }


def _optional(missing: str, column: str) -> pl.Expr:
    return pl.when(missing).then(pl.lit("null")).otherwise(pl.col(column))


def _seconds(column: str) -> pl.Expr:
    whole = (pl.col(column) // 1_000_000).cast(pl.String)
    return whole + "." + (pl.col(column) % 1_000_000).cast(pl.String).str.zfill(6)


def _payload() -> list[pl.Expr]:
    """The pieces of a payload, in order; what the warehouse never reads is kept short."""
    text, number = pl.lit, lambda column: pl.col(column).cast(pl.String)
    total = (pl.col("input") + pl.col("output")).cast(pl.String)
    duration_us = (pl.col("end_us") - pl.col("start_us")).alias("duration_us")
    status = pl.when("is_failed").then(text("failure")).otherwise(text("success"))
    hit = pl.when("is_hit").then(text('"True"')).otherwise(text("null"))
    usage = [
        text('{"prompt_tokens":'), number("input"),
        text(',"completion_tokens":'), number("output"),
        text(',"total_tokens":'), total,
        text(',"prompt_tokens_details":{"cached_tokens":'), number("cache_read"),
        text('},"cache_read_input_tokens":'), number("cache_read"),
        text(',"cache_creation_input_tokens":'), number("cache_creation"),
        text(',"completion_tokens_details":{"reasoning_tokens":'), number("reasoning"),
        text("}}"),
    ]  # fmt: skip
    return [
        text('{"id":"'), pl.col("request_id"),
        text('","litellm_call_id":"'), pl.col("request_id").str.slice(9),
        text('","trace_id":"'), pl.col("trace"),
        text('","session_id":"'), pl.col("session"),
        text('","call_type":"'), pl.col("call_type"),
        text('","cache_hit":'), hit,
        text(',"stream":true,"status":"'), status,
        text('","custom_llm_provider":"'), pl.col("provider"),
        text('","startTime":'), _seconds("start_us"),
        text(',"endTime":'), _seconds("end_us"),
        text(',"completionStartTime":'), _seconds("first_us"),
        text(',"response_time":'), (duration_us / 1_000_000).round(6).cast(pl.String),
        text(',"model":"'), pl.col("model"),
        text('","model_group":"'), pl.col("model_group"),
        text('","model_id":"'), pl.col("model_id"),
        text('","api_base":"'), pl.col("api_base"),
        text('","metadata":{"user_api_key_hash":"'), pl.col("key_hash"),
        text('","user_api_key_alias":'), _optional("is_keyless", "key_alias"),
        text(',"user_api_key_team_id":'), _optional("is_nameless", "team_id"),
        text(',"user_api_key_team_alias":'), _optional("is_nameless", "team_alias"),
        text(',"user_api_key_user_id":"u-'), number("user"),
        text('","user_api_key_end_user_id":"customer-'), (pl.col("user") * 7 + pl.col("route")).cast(pl.String),
        text('","user_api_key_org_id":"kestrel","spend_logs_metadata":null,"usage_object":'), *usage,
        text('},"response_cost":'), money.text("cost"),
        text(',"cost_breakdown":null,"total_tokens":'), total,
        text(',"prompt_tokens":'), number("input"),
        text(',"completion_tokens":'), number("output"),
        text(',"request_tags":'), pl.col("tags"),
        text(',"end_user":"customer-'), (pl.col("user") * 7 + pl.col("route")).cast(pl.String),
        text(f'","messages":[{{"role":"user","content":"{PROMPT_CANARY}: please help me with case '), number("user"),
        text(f'"}}],"response":{{"choices":[{{"message":{{"role":"assistant","content":"{PROMPT_CANARY}: answer"}}}}],"usage":'), *usage,
        text('},"hidden_params":{"batch_models":null},"error_str":'),
        pl.when("is_failed").then(text('"litellm.InternalServerError: upstream 500"')).otherwise(text("null")),
        text(',"model_map_information":null}'),
    ]  # fmt: skip
