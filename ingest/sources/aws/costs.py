"""What a line item was billed with, and what it cost effectively.

The report bills covered usage of a savings plan at the on-demand price and takes it back in
`SavingsPlanNegation`; FOCUS bills it with nothing, since the plan's own fee pays for it. So both
are billed with 0; should they not cancel out, what is left stays with the plan's first line. The
billed costs add up to the unblended costs of the report.

Effective is what AWS calls amortized (User guide, "Understanding your savings plans" and "Amortized
cost"): covered usage at the plan's or the reservation's rate; fees with nothing; and of each fee
what was not used, as a charge of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from ingest.decimals import parse_decimals
from ingest.schemas import MONEY

COVERED, NEGATION = "savingsplancoveredusage", "savingsplannegation"
PLAN_FEE, PLAN_UPFRONT = "savingsplanrecurringfee", "savingsplanupfrontfee"
RESERVED, RESERVATION_FEE = "discountedusage", "rifee"
AMOUNTS = (
    *("unblended_cost", "plan_cost", "plan_total", "plan_used", "reservation_cost"),
    *("reservation_unused_fee", "reservation_unused_upfront"),
)
NOTHING = Decimal(0)


@dataclass(slots=True)
class Plans:
    """What a delivery says of its savings plans, over all of its files.

    `uncancelled` is what the on-demand cost of covered usage and its negation leave, by plan;
    `used` what covered usage cost effectively, by plan and hour.
    """

    uncancelled: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    used: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @classmethod
    def of(cls, frames: Iterable[pl.DataFrame]) -> "Plans":
        """Read all canonical rows of a delivery once."""
        plans = cls()
        for frame in frames:
            rows = amounts(frame).filter(pl.col("kind").is_in([COVERED, NEGATION]))
            sums = rows.group_by("plan").agg(pl.col("unblended_cost").sum())
            for plan, cost in sums.iter_rows():
                plans.uncancelled[plan] += cost
            used = rows.filter(pl.col("kind") == COVERED).group_by("plan", "start")
            for plan, start, cost in used.agg(pl.col("plan_cost").sum()).iter_rows():
                plans.used[plan, start] += cost
        return plans

    def take_uncancelled(self, rows: pl.DataFrame) -> list[Decimal]:
        """What each covered or negating row is billed with: what its plan leaves, once."""
        return [self.uncancelled.pop(plan, NOTHING) for plan in rows["plan"]]

    def take_used(self, rows: pl.DataFrame) -> list[Decimal]:
        """What covered usage took of each hour's commitment, once."""
        keys = rows.select("plan", "start").iter_rows()
        return [self.used.pop((plan, start), NOTHING) for plan, start in keys]


def amounts(rows: pl.DataFrame) -> pl.DataFrame:
    """The kinds, plans and amounts of canonical rows, typed."""
    return rows.select(
        pl.col("kind").str.to_lowercase().fill_null(""),
        pl.col("plan").fill_null(""),
        pl.col("start").fill_null(""),
        (pl.col("reservation").fill_null("") != "").alias("is_reserved"),
    ).with_columns(parse_decimals(rows[name]).alias(name) for name in AMOUNTS)


def costs(rows: pl.DataFrame, plans: Plans) -> pl.DataFrame:
    """Billed, effective and unused cost of canonical rows.

    Args:
        rows: what `columns.canonical` gave.
        plans: the savings plans of the delivery; what is taken of them is not taken again.

    Returns:
        `billed` and `effective` as text (null where the row does not say it), `unused` as a number.
    """
    known = amounts(rows).with_row_index("row")
    cancelling = pl.col("kind").is_in([COVERED, NEGATION])
    is_fee = pl.col("kind").is_in([PLAN_FEE, PLAN_UPFRONT, RESERVATION_FEE])
    is_upfront = (pl.col("kind") == "fee") & pl.col("is_reserved")
    left = _taken(known.filter(cancelling), plans.take_uncancelled)
    used = _taken(known.filter(pl.col("kind") == PLAN_FEE), plans.take_used)
    joined = known.join(left, on="row", how="left").join(used, on="row", how="left", suffix="_used")
    nothing = pl.lit(NOTHING, MONEY)
    effective = (
        pl.when(pl.col("kind") == COVERED)
        .then("plan_cost")
        .when((pl.col("kind") == NEGATION) | is_fee | is_upfront)
        .then(nothing)
        .when(pl.col("kind") == RESERVED)
        .then(pl.coalesce("reservation_cost", "unblended_cost"))
    )
    is_billed = ~cancelling
    return joined.sort("row").select(
        billed=pl.when(is_billed)
        .then(rows["unblended_cost"])
        .otherwise(pl.col("taken").cast(pl.String)),
        effective=pl.coalesce(
            effective.cast(pl.String),
            pl.when(pl.col("kind") != COVERED).then(rows["unblended_cost"]),
        ),
        unused=pl.when(pl.col("kind") == PLAN_FEE)
        .then(
            pl.coalesce(
                pl.col("plan_total") - pl.col("plan_used"),
                pl.col("unblended_cost") - pl.col("taken_used"),
            )
        )
        .when(pl.col("kind") == RESERVATION_FEE)
        .then(
            pl.col("reservation_unused_fee").fill_null(nothing)
            + pl.col("reservation_unused_upfront").fill_null(nothing)
        )
        .otherwise(nothing),
    )


def _taken(rows: pl.DataFrame, take: Callable[[pl.DataFrame], list[Decimal]]) -> pl.DataFrame:
    taken = pl.Series(take(rows), dtype=MONEY)
    return pl.DataFrame({"row": rows["row"], "taken": taken})
