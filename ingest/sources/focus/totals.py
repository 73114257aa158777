"""Control totals: what a delivery says was spent, added up in Python from the delivered text.

Nothing here uses the typed amounts, so that the lake and the SQL behind it can be held against
these totals. `billed_cost` and its like are the sums of the accepted rows' amounts as stored (18
decimals); `rounded_…` is what rounding removed from them; `quarantined_…` are the readable amounts
of the quarantined rows. Together they are what the provider delivered.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import cast

import polars as pl

from ingest.decimals import Sum, add_up
from ingest.source import ControlTotal
from ingest.sources.focus.keys import partition
from ingest.sources.focus.rows import Charges, billing_month

Account = tuple[str, str, date, str, str]
ACCOUNT = (
    *("service_provider_name", "billing_account_id", "billing_period", "billing_currency"),
    "partition",
)
NAMES = ("service_provider_name", "billing_account_id", "billing_currency")
COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
QUARANTINED_COSTS = COSTS[:2]


def control_totals(charges: Charges, is_bad: pl.Series) -> tuple[ControlTotal, ...]:
    """The totals of a frame of rows, per provider, account, month, currency and day.

    Args:
        charges: the rows; every one has a readable billing or charge period.
        is_bad: which of them are quarantined.
    """
    rows = charges.typed.select(
        *(pl.col(name).fill_null("") for name in NAMES),
        *(
            pl.when(pl.col(cost).is_not_null()).then(charges.texts[cost]).alias(cost)
            for cost in COSTS
        ),
        billing_period=billing_month(),
        partition=partition().fill_null(""),
    )
    accepted, quarantined = rows.filter(~is_bad), rows.filter(is_bad)
    fields: dict[Account, dict[str, object]] = defaultdict(dict)
    for account, count in _counts(accepted):
        fields[account]["row_count"] = count
    for cost in COSTS:
        for account, total in _sums(accepted, cost):
            fields[account][cost] = format(total.stored, "f")
            if cost in QUARANTINED_COSTS:
                fields[account][f"rounded_{cost}"] = format(total.rounded, "f")
    for account, count in _counts(quarantined):
        fields[account]["quarantined_row_count"] = count
    for cost in QUARANTINED_COSTS:
        for account, total in _sums(quarantined, cost):
            fields[account][f"quarantined_{cost}"] = format(total.delivered, "f")
    return tuple(ControlTotal(*account, **fields[account]) for account in sorted(fields))  # type: ignore[arg-type]


def _counts(rows: pl.DataFrame) -> Iterator[tuple[Account, int]]:
    for *key, count in rows.group_by(ACCOUNT).len().iter_rows():
        yield cast(Account, tuple(key)), count


def _sums(rows: pl.DataFrame, cost: str) -> Iterator[tuple[Account, Sum]]:
    texts: dict[Account, list[tuple[str, int]]] = defaultdict(list)
    readable = rows.filter(pl.col(cost).is_not_null()).group_by([*ACCOUNT, cost]).len()
    for *key, text, count in readable.iter_rows():
        texts[cast(Account, tuple(key))].append((text, count))
    for account, amounts in texts.items():
        yield account, add_up(amounts)
