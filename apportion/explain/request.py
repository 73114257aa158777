"""Why a request costs what it costs."""

from decimal import Decimal

from apportion.explain import ledger
from apportion.explain.node import EXACT, Node, summed
from apportion.explain.pool import explain_pool
from apportion.explain.rules import Rules
from apportion.explain.scope import Row, Scope, unknown

REQUEST = """
with request as (
    select
        *,
        case
            when hosting = 'api' then cast(usage_date as timestamp)
            else date_trunc('hour', started_at)
        end as pool_start
    from request_cost($request_id)
)
select
    request.*,
    request.{amount} as amount,
    coalesce(logged.is_gateway_cache_hit, false) as is_gateway_cache_hit,
    case when request.hosting = 'api' then request.service_tier else 'all' end as rate_tier,
    logged.cache_creation_1h_input_tokens, logged.input_audio_tokens,
    logged.cache_read_audio_input_tokens, logged.reasoning_output_tokens,
    logged.output_audio_tokens, logged.search_requests,
    owners.owner_rule,
    places.business_unit, places.cost_center
from request
inner join landing.inference_requests as logged using (request_id, started_at)
left join request_owners as owners
    on
        request.usage_date = owners.usage_date
        and request.gateway_team = owners.gateway_team
        and request.api_key_alias = owners.api_key_alias
left join (
    select distinct usage_date, team, business_unit, cost_center from cost_ledger
) as places
    on request.usage_date = places.usage_date and request.team = places.team
"""
RATES = """
select
    {amount}_per_input as input,
    {amount}_per_input_audio as input_audio,
    {amount}_per_cache_read as cache_read,
    {amount}_per_cache_read_audio as cache_read_audio,
    {amount}_per_cache_creation as cache_creation,
    {amount}_per_cache_creation_1h as cache_creation_1h,
    {amount}_per_output as output,
    {amount}_per_reasoning as reasoning,
    {amount}_per_output_audio as output_audio,
    {amount}_per_request as request,
    {amount}_per_search as search
from request_rates
where deployment = $deployment and pool_start = $pool_start and service_tier = $rate_tier
    and (context_tokens_over = 0 or context_tokens_over < $input_tokens)
    and (context_tokens_up_to is null or context_tokens_up_to >= $input_tokens)
"""
CLOCK = """
with instants as (
    select
        instant,
        date_diff('ms', cast($usage_date as timestamp), instant) as instant_ms
    from (select unnest(cast($instants as timestamp[])) as instant)
)
select
    instants.instant,
    cast(rates.{amount}_before as hugeint) + cast(rates.{amount}_per_residency as hugeint) * (
        windows.residency + instant_ms % 2000 * windows.residency_per_ms
        - cast(rates.residency_before as hugeint)
    ) as cost_of_weight
from instants
inner join request_residency as windows
    on windows.usage_date = $usage_date
    and windows.deployment = $deployment
    and windows.replica_id = $replica_id
    and windows.window_ms = instant_ms - instant_ms % 2000
inner join request_residency_rates as rates
    on rates.deployment = $deployment
    and rates.replica_id = $replica_id
    and rates.pool_start = cast($usage_date as timestamp)
        + to_hours(least(instant_ms, 86399999) // 3600000)
"""
RESIDUALS = """
select coalesce(sum({amount}_residual), 0) as residual
from request_rates
where deployment = $deployment and usage_date = $usage_date and residual_request_id = $request_id
"""
QUANTUM = -18
ONE_HOUR = "cache_creation_1h_input_tokens"
LOGGED = (
    ONE_HOUR,
    "input_audio_tokens",
    "cache_read_audio_input_tokens",
    "reasoning_output_tokens",
    "output_audio_tokens",
    "search_requests",
)
UNITS = {"request": "per request", "search": "per search"}


def explain_request(scope: Scope, request_id: str) -> Node:
    """A request: its price, its pool down to the bill, its owner, its statement.

    Raises:
        ConfigError: `EXPLAIN_UNKNOWN`.
    """
    rows = scope.rows(REQUEST, request_id=request_id)
    if not rows:
        raise unknown(
            "request",
            request_id,
            "Look for `request_id` in `request_costs`: the id is the one that the log gives.",
        )
    request = rows[0]
    return Node(
        f"request {request_id}, {scope.measure}",
        request["amount"],
        scope.currency,
        {
            "started at": request["started_at"],
            "status": request["status"],
            "model": request["model"],
            "deployment": request["deployment"],
            "hosting": request["hosting"],
            "read from": ledger.place(request),
        },
        (
            *_price(scope, request),
            explain_pool(scope, request),
            _owner(scope, request),
            *_statements(scope, request),
        ),
    )


def _price(scope: Scope, request: Row) -> list[Node]:
    names = ("deployment", "pool_start", "rate_tier", "input_tokens")
    rates = scope.rows(RATES, **{name: request[name] for name in names})
    if not rates:
        return []
    if request["is_gateway_cache_hit"]:
        return [Node("price: answered from the gateway's cache, so no model served it")]
    if request["allocation_method"] == "residency":
        title = "price: time in flight, shared with the requests in flight beside it"
        parts = _phases(scope, request)
    else:
        title = "price: tokens times the pool's rate"
        (rate,) = rates
        counts = _counts(request).items()
        parts = [_part(scope, kind, count, rate[kind]) for kind, count in counts if count]
    price = summed(title, scope.currency, [*parts, *_residual(scope, request)])
    if scope.measure == "billed_cost":
        return [price]
    idle = Node(
        "of which for idle GPU time",
        request["reporting_idle_effective_cost"],
        scope.currency,
    )
    return [price, idle]


def _phases(scope: Scope, request: Row) -> list[Node]:
    """Weight times the cost of weight; prefill and decode apart where they weigh differently."""
    start, end = request["service_started_at"], request["completed_at"]
    first = request["first_token_at"] if request["prefill_weight"] != 1 else None
    place = {name: request[name] for name in ("deployment", "replica_id", "usage_date")}
    rows = scope.rows(CLOCK, **place, instants=[i for i in (start, first, end) if i])
    costs = {row["instant"]: row["cost_of_weight"] for row in rows}
    spans = [("in service", start, end, 1)]
    if first:
        spans = [("prefill", start, first, request["prefill_weight"]), ("decode", first, end, 1)]
    return [
        Node(
            name,
            EXACT.scaleb(Decimal(weight * (costs[until] - costs[since])), QUANTUM),
            scope.currency,
            {"from": since, "to": until, "weight": weight},
        )
        for name, since, until, weight in spans
    ]


def _residual(scope: Scope, request: Row) -> list[Node]:
    keys = {name: request[name] for name in ("deployment", "usage_date", "request_id")}
    (row,) = scope.rows(RESIDUALS, **keys)
    if not row["residual"]:
        return []
    facts = {"why": "what the integer rates leave over goes to the pool's smallest request id"}
    residual = EXACT.scaleb(row["residual"], QUANTUM)
    return [Node("residual of the pool", residual, scope.currency, facts)]


def _counts(request: Row) -> dict[str, int]:
    """What the request used, apart as it has rates: `token_quantities` of the transforms."""
    told = {name: request[name] or 0 for name in LOGGED}
    read, written = request["cache_read_input_tokens"], request["cache_creation_input_tokens"]
    fresh = request["input_tokens"] - read - written
    cached_audio, written_1h = told["cache_read_audio_input_tokens"], told[ONE_HOUR]
    reasoning, speech = told["reasoning_output_tokens"], told["output_audio_tokens"]
    audio = min(max(told["input_audio_tokens"] - cached_audio, 0), fresh)
    return {
        "input": fresh - audio,
        "input_audio": audio,
        "cache_read": read - cached_audio,
        "cache_read_audio": cached_audio,
        "cache_creation": written - written_1h,
        "cache_creation_1h": written_1h,
        "output": request["output_tokens"] - reasoning - speech,
        "reasoning": reasoning,
        "output_audio": speech,
        "request": 1,
        "search": told["search_requests"],
    }


def _part(scope: Scope, kind: str, count: int, rate: Decimal) -> Node:
    unit = UNITS.get(kind, f"{kind.replace('_', ' ')} tokens")
    facts = {"count": count, "rate": EXACT.scaleb(rate, QUANTUM)}
    amount = EXACT.scaleb(EXACT.multiply(rate, Decimal(count)), QUANTUM)
    return Node(unit, amount, scope.currency, facts)


def _owner(scope: Scope, request: Row) -> Node:
    return Node(
        f"owner: team {request['team'] or 'unallocated'}",
        facts={
            "rule": Rules(scope).says(request["owner_rule"] or "none"),
            "gateway team": request["gateway_team"],
            "key": request["api_key_alias"],
            "cost center": request["cost_center"],
            "business unit": request["business_unit"],
        },
    )


def _statements(scope: Scope, request: Row) -> list[Node]:
    """The team's requests to the deployment on that day stand on the statement as one line."""
    if request["cost_status"] == "unpriced":
        return []
    entries = ledger.Entries(
        team=request["team"], deployment=request["deployment"], day=request["usage_date"]
    )
    title = "up to the statements, with all that the team used of the deployment on that day"
    return [ledger.statements(scope, entries, title)]
