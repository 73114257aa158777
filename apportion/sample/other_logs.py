"""Logs that tell of a part of the calls as other tools than the gateway write them.

The calls are the same, and so is what each log says of them, as far as it knows: an agent
framework's observations (Langfuse), a proxy's requests (Helicone), Bedrock's invocations, what an
engine saw itself (SGLang), and a service's own table of calls.
"""

from pathlib import Path

import polars as pl

from apportion.sample.bedrock import ACCOUNT, PROFILE
from apportion.sample.calendar import Calendar
from apportion.sample.fleet import AWS_REGION
from apportion.sample.gateway_log import GatewayLog, seconds
from apportion.sample.layouts import delivery_entry, write_manifest
from apportion.sample.noise import Noise

FULL = "%Y-%m-%d %H:%M:%S%.6f"
THOUSAND = 1_000
COLUMNS = (
    *("call", "received", "first_words", "answered", "served_by", "caller", "caller_key"),
    *("outcome", "tokens_in", "tokens_cached", "tokens_out"),
)
"""What the speech service calls the columns of its table."""


class LangfuseLog(GatewayLog):
    """Rows of Langfuse's blob-storage export: an observation a line."""

    template = "langfuse_observation.json.template"
    key = "%Y-%m-%d/observations-%H{part:02d}.jsonl.gz"

    def _named(self, requests: pl.DataFrame) -> pl.DataFrame:
        named = super()._named(requests)
        first = pl.concat_str(pl.lit('"'), _instant("first_us"), pl.lit('"'))
        return named.with_columns(
            _fresh(),
            span=self._noise.hexadecimal("observation", requests["key"].to_numpy()),
            level=_failed("ERROR", "DEFAULT"),
            start_at=_instant("start_us"),
            end_at=_instant("end_us"),
            first_at=pl.when(_is_streamed()).then(first).otherwise(pl.lit("null")),
            team=_known_team(),
        )


class HeliconeLog(GatewayLog):
    """Requests that Helicone exports, one a line."""

    template = "helicone_request.json.template"
    key = "requests-%Y-%m-%d-%H{part:02d}.jsonl.gz"

    def _named(self, requests: pl.DataFrame) -> pl.DataFrame:
        waited = pl.col("first_us") - pl.col("start_us")
        first = (waited // THOUSAND).cast(pl.String)
        return (
            super()
            ._named(requests)
            .with_columns(
                start_at=_instant("start_us").str.replace(" ", "T"),
                end_at=_instant("end_us").str.replace(" ", "T"),
                delay_ms=(pl.col("end_us") - pl.col("start_us")) // THOUSAND,
                first_ms=pl.when(_is_streamed()).then(first).otherwise(pl.lit("null")),
                http_status=_failed("500", "200"),
                provider_upper=pl.col("provider").str.to_uppercase(),
                team=_known_team(),
            )
        )


class BedrockLog(GatewayLog):
    """The invocation log that Bedrock writes to S3."""

    template = "bedrock_invocation.json.template"
    key = (
        f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{AWS_REGION}/%Y/%m/%d/%H/"
        "%Y%m%dT%H5959{part:03d}Z_{batch}.json.gz"
    )

    def _named(self, requests: pl.DataFrame) -> pl.DataFrame:
        started = pl.from_epoch("start_us", "us").dt.strftime("%Y-%m-%dT%H:%M:%S")
        return (
            super()
            ._named(requests)
            .with_columns(
                _fresh(),
                start_second=started,
                account=pl.lit(ACCOUNT),
                region=pl.lit(AWS_REGION),
                profile=pl.lit(PROFILE),
                error_code=_failed('"errorCode":"InternalServerException",', ""),
                team=_known_team(),
            )
        )


class SglangLog(GatewayLog):
    """What an SGLang server writes of the requests that it served."""

    template = "sglang_request.json.template"
    key = "replica-0/sglang-request-metrics-%Y%m%d_%H.log"

    def _named(self, requests: pl.DataFrame) -> pl.DataFrame:
        wait = seconds(pl.col("first_us") - pl.col("start_us"))
        first = pl.concat_str(pl.lit('"ttft":'), wait, pl.lit(","))
        return (
            super()
            ._named(requests)
            .with_columns(
                finish=_failed("abort", "stop"),
                latency=seconds(pl.col("end_us") - pl.col("start_us")),
                ttft=pl.when(_is_streamed()).then(first).otherwise(pl.lit("")),
            )
        )


class TranscriptionLog(GatewayLog):
    """The table of calls that the speech service writes for itself, in columns of its own."""

    template = "transcription.csv.template"
    key = "%Y-%m-%d/calls-%H{part:02d}.csv.gz"
    header = (",".join(COLUMNS),)

    def __init__(self, folder: Path, noise: Noise, calendar: Calendar) -> None:
        super().__init__(folder, noise, calendar)
        self._days: dict[str, dict[Path, int]] = {}

    def finish(self) -> None:
        """Write the manifest that names every day's files."""
        days = sorted(self._days.items())
        entries = [delivery_entry(self._folder, day, "1", files) for day, files in days]
        write_manifest(self._folder, entries)

    def _write_batch(self, hour: int, part: int, lines: pl.Series) -> Path:
        path = super()._write_batch(hour, part, lines)
        self._days.setdefault(path.parent.name, {})[path] = len(lines)
        return path

    def _named(self, requests: pl.DataFrame) -> pl.DataFrame:
        first = pl.when(_is_streamed()).then(_instant("first_us")).otherwise(pl.lit(""))
        return (
            super()
            ._named(requests)
            .with_columns(
                start_at=_instant("start_us"),
                end_at=_instant("end_us"),
                first_or_none=first,
                team_or_none=_unless("is_nameless", "team_alias"),
                key_or_none=_unless("is_keyless", "key_alias"),
            )
        )


def _fresh() -> pl.Expr:
    """Input tokens that no cache had to do with."""
    fresh = pl.col("input") - pl.col("cache_read") - pl.col("cache_creation")
    return fresh.alias("fresh")


def _instant(column: str) -> pl.Expr:
    return pl.from_epoch(column, "us").dt.strftime(FULL)


def _is_streamed() -> pl.Expr:
    """Whether an answer had a first token before its end."""
    return pl.col("first_us") != pl.col("end_us")


def _failed(yes: str, no: str) -> pl.Expr:
    return pl.when("is_failed").then(pl.lit(yes)).otherwise(pl.lit(no))


def _known_team() -> pl.Expr:
    """The team as JSON text, if only the key tells it; null of a caller without a key."""
    return pl.when("is_keyless").then(pl.lit("null")).otherwise("team_alias")


def _unless(condition: str, column: str) -> pl.Expr:
    """A text without the quotes of JSON, or nothing."""
    return pl.when(condition).then(pl.lit("")).otherwise(pl.col(column).str.strip_chars('"'))
