"""What the nodes cost: usage, the commitments that cover it, and what of them went unused."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from apportion.sample import accounts, money
from apportion.sample.calendar import DAY_HOURS, Calendar
from apportion.sample.fleet import Fleet, Node
from apportion.sample.focus import conform, month_bounds
from apportion.sample.noise import Ints, Noise

HOURS_SCALE = 1000
SPOT_LOW, SPOT_SPAN, SPOT_STEP = 8_200, 3_400, money.TICKS // 1000


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise to pay for the committed nodes of a provider, used or not."""

    provider: str
    identifier: str
    name: str
    category: str
    kind: str
    service_name: str
    slack: str
    billed: str


COMMITMENTS = {
    "aws": Commitment(
        "aws",
        "arn:aws:savingsplans::410203941180:savingsplan/6d1f0c52-8c6e-4f7b-9a51-2f1e6b0d7c33",
        "Compute Savings Plan, 1 year, no upfront",
        "Spend",
        "Compute Savings Plans",
        "Savings Plans for AWS Compute usage",
        "4",
        "hourly",
    ),
    "azure": Commitment(
        "azure",
        "/providers/microsoft.capacity/reservationorders/8e0f1d60-4f4e-4d9a-8f0a-52f1c1a1b7d2/reservations/0b7c3c5e-1a4d-4f6a-8c2e-9d7f3e6a5b10",
        "ND96isr H100 v5, 1 year",
        "Usage",
        "Reservation",
        "Virtual Machines",
        "0",
        "monthly",
    ),
    "gcp": Commitment(
        "gcp",
        "//compute.googleapis.com/projects/kestrel-ml-prod/regions/us-central1/commitments/a3-1y",
        "A3 committed use, 1 year",
        "Usage",
        "Committed Use Discount",
        "Compute Engine",
        "0",
        "daily",
    ),
}


def node_charges(noise: Noise, calendar: Calendar, fleet: Fleet, provider: str) -> pl.DataFrame:
    """The charges of a provider's nodes: hourly on AWS, daily elsewhere."""
    step = 1 if provider == "aws" else DAY_HOURS
    nodes = [node for node in fleet.nodes if node.pool.provider == provider]
    frames = [_usage(noise, calendar, node, step) for node in nodes]
    if provider in COMMITMENTS:
        commitment = COMMITMENTS[provider]
        covered = _covered(calendar, nodes, step)
        promised = _promised(commitment, nodes) * step
        frames.append(_unused(calendar, commitment, promised - covered, step))
        frames += _purchases(calendar, commitment, promised, step)
    return pl.concat(frames)


def _usage(noise: Noise, calendar: Calendar, node: Node, step: int) -> pl.DataFrame:
    pool = node.pool
    hours = _running_hours(node, step)
    price = money.ticks(pool.price)
    paid = np.full(len(hours), price)
    covered = node.is_committed and bool(pool.committed_price)
    if covered:
        paid[:] = money.ticks(pool.committed_price)
    elif pool.runs == "nights":
        draws = noise.uniform(f"spot/{pool.name}", np.arange(len(hours)) // 3)
        paid = (SPOT_LOW + (draws * SPOT_SPAN).astype(np.int64)) * SPOT_STEP
    category = "Committed" if covered else "Dynamic" if pool.runs == "nights" else "Standard"
    amounts = {
        "list_cost": hours * price,
        "contracted_cost": hours * (price if covered else paid),
        "effective_cost": hours * paid,
        "billed_cost": hours * (0 if covered else paid),
        "contracted_unit_price": np.full(len(hours), price) if covered else paid,
    }
    frame = _periods(calendar, len(hours), step).with_columns(
        *(pl.Series(name, values, dtype=pl.Int64) for name, values in amounts.items()),
        hours=pl.Series(hours * HOURS_SCALE, dtype=pl.Int64),
    )
    used = frame.filter(pl.col("hours") > 0).with_columns(
        list_unit_price=pl.lit(price),
        pricing_quantity="hours",
        consumed_quantity="hours",
        pricing_category=pl.lit(category),
        cause=pl.lit("node"),
        cause_node=pl.lit(node.index),
        **_literals(accounts.node_columns(node)),
        **(_literals(_commitment_columns(COMMITMENTS[pool.provider], "Used")) if covered else {}),
    )
    if covered:
        used = used.with_columns(commitment_discount_quantity="hours")
    return conform(used)


def _running_hours(node: Node, step: int) -> Ints:
    return np.asarray(node.running.reshape(-1, step).sum(axis=1), dtype=np.int64)


def _covered(calendar: Calendar, nodes: list[Node], step: int) -> Ints:
    """What the commitment pays for in each step, in ticks."""
    total = np.zeros(calendar.hours // step, dtype=np.int64)
    for node in nodes:
        if node.is_committed:
            total += _running_hours(node, step) * money.ticks(node.pool.committed_price)
    return total


def _promised(commitment: Commitment, nodes: list[Node]) -> int:
    """What is promised per hour, in ticks."""
    prices = [money.ticks(node.pool.committed_price) for node in nodes if node.is_committed]
    return sum(prices) + money.ticks(commitment.slack)


def _unused(calendar: Calendar, commitment: Commitment, unused: Ints, step: int) -> pl.DataFrame:
    frame = _periods(calendar, len(unused), step).with_columns(
        effective_cost=pl.Series(unused),
        billed_cost=pl.lit(0),
        list_cost=pl.lit(0),
        contracted_cost=pl.lit(0),
        cause=pl.lit("commitment_unused"),
        charge_category=pl.lit("Usage"),
        charge_description=pl.lit(f"{commitment.name}: unused"),
        **_literals(accounts.commitment_columns(commitment.provider)),
        **_literals(_commitment_columns(commitment, "Unused")),
    )
    return conform(frame.filter(pl.col("effective_cost") > 0))


def _purchases(
    calendar: Calendar, commitment: Commitment, promised: int, step: int
) -> list[pl.DataFrame]:
    """The fee: with every step, or once for each month."""
    periods = _periods(calendar, calendar.hours // step, step)
    fees = periods.with_columns(fee=pl.lit(promised))
    if commitment.billed == "monthly":
        months = [month_bounds(month) for month in calendar.months()]
        fees = pl.DataFrame(
            {
                "charge_period_start": [start for start, _ in months],
                "charge_period_end": [end for _, end in months],
                "fee": [promised * (end - start).days for start, end in months],
            },
            schema_overrides={
                "charge_period_start": pl.Datetime("us"),
                "charge_period_end": pl.Datetime("us"),
            },
        )
    purchase = fees.with_columns(
        billed_cost="fee",
        effective_cost=pl.lit(0),
        list_cost="fee",
        contracted_cost="fee",
        cause=pl.lit("purchase"),
        charge_category=pl.lit("Purchase"),
        charge_frequency=pl.lit("Recurring"),
        charge_description=pl.lit(f"{commitment.name}: recurring fee"),
        pricing_quantity=pl.lit(HOURS_SCALE),
        **_literals(accounts.commitment_columns(commitment.provider)),
        **_literals(_commitment_columns(commitment, None)),
    )
    return [conform(purchase)]


def _commitment_columns(commitment: Commitment, status: str | None) -> dict[str, str | None]:
    return {
        "commitment_discount_id": commitment.identifier,
        "commitment_discount_name": commitment.name,
        "commitment_discount_category": commitment.category,
        "commitment_discount_type": commitment.kind,
        "commitment_discount_status": status,
        "commitment_discount_unit": "USD" if commitment.category == "Spend" else "Hours",
    }


def _periods(calendar: Calendar, count: int, step: int) -> pl.DataFrame:
    starts = calendar.hour_starts().gather_every(step).head(count)
    return pl.DataFrame(
        {"charge_period_start": starts, "charge_period_end": starts + timedelta(hours=step)}
    )


def _literals(values: dict[str, str | None]) -> dict[str, pl.Expr]:
    return {name: pl.lit(value, pl.String) for name, value in values.items()}
