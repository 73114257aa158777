"""A prompt cache replayed call by call over a public trace: what the models must find in SQL."""

from collections import OrderedDict, defaultdict
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import polars as pl

from ingest.sources.request_log import RequestLogSource
from tests.ingest.telemetry_files import read_files

MOONCAKE: dict[str, Any] = {
    "columns": {
        "started_at": "timestamp",
        "input_tokens": "input_length",
        "output_tokens": "output_length",
        "prompt_block_hashes": "hash_ids",
    },
    "constants": {"prompt_block_tokens": "512"},
    "epoch_unit": "ms",
    "epoch_start": "2026-10-03T00:00:00Z",
}
"""How the trace is read as a log of requests."""
CALLED = {
    "gen_ai_provider_name": "moonshot",
    "gen_ai_request_model": "kimi",
    "status": "success",
}
BLOCK = 512
LONG_AGO = -(10**9)
Trace = list[tuple[int, int, list[str]]]
"""Milliseconds, tokens and blocks of calls, in order."""


def logged(path: Path) -> pl.DataFrame:
    """The trace as a mapped log; what makes a whole prompt equal are all its blocks."""
    mapping = {"location": "/", **MOONCAKE, "constants": MOONCAKE["constants"] | CALLED}
    log = RequestLogSource.from_options("trace", mapping, Path("/"))
    rows = read_files(log, [path]).rows
    return rows.with_columns(prompt_hmac="prompt_block_hashes", source_name=pl.lit("trace"))


def in_order(calls: pl.DataFrame) -> Trace:
    """The calls as a replay reads them."""
    columns = ("started_at", "input_tokens", "prompt_block_hashes")
    rows = calls.sort("started_at", "request_id").select(columns).iter_rows()
    return [(int(at.timestamp() * 1000), tokens, hashes.split()) for at, tokens, hashes in rows]


def read_from(trace: Trace, minutes: float) -> int:
    """Tokens with which a prompt begins like one within so many minutes before, call by call."""
    used: dict[str, int] = {}
    total = 0
    for at, tokens, blocks in trace:
        kept = {block for block in blocks if at - used.get(block, LONG_AGO) <= minutes * 60_000}
        total += min(tokens, BLOCK * len(list(takewhile(kept.__contains__, blocks))))
        used.update(dict.fromkeys(blocks, at))
    return total


def read_by_lru(trace: Trace, capacity: int) -> int:
    """The same of a cache that holds so many blocks and drops the one used longest ago."""
    held: OrderedDict[str, None] = OrderedDict()
    total = 0
    for _, tokens, blocks in trace:
        total += min(tokens, BLOCK * len(list(takewhile(held.__contains__, blocks))))
        for block in blocks:
            held[block] = None
            held.move_to_end(block)
        while len(held) > capacity:
            held.popitem(last=False)
    return total


def resident(trace: Trace, minutes: int) -> int:
    """Blocks that are held on the average where each is dropped that long after its last use."""
    uses: defaultdict[str, list[int]] = defaultdict(list)
    for at, _, blocks in trace:
        for block in blocks:
            uses[block].append(at)
    end = trace[-1][0]
    held = sum(
        min(later - at, minutes * 60_000)
        for instants in uses.values()
        for at, later in pairwise([*instants, end])
    )
    return held // (end - trace[0][0])
