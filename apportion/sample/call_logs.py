"""Which log tells of which calls, and what `apportion.toml` says of it.

Every call stands in one log: the first that was asked for and takes calls like it, else LiteLLM's.
A call that the gateway answered from its own cache reached nobody else, and stays with LiteLLM.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from apportion.sample.bedrock import ACCOUNT, TARGET
from apportion.sample.calendar import Calendar
from apportion.sample.fleet import AWS_REGION
from apportion.sample.gateway_log import GatewayLog
from apportion.sample.models import ROUTES
from apportion.sample.noise import Noise
from apportion.sample.other_logs import (
    BedrockLog,
    HeliconeLog,
    LangfuseLog,
    SglangLog,
    TranscriptionLog,
)
from apportion.sample.span_log import SpanLog

HMAC_KEY = "log-hmac.key"
KEY = f'hmac_key = "file:{HMAC_KEY}"'


@dataclass(frozen=True, slots=True)
class CallLog:
    """A log: where it lies, who writes it, whose calls, and its source below the name."""

    folder: str
    writer: type[GatewayLog]
    routes: tuple[int, ...]
    source: str


def _to(target: str) -> tuple[int, ...]:
    return tuple(i for i, route in enumerate(ROUTES) if route.target == target)


CALL_LOGS: Mapping[str, CallLog] = MappingProxyType(
    {
        "bedrock_invocations": CallLog(
            "bedrock",
            BedrockLog,
            _to(TARGET),
            f"""kind = "bedrock_invocations"            # models bought through Amazon Bedrock
location = "exports/bedrock"
accounts = ["{ACCOUNT}"]
regions = ["{AWS_REGION}"]
{KEY}
""",
        ),
        "helicone": CallLog(
            "helicone",
            HeliconeLog,
            _to("openai/gpt-5-mini"),
            f"""kind = "helicone"                       # a proxy's requests
location = "exports/helicone"
prefixes = ["requests-%Y-%m-%d-"]
cached_tokens = "inside"
{KEY}
""",
        ),
        "langfuse": CallLog(
            "langfuse",
            LangfuseLog,
            _to("anthropic/claude-sonnet-4-5"),
            f"""kind = "langfuse"                       # an agent framework's observations
location = "exports/langfuse"
prefixes = ["%Y-%m-%d/"]
provider = "anthropic"
{KEY}
""",
        ),
        "request_log": CallLog(
            "transcriptions",
            TranscriptionLog,
            _to("asr-large"),
            """kind = "request_log"                    # a service's own table of calls
location = "exports/transcriptions"
columns = { request_id = "call", started_at = "received", first_token_at = "first_words", \
completed_at = "answered", deployment_id = "served_by", gateway_team = "caller", \
api_key_alias = "caller_key", status = "outcome", input_tokens = "tokens_in", \
cache_read_input_tokens = "tokens_cached", output_tokens = "tokens_out" }
constants = { gen_ai_provider_name = "hosted_vllm", gen_ai_request_model = "asr-large", \
gen_ai_operation_name = "atranscription" }
""",
        ),
        "sglang": CallLog(
            "sglang",
            SglangLog,
            _to("translate-7b"),
            f"""kind = "sglang"                         # an engine's own log: one team's model
location = "exports/sglang"
prefixes = ["replica-0/sglang-request-metrics-%Y%m%d_"]
deployment = "translate-7b"
model = "translate-7b"
team = "localization"
{KEY}
""",
        ),
        "otel_genai": CallLog(
            "spans",
            SpanLog,
            tuple(range(0, len(ROUTES), 2)),
            f"""kind = "otel_genai"                     # calls that a collector wrote down
location = "exports/spans"
{KEY}
prefixes = ["%Y-%m-%d/"]
attributes = {{ deployment_id = "gateway.model_id" }}
""",
        ),
    }
)
"""By kind of source; the ones that take few calls come first."""


class CallLogs:
    """Writes every call to its log."""

    def __init__(
        self, exports: Path, noise: Noise, calendar: Calendar, chosen: tuple[str, ...]
    ) -> None:
        logs = [log for kind, log in CALL_LOGS.items() if kind in chosen]
        self._others = [
            (log.routes, log.writer(exports / log.folder, noise, calendar)) for log in logs
        ]
        self._gateway = GatewayLog(exports / "litellm", noise, calendar)

    def write(self, requests: pl.DataFrame, part: int) -> None:
        """Write one batch for each log and hour in which requests started."""
        rest = requests
        for routes, log in self._others:
            is_taken = pl.col("route").is_in(routes) & ~pl.col("is_hit")
            log.write(rest.filter(is_taken), part)
            rest = rest.filter(~is_taken)
        self._gateway.write(rest, part)

    def finish(self) -> None:
        """Write what logs say of themselves once all is there."""
        for _, log in self._others:
            log.finish()
