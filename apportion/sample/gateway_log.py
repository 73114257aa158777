"""The gateway's log: LiteLLM standard logging payloads as JSON lines, in hourly batches."""

import gzip
import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import polars as pl

from apportion.sample import money
from apportion.sample.calendar import HOUR_US, MINUTE_US, Calendar
from apportion.sample.company import TEAM
from apportion.sample.models import API_MODEL, DEPLOYMENT, ROUTES, Route
from apportion.sample.noise import Ints, Noise
from apportion.sample.vendors import PRICE_TICKS

PROMPT_CANARY = "kestrel-prompt-canary-5d1e90"
"""Stands in every prompt and answer of the log; it must never be found in a warehouse."""

COMPRESSION = 3
PINNED = {"claude-sonnet-4-5": "-20250929", "claude-haiku-4-5": "-20251001"}
ATTEMPT_KEYS = 1 << 62
CALLS_PER_SESSION = 3
INSTRUCTIONS = (0, 300, 700, 1200)
"""Characters with which all prompts of a route begin, route by route in turn."""


class GatewayLog:
    """Writes requests as the gateway would.

    A kind of log has a template of its lines, the key of a batch (with the hour as `strftime`
    writes it) and lines that stand above those of a batch.
    """

    template = "gateway_payload.json.template"
    key = "%Y-%m-%d/%H/%H-59-{part:02d}_batch-{batch}.jsonl.gz"
    header: tuple[str, ...] = ()

    def __init__(self, folder: Path, noise: Noise, calendar: Calendar) -> None:
        folder.mkdir(parents=True)  # a log of a small company may hold no call at all
        self._folder = folder
        self._noise = noise
        self._calendar = calendar
        self._routes = pl.DataFrame([_route_columns(i, r) for i, r in enumerate(ROUTES)])
        self._payload = _payload(self.template)

    def write(self, requests: pl.DataFrame, part: int) -> None:
        """Write one batch for each hour in which requests started."""
        frame = requests.select(hour=pl.col("start_us") // HOUR_US, line=self._lines(requests))
        for batch in frame.partition_by("hour", maintain_order=True):
            self._write_batch(batch["hour"][0], part, batch["line"])

    def finish(self) -> None:
        """Write what a log says of itself once all of it is there; most say nothing."""

    def _write_batch(self, hour: int, part: int, lines: pl.Series) -> Path:
        minute = (hour * HOUR_US - self._calendar.origin_us) // MINUTE_US
        batch = hashlib.blake2b(f"{hour}/{part}".encode(), digest_size=6).hexdigest()
        named = self._calendar.instant(minute).strftime(self.key)
        path = self._folder / named.format(part=part, batch=batch)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = ("\n".join([*self.header, *lines]) + "\n").encode()
        is_packed = path.suffix == ".gz"
        path.write_bytes(gzip.compress(content, COMPRESSION, mtime=0) if is_packed else content)
        return path

    def _lines(self, requests: pl.DataFrame) -> pl.Series:
        named = self._named(requests)
        return named.with_columns(**_texts()).select(line=pl.concat_str(self._payload)).to_series()

    def _named(self, requests: pl.DataFrame) -> pl.DataFrame:
        """The requests with what their routes and ids say of them."""
        keys = requests["key"].to_numpy()
        attempts = keys % ATTEMPT_KEYS
        routed = requests.join(self._routes, on="route", how="left", maintain_order="left")
        return routed.with_columns(
            request_ids(self._noise, keys),
            trace=self._noise.hexadecimal("trace", attempts),
            session=self._noise.hexadecimal("session", attempts // CALLS_PER_SESSION),
            cost=_cost_ticks(requests),
            customer=pl.col("user") * 7 + pl.col("route"),
        )


def request_ids(noise: Noise, keys: Ints) -> pl.Series:
    """The ids that the gateway gives requests."""
    halves = {"a": noise.hexadecimal("id", keys), "b": noise.hexadecimal("id-2", keys)}
    a, b = pl.col("a").str, pl.col("b").str
    groups = (
        a.slice(0, 8),
        a.slice(8, 4),
        pl.lit("4") + a.slice(13, 3),
        pl.lit("a") + b.slice(1, 3),
        b.slice(4, 12),
    )
    uuid = pl.concat_str(groups, separator="-")
    return pl.DataFrame(halves).select(request_id="chatcmpl-" + uuid).to_series()


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
    is_free = pl.col("is_hit") | pl.col("input_price").is_null()
    return priced.select(cost=pl.when(is_free).then(0).otherwise(cost)).to_series()


def _route_columns(index: int, route: Route) -> dict[str, object]:
    """What all calls of a route have in common."""
    team = TEAM[route.team]
    served = DEPLOYMENT.get(route.target)
    provider, _, model = route.target.rpartition("/")
    inside = f"http://{served.name}.{served.namespace}.svc:8000/v1" if served else ""
    return {
        "route": index,
        "team_id": json.dumps(route.gateway_team or route.team),
        "team_alias": json.dumps(team.display),
        "key_hash": hashlib.sha256(route.key_alias.encode()).hexdigest(),
        "key_alias": json.dumps(route.key_alias),
        "provider": provider or "hosted_vllm",
        "model": model + PINNED.get(model, ""),
        "model_group": model,
        "model_id": served.name if served else hashlib.sha256(model.encode()).hexdigest(),
        "call_type": route.api,
        "api_base": inside or f"https://api.{provider}.com",
        "instructions": f"You answer for {team.display}. " * (INSTRUCTIONS[index % 4] // 30),
        "tags": json.dumps([f"cost_center:{team.cost_center}"] if index % 2 else []),
    }


def _texts() -> dict[str, pl.Expr]:
    """The placeholders of the payload that are not columns as they are."""
    duration = (pl.col("end_us") - pl.col("start_us")) / 1_000_000
    return {
        "call_id": pl.col("request_id").str.slice(len("chatcmpl-")),
        "status": _either("is_failed", "failure", "success"),
        "cache_hit": _either("is_hit", '"True"', "null"),
        "error": _either("is_failed", '"litellm.InternalServerError: upstream 500"', "null"),
        "key_alias": pl.when("is_keyless").then(pl.lit("null")).otherwise("key_alias"),
        "team_id": pl.when("is_nameless").then(pl.lit("null")).otherwise("team_id"),
        "team_alias": pl.when("is_nameless").then(pl.lit("null")).otherwise("team_alias"),
        "started": seconds(pl.col("start_us")),
        "ended": seconds(pl.col("end_us")),
        "first": seconds(pl.col("first_us")),
        "duration": duration.round(6),
        "total": pl.col("input") + pl.col("output"),
        "canary": pl.lit(PROMPT_CANARY),
        "cost": money.text("cost"),
        "usage": _usage(),
    }


def _either(condition: str, yes: str, no: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(yes)).otherwise(pl.lit(no))


def seconds(micros: pl.Expr) -> pl.Expr:
    """Microseconds as the text of seconds with six decimals."""
    whole = (micros // 1_000_000).cast(pl.String)
    return whole + "." + (micros % 1_000_000).cast(pl.String).str.zfill(6)


def _usage() -> pl.Expr:
    """The vendor's usage object."""
    details = pl.struct(cached_tokens="cache_read")
    return pl.struct(
        prompt_tokens="input",
        completion_tokens="output",
        total_tokens=pl.col("input") + pl.col("output"),
        prompt_tokens_details=details,
        completion_tokens_details=pl.struct(reasoning_tokens="reasoning"),
        cache_read_input_tokens="cache_read",
        cache_creation_input_tokens="cache_creation",
    ).struct.json_encode()


def _payload(template: str) -> list[pl.Expr]:
    """The payload's template as literal text and columns, in turn."""
    file = resources.files(__package__).joinpath("data", template)
    pieces = re.split(r"<(\w+)>", file.read_text("utf-8").replace("\n", ""))
    return [pl.col(p).cast(pl.String) if i % 2 else pl.lit(p) for i, p in enumerate(pieces)]
