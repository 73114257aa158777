"""The models: those that the company serves itself and those that it buys, and who calls them."""

from dataclasses import dataclass

from apportion.sample.tables import read


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


DEPLOYMENTS = read("deployments", Deployment)
DUPLICATES = read("duplicates", Deployment)
"""Deployments of models that others serve already, which only a scenario of waste has."""


def deployed(*, has_duplicates: bool) -> tuple[Deployment, ...]:
    """The deployments of a scenario."""
    return DEPLOYMENTS + DUPLICATES * has_duplicates


@dataclass(frozen=True, slots=True)
class ApiModel:
    """A model of a vendor with its list prices in USD per million tokens; empty: no such meter."""

    provider: str
    model: str
    price_source: str
    input: str
    cache_read: str = ""
    cache_creation: str = ""
    output: str = ""

    @property
    def deployment(self) -> str:
        """The name under which its usage is attributed."""
        return f"{self.provider}/{self.model}"


API_MODELS = read("api_models", ApiModel)

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


_USUAL, _TENANTS = read("routes", Route), read("tenants", Route)
ROUTES = (*_USUAL, *_TENANTS, *read("duplicate_routes", Route))
TENANTS = range(len(_USUAL), len(_USUAL) + len(_TENANTS))
"""Routes that only a scenario with tenants uses."""
DUPLICATE_ROUTES = range(TENANTS.stop, len(ROUTES))
"""Routes that only a scenario of waste uses."""

DEPLOYMENT = {deployment.name: deployment for deployment in DEPLOYMENTS + DUPLICATES}
API_MODEL = {model.deployment: model for model in API_MODELS}
PREFILL_WEIGHT = 4
"""How much of a GPU's work a request in prefill takes against one in decode, side by side."""
CACHED_PREFILL = 0.1
"""Work of a cached input token against an uncached one."""
REQUEST_OVERHEAD_US = 40_000
