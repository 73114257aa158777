"""What the cost APIs of AI vendors answer, saved day by day; the charges are those of their bills.

No API tells of a credit that a contract grants: it comes with the invoice, as a FOCUS file.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import polars as pl

from apportion.sample import money
from apportion.sample.layouts import Written, write_vendor
from apportion.sample.vendors import Vendor

ONE_DAY = timedelta(days=1)
LINE_ITEMS = {
    "input": "{}, input",
    "cache_read": "{}, cached input",
    "cache_creation": "{}, cache write",
    "output": "{}, output",
}
DESCRIPTIONS = {
    "input": "{} Usage - Input Tokens",
    "cache_read": "{} Usage - Input Tokens, Cache Read",
    "cache_creation": "{} Usage - Input Tokens, Cache Write (5m)",
    "output": "{} Usage - Output Tokens",
}
TOKEN_TYPES = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_creation": "cache_creation.ephemeral_5m_input_tokens",
    "output": "output_tokens",
}
CENT_SCALE = 10
"""Decimals of an amount in cents whose ticks are those of a dollar."""

SOURCE = """kind = "{vendor}_costs"{blank}# answers of the cost API, saved by a job of their owner
location = "exports/{vendor}/answers"
organization = "{organization}"

[[sources]]
name = "{vendor}-invoice"{blank}# what the API does not tell: the contract's credit
kind = "focus"
location = "exports/{vendor}/invoice"
layout = "manifest"
"""


def source_of(vendor: Vendor) -> str:
    """What `apportion.toml` says of a vendor's cost API, below the name of the source."""
    blank = " " * (25 - len(vendor.provider))
    return SOURCE.format(vendor=vendor.provider, organization=vendor.billing_account, blank=blank)


def write_answers(vendor: Vendor, folder: Path, charges: pl.DataFrame) -> Written:
    """A page for every day with usage, and the other lines of the bill as a FOCUS file."""
    is_usage = pl.col("charge_category") == "Usage"
    usage = charges.filter(is_usage).sort("charge_period_start", maintain_order=True)
    answers = folder / "answers"
    answers.mkdir(parents=True)
    placed = []
    for rows in usage.partition_by("charge_period_start", maintain_order=True):
        start = rows["charge_period_start"][0]
        key = f"{start:%Y-%m-%d}.json"
        results = ", ".join(RESULTS[vendor.provider](rows))
        stamps = json.dumps(STAMPS[vendor.provider](start))[1:-1]
        bucket = f'{{"object": "bucket", {stamps}, "results": [{results}]}}'
        page = f'{{"object": "page", "data": [{bucket}], "has_more": false, "next_page": null}}\n'
        (answers / key).write_text(page, encoding="utf-8")
        number = pl.int_range(1, pl.len() + 1)
        placed.append(rows.with_columns(object_key=pl.lit(key), object_row=number))
    invoice = write_vendor(vendor.provider, folder / "invoice", charges.filter(~is_usage))
    return Written(vendor.provider, pl.concat([*placed, invoice.charges]))


def meter_of(provider: str, model: str, token_type: str) -> str:
    """What a vendor's API calls a kind of token of a model."""
    if provider == "openai":
        return LINE_ITEMS[token_type].format(model)
    return DESCRIPTIONS[token_type].format(_title(model))


def _title(model: str) -> str:
    """`claude-sonnet-4-5` as Claude Sonnet 4.5."""
    family, name, *version = model.split("-")
    return f"{family.title()} {name.title()} {'.'.join(version)}"


def _openai(rows: pl.DataFrame) -> Iterator[str]:
    for row in _told(rows):
        named = {
            "line_item": meter_of("openai", row["model"], row["kind"]),
            "project_id": row["sub_account_id"],
            "project_name": row["sub_account_name"],
            "api_key_id": None,
            "quantity": row["tokens"],
            "quantity_unit": "tokens",
        }
        amount = f'"amount": {{"value": {row["dollars"]}, "currency": "usd"}}'
        yield f'{{"object": "organization.costs.result", {amount}, {json.dumps(named)[1:]}'


def _anthropic(rows: pl.DataFrame) -> Iterator[str]:
    for row in _told(rows):
        yield json.dumps(
            {
                "amount": row["cents"],
                "context_window": "0-200k",
                "cost_type": "tokens",
                "currency": "USD",
                "description": meter_of("anthropic", row["model"], row["kind"]),
                "inference_geo": "global",
                "model": row["model"],
                "service_tier": "standard",
                "token_type": TOKEN_TYPES[row["kind"]],
                "workspace_id": row["sub_account_id"],
            }
        )


def _told(rows: pl.DataFrame) -> Iterator[dict[str, str]]:
    """Amounts as text, tokens, and the model and kind that the cause of a charge names."""
    parts = pl.col("cause_key").str.split("|").list
    return rows.select(
        "sub_account_id",
        "sub_account_name",
        money.text("billed_cost").alias("dollars"),
        money.text("billed_cost", CENT_SCALE).alias("cents"),
        (pl.col("consumed_quantity") // 1000).alias("tokens"),
        parts.get(2).str.split("/").list.last().alias("model"),
        parts.last().alias("kind"),
    ).iter_rows(named=True)


def _seconds(start: datetime) -> dict[str, int]:
    first = int(start.replace(tzinfo=UTC).timestamp())
    return {"start_time": first, "end_time": first + 86_400}


def _times(start: datetime) -> dict[str, str]:
    return {"starting_at": f"{start:%FT%TZ}", "ending_at": f"{start + ONE_DAY:%FT%TZ}"}


RESULTS: Mapping[str, Callable[[pl.DataFrame], Iterator[str]]] = MappingProxyType(
    {"openai": _openai, "anthropic": _anthropic}
)
STAMPS: Mapping[str, Callable[[datetime], Mapping[str, int | str]]] = MappingProxyType(
    {"openai": _seconds, "anthropic": _times}
)
