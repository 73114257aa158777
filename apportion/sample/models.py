"""The models: those that the company serves itself and those that it buys, and who calls them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model served on the company's own GPUs.

    `prefill_rate` is input tokens a second, `decode_us` microseconds per output token: how fast one
    replica works on one request. `night_replicas` are kept at night; None means all.
    """

    name: str
    model: str
    team: str
    pool: str
    replicas: int
    gpus: int
    prefill_rate: int
    decode_us: int
    namespace: str
    night_replicas: int | None = None
    rollout_day: int | None = None


DEPLOYMENTS = (
    Deployment("atlas-chat-70b", "atlas-chat-70b", "ml-platform", "aws-p5-serve", 2, 4, 9_000, 22_000, "model-serving", 1, 9),
    Deployment("code-assist-32b", "code-assist-32b", "developer-tools", "aws-p5-serve", 2, 2, 7_000, 18_000, "model-serving", None, 16),
    Deployment("support-agent-13b", "support-agent-13b", "support-assistant", "aws-g6e-serve", 3, 1, 5_000, 21_000, "support-prod", 2, 5),
    Deployment("rerank-3b", "rerank-3b", "search", "aws-g6e-serve", 1, 1, 15_000, 9_000, "search-prod"),
    Deployment("asr-large", "asr-large", "voice", "aws-g6e-serve", 1, 1, 4_000, 12_000, "voice-prod"),
    Deployment("translate-7b", "translate-7b", "localization", "aws-g6e-serve", 1, 1, 7_000, 15_000, "model-serving"),
    Deployment("fraud-screen-8b", "fraud-screen-8b", "fraud", "aws-g5-serve", 3, 1, 2_600, 28_000, "fraud-prod", None, 12),
    Deployment("moderation-8b", "moderation-8b", "trust-safety", "aws-g5-serve", 2, 1, 2_600, 28_000, "model-serving"),
    Deployment("search-embed-1b", "search-embed-1b", "search", "aws-g5-serve", 1, 1, 18_000, 0, "search-prod"),
    Deployment("atlas-reason-120b", "atlas-reason-120b", "foundation-models", "azure-nd-serve", 1, 8, 12_000, 18_000, "model-serving"),
    Deployment("vla-policy-34b", "vla-policy-34b", "fleet-autonomy", "gcp-a3-serve", 3, 2, 7_000, 16_000, "robotics-serving", None, 20),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ApiModel:
    """A model of a vendor with its list prices in USD per million tokens; empty: no such meter."""

    provider: str
    model: str
    input: str
    cache_read: str
    cache_creation: str
    output: str
    price_source: str

    @property
    def deployment(self) -> str:
        """The name under which its usage is attributed."""
        return f"{self.provider}/{self.model}"


_OPENAI = "OpenAI API price list, standard tier"
_ANTHROPIC = "Anthropic API price list, 5-minute cache writes"

API_MODELS = (
    ApiModel("openai", "gpt-5", "1.25", "0.125", "", "10", _OPENAI),
    ApiModel("openai", "gpt-5-mini", "0.25", "0.025", "", "2", _OPENAI),
    ApiModel("openai", "gpt-4.1", "2", "0.5", "", "8", _OPENAI),
    ApiModel("openai", "text-embedding-3-large", "0.13", "", "", "", _OPENAI),
    ApiModel("anthropic", "claude-sonnet-4-5", "3", "0.3", "3.75", "15", _ANTHROPIC),
    ApiModel("anthropic", "claude-haiku-4-5", "1", "0.1", "1.25", "5", _ANTHROPIC),
    ApiModel("anthropic", "claude-opus-4-5", "5", "0.5", "6.25", "25", _ANTHROPIC),
)

TOKEN_TYPES = ("input", "cache_read", "cache_creation", "output")
METER_WORDS = {
    "input": "input",
    "cache_read": "cached-input",
    "cache_creation": "cache-write",
    "output": "output",
}


@dataclass(frozen=True, slots=True)
class Route:
    """Who calls which model through the gateway, how often and with how many tokens.

    `share` is in thousandths of all requests; `cached` is the share of input read from cache where
    the prompt repeats; `reasoning` is the share of output that is reasoning; `gateway_cache` the
    share of requests answered by the gateway itself.
    """

    team: str
    target: str
    share: int
    input_tokens: int
    output_tokens: int
    profile: str
    cached: float = 0.0
    reasoning: float = 0.0
    gateway_cache: float = 0.0
    api: str = "acompletion"
    gateway_team: str | None = None

    @property
    def key_alias(self) -> str:
        """The gateway key that the calls carry."""
        return f"{self.team}-{'batch' if self.profile == 'nightly' else 'prod'}"


ROUTES = (
    Route("search", "search-embed-1b", 100, 120_000, 0, "nightly", api="aembedding"),
    Route("search", "rerank-3b", 80, 40_000, 200, "consumer", gateway_cache=0.03),
    Route("recommendations", "rerank-3b", 40, 30_000, 200, "consumer", gateway_team="recsys"),
    Route("fraud", "fraud-screen-8b", 110, 12_000, 2_000, "consumer", cached=0.5),
    Route("payments-risk", "fraud-screen-8b", 40, 9_000, 1_600, "office", cached=0.5),
    Route("trust-safety", "moderation-8b", 90, 4_000, 480, "consumer", cached=0.3),
    Route("support-assistant", "moderation-8b", 30, 2_500, 300, "consumer"),
    Route("support-assistant", "support-agent-13b", 90, 9_000, 1_200, "consumer", cached=0.6, gateway_cache=0.05),
    Route("voice", "asr-large", 40, 30_000, 5_000, "consumer", api="atranscription"),
    Route("localization", "translate-7b", 40, 3_500, 3_000, "office", gateway_team="l10n"),
    Route("developer-tools", "code-assist-32b", 60, 24_000, 2_200, "office", cached=0.7),
    Route("simulation", "code-assist-32b", 15, 18_000, 2_600, "office", cached=0.5),
    Route("support-assistant", "atlas-chat-70b", 30, 20_000, 1_800, "consumer", cached=0.5),
    Route("ads-ranking", "atlas-chat-70b", 15, 14_000, 1_400, "consumer", gateway_team="Ads"),
    Route("data-platform", "atlas-chat-70b", 15, 26_000, 1_100, "office", cached=0.4),
    Route("foundation-models", "atlas-chat-70b", 10, 6_000, 2_400, "nightly"),
    Route("motion-planning", "atlas-reason-120b", 12, 12_000, 9_000, "robots", reasoning=0.7),
    Route("alignment", "atlas-reason-120b", 12, 8_000, 8_000, "office", reasoning=0.8),
    Route("perception", "vla-policy-34b", 30, 9_000, 2_600, "robots"),
    Route("fleet-autonomy", "vla-policy-34b", 40, 11_000, 3_000, "robots", cached=0.3),
    Route("search", "openai/gpt-5", 22, 34_000, 1_900, "consumer", cached=0.4, reasoning=0.4, gateway_cache=0.04),
    Route("support-assistant", "openai/gpt-5-mini", 26, 16_000, 900, "consumer", cached=0.5, reasoning=0.2),
    Route("finance-analytics", "openai/gpt-5", 5, 90_000, 6_000, "office", reasoning=0.6),
    Route("developer-tools", "anthropic/claude-sonnet-4-5", 16, 120_000, 3_000, "office", cached=0.85),
    Route("simulation", "anthropic/claude-sonnet-4-5", 6, 60_000, 4_000, "office", cached=0.6),
    Route("localization", "anthropic/claude-haiku-4-5", 7, 9_000, 4_000, "office", gateway_team="l10n"),
    Route("trust-safety", "anthropic/claude-haiku-4-5", 5, 14_000, 700, "consumer", cached=0.3),
    Route("recommendations", "openai/text-embedding-3-large", 8, 60_000, 0, "nightly", api="aembedding"),
    Route("data-platform", "openai/gpt-5-mini", 3, 40_000, 1_500, "office", gateway_team="data-eng"),
    Route("ml-platform", "openai/gpt-5", 1, 400, 60, "robots"),
    Route("perception", "openai/gpt-5", 2, 50_000, 1_200, "nightly", reasoning=0.3),
)  # fmt: skip

DEPLOYMENT = {deployment.name: deployment for deployment in DEPLOYMENTS}
API_MODEL = {model.deployment: model for model in API_MODELS}
PREFILL_WEIGHT = 4
"""How much of a GPU's work a request in prefill takes against one in decode, side by side."""
CACHED_PREFILL = 0.1
"""Work of a cached input token against an uncached one."""
REQUEST_OVERHEAD_US = 40_000
