"""What the usage APIs of AI vendors answer, saved day by day: the tokens behind their bills."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import polars as pl

from apportion.sample.calendar import DAY_US, Calendar
from apportion.sample.models import TOKEN_TYPES
from apportion.sample.native_vendors import STAMPS
from apportion.sample.vendor_charges import CALLS
from apportion.sample.vendors import Vendor

Row = Mapping[str, str | int]
EMBEDDINGS = "text-embedding"
"""What the models begin with that a report of their own counts."""

SOURCE = """
[[sources]]
name = "{name}"{blank}# answers of the usage API: what the vendor counts, by key
kind = "{vendor}_usage"
location = "exports/{vendor}/usage/{report}"
organization = "{organization}"
"""


def usage_sources(vendor: Vendor) -> str:
    """What `apportion.toml` says of a vendor's usage API, below its bill."""
    return "".join(
        SOURCE.format(
            name=(name := f"{vendor.provider}-{'usage' if number == 0 else report}"),
            blank=" " * (32 - len(name)),
            vendor=vendor.provider,
            report=report,
            organization=vendor.billing_account,
        )
        for number, report in enumerate(REPORTS[vendor.provider])
    )


def write_usage(vendor: Vendor, folder: Path, calendar: Calendar, usage: pl.DataFrame) -> None:
    """A page for every report and day with calls.

    Args:
        vendor: who counts.
        folder: a folder for each report is made here.
        calendar: the period.
        usage: what `VendorUsage.total` has of what the vendor served.
    """
    keys = ["day", "account", "target"]
    counted = (
        usage.filter(pl.col("target").str.starts_with(f"{vendor.provider}/"))
        .group_by(keys)
        .agg(
            pl.col("tokens").filter(pl.col("token_type") == kind).sum().alias(kind)
            for kind in (*TOKEN_TYPES, CALLS)
        )
        .sort(keys)
        .with_columns(
            model=pl.col("target").str.split("/").list.last(),
            project="proj-" + pl.col("account"),
            key="key-" + pl.col("account"),
            start=(pl.lit(calendar.origin_us) + pl.col("day") * DAY_US).cast(pl.Datetime("us")),
        )
    )
    is_embedding = pl.col("model").str.starts_with(EMBEDDINGS)
    for report, result in REPORTS[vendor.provider].items():
        rows = counted.filter(is_embedding if report == "embeddings" else ~is_embedding)
        target = folder / report
        target.mkdir(parents=True)
        for of_day in rows.partition_by("start", maintain_order=True):
            start: datetime = of_day["start"][0]
            results = [result(row) for row in of_day.iter_rows(named=True)]
            bucket = {"object": "bucket", **STAMPS[vendor.provider](start), "results": results}
            page = {"object": "page", "data": [bucket], "has_more": False, "next_page": None}
            (target / f"{start:%Y-%m-%d}.json").write_text(json.dumps(page) + "\n")


def _completions(row: Row) -> dict[str, object]:
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": _sum(row, "input", "cache_read", "cache_creation"),
        "input_cached_tokens": row["cache_read"],
        "input_cache_write_tokens": row["cache_creation"],
        "output_tokens": row["output"],
        "num_model_requests": row[CALLS],
        **_who(row),
        "batch": False,
        "service_tier": "default",
    }


def _embeddings(row: Row) -> dict[str, object]:
    return {
        "object": "organization.usage.embeddings.result",
        "input_tokens": row["input"],
        "num_model_requests": row[CALLS],
        **_who(row),
    }


def _messages(row: Row) -> dict[str, object]:
    return {
        "uncached_input_tokens": row["input"],
        "cache_creation": {
            "ephemeral_1h_input_tokens": 0,
            "ephemeral_5m_input_tokens": row["cache_creation"],
        },
        "cache_read_input_tokens": row["cache_read"],
        "output_tokens": row["output"],
        "server_tool_use": {"web_search_requests": 0},
        "workspace_id": row["project"],
        "api_key_id": row["key"],
        "model": row["model"],
        "service_tier": "standard",
        "context_window": "0-200k",
    }


def _who(row: Row) -> dict[str, object]:
    return {
        "project_id": row["project"],
        "user_id": None,
        "api_key_id": row["key"],
        "model": row["model"],
    }


def _sum(row: Row, *names: str) -> int:
    return sum(int(row[name]) for name in names)


REPORTS: Mapping[str, Mapping[str, Callable[[Row], dict[str, object]]]] = MappingProxyType(
    {
        "openai": {"completions": _completions, "embeddings": _embeddings},
        "anthropic": {"messages": _messages},
    }
)
"""The reports of each vendor, and what a result of one is."""
