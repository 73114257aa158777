"""Model calls: when they arrive, their tokens, how long they take, what goes wrong."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from apportion.sample.calendar import (
    DAY_HOURS,
    EVENING,
    HOUR_MINUTES,
    HOUR_US,
    MORNING,
    Calendar,
)
from apportion.sample.models import (
    API_MODEL,
    CACHED_PREFILL,
    DEPLOYMENT,
    DUPLICATE_ROUTES,
    REQUEST_OVERHEAD_US,
    ROUTES,
    TENANTS,
    Route,
)
from apportion.sample.noise import Bools, Floats, Ints, Noise
from apportion.sample.scenarios import Scenario
from apportion.sample.workloads import Replica

CHUNK = 50_000
"""Requests generated at a time: what bounds memory at any scale."""

COMFORTABLE_PER_DAY = 20_000
"""Up to here the fleet serves requests of full size; beyond, they get lighter in proportion."""

FAILURE_SHARE = 0.015
RETRY_SHARE = 0.7
TEAM_MISSING_SHARE = 0.05
KEY_MISSING_SHARE = 0.4
FIRST_TOKEN_ONLY = 0.4
CUT_OFF_SHARE, CUT_OFF_AFTER = 0.3, 0.4
"""Failed calls of vendors' models that break off in the answer, and the part of it billed."""
REPEAT_SHARE, DUPLICATE_SHARE = 0.06, 0.3
"""Calls of vendors' models that repeat the call before, and those of them that do not await it."""
DUPLICATE_AFTER_US = 300_000
LONGEST_US = 8 * 60_000_000
GATEWAY_HIT_US = 15_000
RETRY_KEY = 1 << 62
SPREAD = 0.55
LONGEST_TOKENS = 4
MIX = ((8, 1), (1, 4))
"""How many times longer, and shorter, the inputs of mixed prompts are; outputs the other way."""
API_PREFILL_RATE, API_DECODE_US = 20_000, 11_000
ANSWER = ("output", "reasoning")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that is generated at once: hours of a day, or a part of one hour."""

    first_hour: int
    hours: int
    part: int = 0
    parts: int = 1

    @property
    def day(self) -> int:
        """Index of its day."""
        return self.first_hour // DAY_HOURS

    def bounds(self, calendar: Calendar) -> tuple[int, int]:
        """Start and end in microseconds since 1970."""
        start = calendar.origin_us + self.first_hour * HOUR_US
        length = self.hours * HOUR_US
        return (
            start + length * self.part // self.parts,
            start + length * (self.part + 1) // self.parts,
        )


class RequestGenerator:
    """All requests of a simulation, window by window."""

    def __init__(
        self,
        noise: Noise,
        calendar: Calendar,
        count: int,
        replicas: list[Replica],
        scenario: Scenario,
    ) -> None:
        self._noise = noise
        self._calendar = calendar
        self._counts = _spread(calendar, count, scenario)
        self._offsets = np.concatenate(([0], np.cumsum(self._counts.ravel())))[:-1].reshape(
            self._counts.shape
        )
        self._pace = max(1.0, count / calendar.days / COMFORTABLE_PER_DAY)
        self._replicas = _by_deployment(replicas)
        self._scenario = scenario

    def windows(self) -> Iterator[Window]:
        """Consecutive windows of at most about `CHUNK` requests."""
        for day in range(self._calendar.days):
            hourly = self._counts[:, day * DAY_HOURS : (day + 1) * DAY_HOURS].sum(axis=0)
            peak = max(int(hourly.max()), 1)
            hours = max(h for h in (1, 2, 3, 4, 6, 8, 12, 24) if h == 1 or h * peak <= CHUNK)
            parts = -(-peak // CHUNK) if hours == 1 else 1
            for first in range(day * DAY_HOURS, (day + 1) * DAY_HOURS, hours):
                for part in range(parts):
                    yield Window(first, hours, part, parts)

    def generate(self, window: Window) -> pl.DataFrame:
        """The requests that start in a window, retries included, ordered by start."""
        calls = pl.concat(
            self._calls(index, route, *self._keys(index, window), window)
            for index, route in enumerate(ROUTES)
        )
        return pl.concat([calls, self._retries(calls)]).sort("start_us", "key")

    def _keys(self, route: int, window: Window) -> tuple[Ints, Ints]:
        """Request numbers and hours of a route's calls in a window."""
        cells = slice(window.first_hour, window.first_hour + window.hours)
        counts, offsets = self._counts[route, cells], self._offsets[route, cells]
        low = counts * window.part // window.parts
        sizes = counts * (window.part + 1) // window.parts - low
        hours = np.repeat(np.arange(window.first_hour, window.first_hour + window.hours), sizes)
        starts = np.repeat(offsets + low, sizes)
        ranks = np.arange(len(starts)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return starts + ranks, hours

    def _calls(
        self, index: int, route: Route, keys: Ints, hours: Ints, window: Window
    ) -> pl.DataFrame:
        noise = self._noise
        start, length = self._calendar.origin_us + hours * HOUR_US, HOUR_US // window.parts
        start = start + window.part * length
        busy = length * self._scenario.burst_minutes // HOUR_MINUTES
        start = start + (noise.uniform("arrival", keys) * busy).astype(np.int64)
        prompts = self._prompts(route, keys, hours)
        hasty = (prompts < keys) & (noise.uniform("duplicate", keys) < DUPLICATE_SHARE)
        start = np.where(hasty, np.roll(start, 1) + DUPLICATE_AFTER_US, start)
        is_hit = noise.uniform("gateway-cache", keys) < route.gateway_cache
        failed = ~is_hit & (noise.uniform("failure", keys) < FAILURE_SHARE)
        cut_off = failed & (noise.uniform("cut-off", keys) < CUT_OFF_SHARE)
        cut_off &= route.target in API_MODEL
        tokens = self._tokens(index, route, prompts, hours)
        prefill, decode = self._service_us(route, tokens, keys)
        prefill = np.where(failed & ~cut_off, prefill * FIRST_TOKEN_ONLY, prefill).astype(np.int64)
        decode = np.where(failed, decode * CUT_OFF_AFTER * cut_off, decode).astype(np.int64)
        prefill, decode = np.where(is_hit, GATEWAY_HIT_US, prefill), np.where(is_hit, 0, decode)
        nameless = noise.uniform("team-missing", keys) < TEAM_MISSING_SHARE
        return pl.DataFrame(
            {
                "key": keys,
                "prompt": prompts,
                "route": np.full(len(keys), index, dtype=np.int64),
                "start_us": start,
                "first_us": start + prefill,
                "end_us": start + prefill + decode,
                "is_hit": is_hit,
                "is_failed": failed,
                "is_nameless": nameless,
                "is_keyless": nameless & (noise.uniform("key-missing", keys) < KEY_MISSING_SHARE),
                "user": (noise.uniform("user", prompts) ** 2 * 400).astype(np.int64),
                "replica": self._replica(route, keys, hours, ~is_hit),
                **_counted(tokens, failed, cut_off),
            }
        )

    def _prompts(self, route: Route, keys: Ints, hours: Ints) -> Ints:
        """The number of each call's prompt: its own, or for a repeat that of the call before."""
        repeats = (keys % 2 == 1) & (self._noise.uniform("repeat", keys) < REPEAT_SHARE)
        repeats[1:] &= hours[1:] == hours[:-1]
        repeats[:1] = False
        return np.asarray(keys - (repeats & (route.target in API_MODEL)))

    def _tokens(self, index: int, route: Route, keys: Ints, hours: Ints) -> dict[str, Ints]:
        """Tokens by kind; input includes what is read from and written to cache."""
        noise = self._noise
        longer, shorter = (1, 1) if route.target != self._scenario.mixed_target else MIX[index % 2]
        given = _lengths(route.input_tokens * longer // shorter, noise.normal("input", keys))
        output = _lengths(route.output_tokens * shorter // longer, noise.normal("output", keys))
        repeats = noise.uniform("cached", keys) < min(route.cached * 1.3, 0.95)
        repeats &= ~self._scenario.is_storm(route.target, hours)
        cached = np.where(
            repeats, given * route.cached * noise.uniform("cached-part", keys) ** 0.3, 0
        )
        created = np.zeros(len(keys))
        api = API_MODEL.get(route.target)
        if api is not None and api.cache_creation:
            created = np.where(route.cached > 0, (given - cached) * 0.25, 0)
        return {
            "input": given,
            "cache_read": cached.astype(np.int64),
            "cache_creation": created.astype(np.int64),
            "output": output,
            "reasoning": (output * route.reasoning).astype(np.int64),
        }

    def _service_us(self, route: Route, tokens: dict[str, Ints], keys: Ints) -> tuple[Ints, Ints]:
        """Microseconds to the first token, and from there to the last."""
        served = DEPLOYMENT.get(route.target)
        rate = served.prefill_rate if served else API_PREFILL_RATE
        step = served.decode_us if served else API_DECODE_US
        fresh = tokens["input"] - tokens["cache_read"] * (1 - CACHED_PREFILL)
        speed = (1 + 0.1 * self._noise.normal("speed", keys)).clip(0.6, 1.6) / self._pace
        prefill = (REQUEST_OVERHEAD_US + fresh * 1e6 / rate) * speed
        decode = tokens["output"] * step * speed
        return (
            prefill.clip(1_000, LONGEST_US / 2).astype(np.int64),
            decode.clip(0, LONGEST_US / 2).astype(np.int64),
        )

    def _replica(self, route: Route, keys: Ints, hours: Ints, reaches_model: Bools) -> Ints:
        """The replica that serves each call; -1 for a vendor's model and for gateway cache hits."""
        replicas = self._replicas.get(route.target)
        if not replicas:
            return np.full(len(keys), -1, dtype=np.int64)
        kept = [replica.index for replica in replicas if not replica.is_daytime_only]
        everyone = np.array(kept + [r.index for r in replicas if r.is_daytime_only])
        is_day = (hours % DAY_HOURS >= MORNING) & (hours % DAY_HOURS < EVENING)
        choices = np.where(is_day, len(everyone), len(kept))
        chosen = everyone[(self._noise.uniform("replica", keys) * choices).astype(np.int64)]
        return np.where(reaches_model, chosen, -1)

    def _retries(self, calls: pl.DataFrame) -> pl.DataFrame:
        """Second attempts: the failed calls that were tried again, with the tokens of a success."""
        failed = calls.filter("is_failed")
        keys = failed["key"].to_numpy()
        again = failed.filter(pl.Series(self._noise.uniform("retry", keys) < RETRY_SHARE))
        frames = [
            self._retry(again.filter(pl.col("route") == i), i)
            for i in again["route"].unique().sort()
        ]
        return pl.concat(frames) if frames else calls.clear()

    def _retry(self, failed: pl.DataFrame, index: int) -> pl.DataFrame:
        keys = failed["key"].to_numpy()
        hours = (failed["start_us"].to_numpy() - self._calendar.origin_us) // HOUR_US
        tokens = self._tokens(index, ROUTES[index], failed["prompt"].to_numpy(), hours)
        prefill, decode = self._service_us(ROUTES[index], tokens, keys)
        pause = 1_000_000 + (self._noise.uniform("retry-pause", keys) * 4e6).astype(np.int64)
        start = failed["end_us"].to_numpy() + pause
        return failed.with_columns(
            key=pl.col("key") + RETRY_KEY,
            start_us=pl.Series(start),
            first_us=pl.Series(start + prefill),
            end_us=pl.Series(start + prefill + decode),
            is_failed=pl.lit(value=False),
            **{name: pl.Series(values) for name, values in tokens.items()},
        )


def _counted(tokens: dict[str, Ints], failed: Bools, cut_off: Bools) -> dict[str, Ints]:
    """Tokens that were used: of a call that failed none, of one that was cut off a part."""
    return {
        kind: np.where(
            failed, values * cut_off * (CUT_OFF_AFTER if kind in ANSWER else 1), values
        ).astype(np.int64)
        for kind, values in tokens.items()
    }


def _lengths(median: int, normal: Floats) -> Ints:
    """Log-normal token counts around a median."""
    if median == 0:
        return np.zeros(len(normal), dtype=np.int64)
    factor = np.exp(SPREAD * normal).clip(0.05, LONGEST_TOKENS)
    return np.asarray(np.maximum(median * factor, 1).astype(np.int64))


def _spread(calendar: Calendar, count: int, scenario: Scenario) -> Ints:
    """Requests per route and hour, adding up to the count exactly."""
    absent = set() if scenario.has_tenants else {*TENANTS}
    absent |= set() if scenario.has_duplicates else {*DUPLICATE_ROUTES}
    shares = [route.share * (index not in absent) for index, route in enumerate(ROUTES)]
    shapes = [_shape(calendar, route) for route in ROUTES]
    weights = np.stack([share * shape for share, shape in zip(shares, shapes, strict=True)])
    exact = weights / weights.sum() * count
    counts = np.floor(exact).astype(np.int64)
    missing = count - int(counts.sum())
    order = np.argsort(-(exact - counts).ravel(), kind="stable")[:missing]
    counts.ravel()[order] += 1
    return np.asarray(counts)


def _shape(calendar: Calendar, route: Route) -> Floats:
    load = calendar.load(route.profile)
    return np.asarray(load / load.sum())


def _by_deployment(replicas: list[Replica]) -> dict[str, list[Replica]]:
    found: dict[str, list[Replica]] = {}
    for replica in replicas:
        found.setdefault(replica.deployment, []).append(replica)
    return found
