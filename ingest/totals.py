"""Control totals: exact sums kept in Python, apart from the SQL that they will be held against."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from decimal import Context, Decimal

from ingest.source import ControlTotal

EXACT = Context(prec=100)
KEY = (
    *("service_provider_name", "billing_account_id", "billing_period", "billing_currency"),
    "partition",
)
Key = tuple[str, str, date, str, str]


def merge(totals: Iterable[ControlTotal]) -> tuple[ControlTotal, ...]:
    """Add up totals of the same provider, account, month, currency and partition, in order."""
    merged: dict[Key, ControlTotal] = {}
    for total in totals:
        key = (
            total.service_provider_name,
            total.billing_account_id,
            total.billing_period,
            total.billing_currency,
            total.partition,
        )
        merged[key] = _add(merged[key], total) if key in merged else total
    return tuple(merged[key] for key in sorted(merged))


def _add(left: ControlTotal, right: ControlTotal) -> ControlTotal:
    values = {}
    for field in fields(ControlTotal):
        one, other = getattr(left, field.name), getattr(right, field.name)
        if field.name in KEY:
            values[field.name] = one
        elif isinstance(one, int):
            values[field.name] = one + other
        else:
            values[field.name] = format(EXACT.add(Decimal(one), Decimal(other)), "f")
    return ControlTotal(**values)
