"""May a delivery replace the one before it? It may restate a period, not lose a part of it.

A provider may correct a month by leaving rows out, and credits make it cheaper; an export that was
cut off looks the same. So a delivery that says much less than the one that counts is held until
someone approves it (`ingest.approvals`); the last good delivery stays current.
"""

from collections.abc import Iterator
from decimal import Decimal

from apportion.errors import DeliveryRefused
from ingest.records import Counted, Header, Record
from ingest.source import ControlTotal, Delivery
from ingest.totals import EXACT

HELD = ("EMPTY_RESTATEMENT", "RESTATED_FEWER", "RESTATED_SHORTER")
"""Refusals that a person may lift."""

MOST_LOST = Decimal("0.2")
"""Part of an amount, or of the rows where there are no amounts, that a restatement may take off."""
MOST_LOST_WITH_ROWS = Decimal("0.01")
"""The same for an amount whose rows became fewer."""
NEGLIGIBLE = Decimal(1)
"""Units of the currency that are never worth a question."""

Key = tuple[str, str, str, str]


def replaced(history: list[Record], header: Header) -> Counted | None:
    """What a delivery is held against: what counted before it.

    None if nothing did, or if the delivery has counted already or was approved.
    """
    for record in history:
        if record.header.delivery_id == header.delivery_id and (record.counted or record.approval):
            return None
    earlier = [r.counted for r in history if r.counted and r.header.rank <= header.rank]
    return earlier[-1] if earlier else None


def check_coverage(delivery: Delivery, delivery_id: str, before: Counted | None) -> None:
    """Refuse a delivery that covers fewer days than the one it would replace."""
    if before is None or not (before.covers_through and delivery.covers_through):
        return
    if delivery.covers_through < before.covers_through:
        raise DeliveryRefused(
            "RESTATED_SHORTER",
            f"{delivery.source} {delivery.period} version {delivery.version}: covers usage through "
            f"{delivery.covers_through}, the current delivery through {before.covers_through}. "
            f"{_advice(delivery_id)}",
        )


def check_restatement(after: Counted, before: Counted | None) -> None:
    """Refuse a delivery with no rows, or with much less than the one it would replace.

    The company's own tables may shrink as they like, but not to nothing.
    """
    if before is None:
        return
    name = f"{after.source_name} {after.period} version {after.version}"
    advice = _advice(after.delivery_id)
    if before.all_rows and not after.all_rows:
        raise DeliveryRefused(
            "EMPTY_RESTATEMENT",
            f"{name}: no rows, where the current delivery has {before.all_rows:,}. {advice}",
        )
    losses = [] if after.kind == "reference" else list(_losses(before, after))
    if losses:
        more = f" (and {len(losses) - 1} more)" if losses[1:] else ""
        raise DeliveryRefused("RESTATED_FEWER", f"{name}: {losses[0]}{more}. {advice}")


def _advice(delivery_id: str) -> str:
    return (
        "The current delivery stays. Ask the provider for the whole period; if this is all of it: "
        f"`apportion approve {delivery_id}`, then run again."
    )


def _losses(before: Counted, after: Counted) -> Iterator[str]:
    """What a restatement takes off that it should not without being asked."""
    amounts, left = _amounts(before), _amounts(after)
    for key, (rows, amount) in sorted(amounts.items()):
        rows_left, amount_left = left.get(key, (0, Decimal(0)))
        lost = amount - amount_left if amount > 0 else amount_left - amount
        most = MOST_LOST_WITH_ROWS if rows_left < rows else MOST_LOST
        if lost > max(abs(amount) * most, NEGLIGIBLE):
            provider, account, currency, measure = key
            change = EXACT.divide(100 * (amount_left - amount), abs(amount))
            yield (
                f"{provider} account {account}, {measure} {amount:f} → {amount_left:f} {currency} "
                f"({change:+.1f} %), {rows:,} → {rows_left:,} rows"
            )
    if not amounts and before.all_rows - after.all_rows > before.all_rows * MOST_LOST:
        yield f"{before.all_rows:,} → {after.all_rows:,} rows"


def _amounts(counted: Counted) -> dict[Key, tuple[int, Decimal]]:
    """Rows and amounts by provider, account, currency and measure, quarantined ones included."""
    sums: dict[Key, tuple[int, Decimal]] = {}
    for total in counted.control_totals:
        for measure, parts in _measures(total).items():
            key = (
                *(total.service_provider_name, total.billing_account_id),
                *(total.billing_currency, measure),
            )
            rows, amount = sums.get(key, (0, Decimal(0)))
            for part in parts:
                amount = EXACT.add(amount, Decimal(part))
            sums[key] = (rows + total.row_count + total.quarantined_row_count, amount)
    return {key: found for key, found in sums.items() if found[1]}


def _measures(total: ControlTotal) -> dict[str, tuple[str, str]]:
    return {
        "billed_cost": (total.billed_cost, total.quarantined_billed_cost),
        "effective_cost": (total.effective_cost, total.quarantined_effective_cost),
    }
