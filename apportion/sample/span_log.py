"""A part of the gateway's calls as spans, as an OpenTelemetry collector would write them.

Each call is written twice, as it is where a framework around the vendor's library logs too: an
outer span of the application, and the gateway's own within it.
"""

import polars as pl

from apportion.sample import money
from apportion.sample.gateway_log import GatewayLog

PREFIX = "%Y-%m-%d/"
OPERATIONS = {"acompletion": "chat", "aembedding": "embeddings"}
COUNTS = {
    "gen_ai.usage.input_tokens": "input",
    "gen_ai.usage.cache_read.input_tokens": "cache_read",
    "gen_ai.usage.cache_creation.input_tokens": "cache_creation",
    "gen_ai.usage.output_tokens": "output",
    "gen_ai.usage.reasoning.output_tokens": "reasoning",
}


class SpanLog(GatewayLog):
    """Writes calls as the collector would."""

    template = "span.json.template"

    def _named(self, requests: pl.DataFrame) -> pl.DataFrame:
        keys = requests["key"].to_numpy()
        return (
            super()
            ._named(requests)
            .with_columns(
                outer=self._noise.hexadecimal("span-outer", keys),
                inner=self._noise.hexadecimal("span-inner", keys),
                started_ns=pl.col("start_us") * 1_000,
                ended_ns=pl.col("end_us") * 1_000,
                said=_said(),
                who=_who(),
                span_status=pl.when("is_failed")
                .then(pl.lit('{"code":2,"message":"upstream 500"}'))
                .otherwise(pl.lit("{}")),
            )
        )


def _said() -> pl.Expr:
    """What both spans say of a call."""
    wait = (pl.col("first_us") - pl.col("start_us")) / 1_000_000
    first = _attribute("gen_ai.response.time_to_first_chunk", "doubleValue", wait.cast(pl.String))
    texts = {
        "gen_ai.operation.name": pl.col("call_type").replace(OPERATIONS),
        "gen_ai.provider.name": pl.col("provider"),
        "gen_ai.request.model": pl.col("model_group"),
        "gen_ai.response.model": pl.col("model"),
        "gen_ai.conversation.id": pl.col("session"),
    }
    parts = [
        *(_attribute(name, "stringValue", _quoted(text)) for name, text in texts.items()),
        *(_attribute(name, "intValue", _quoted(pl.col(count))) for name, count in COUNTS.items()),
        _attribute("gen_ai.usage.cost", "doubleValue", money.text("cost")),
        _attribute("gen_ai.request.stream", "boolValue", pl.lit("true")),
    ]
    is_streamed = pl.col("first_us") != pl.col("end_us")
    return pl.concat_str(
        pl.concat_str(parts, separator=","),
        pl.when(is_streamed).then(pl.lit(",") + first).otherwise(pl.lit("")),
    )


def _who() -> pl.Expr:
    """What the gateway knows of the caller; nothing of one without a key or a team."""
    alias = _attribute("metadata.user_api_key_alias", "stringValue", pl.col("key_alias"))
    team = _attribute("metadata.user_api_key_team_alias", "stringValue", pl.col("team_alias"))
    return pl.concat_str(
        pl.when("is_keyless").then(pl.lit("")).otherwise(pl.lit(",") + alias),
        pl.when("is_nameless").then(pl.lit("")).otherwise(pl.lit(",") + team),
    )


def _attribute(name: str, kind: str, value: pl.Expr) -> pl.Expr:
    return pl.concat_str(
        pl.lit(f'{{"key":"{name}","value":{{"{kind}":'), value.cast(pl.String), pl.lit("}}")
    )


def _quoted(value: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit('"'), value.cast(pl.String), pl.lit('"'))
