"""Actual and amortized cost of a month: two descriptions of the same spend, combined.

Every row of the actual export becomes a charge with its cost as billed cost. A row of the amortized
export that says the same (same day, resource, meter, quantity, benefit, tags, ...; costs and prices
aside) is the same charge, and gives its effective cost; of several equal rows the first of one
export goes with the first of the other. What stands in the actual export alone (the purchase of a
reservation) has no effective cost, what stands in the amortized export alone (unused reservations)
was not billed. So whatever pairs are found, what is billed adds up to the actual export and what is
effective to the amortized one, to the last digit.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

IDENTITY = (
    *("availability_zone", "benefit_id", "charge_type", "consumed_service", "date", "frequency"),
    *("invoice_section", "location", "meter", "meter_category", "meter_id", "pricing_model"),
    *("product", "product_id", "publisher_name", "quantity", "reservation_id", "resource_group"),
    *("resource_id", "resource_name", "subscription_id", "tags", "unit"),
)
"""What tells whether two rows describe the same charge."""

NOTHING = "0"


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of one export, by what they say: a hash of their identity, and their cost."""

    identities: pl.Series
    costs: pl.Series


@dataclass(frozen=True, slots=True)
class Matched:
    """The outcome of matching.

    `effective` is the effective cost of every actual row; `is_left` marks the amortized rows that
    no actual row describes.
    """

    effective: pl.Series
    is_left: pl.Series


def rows_of(frames: Iterable[pl.DataFrame]) -> Rows:
    """What is needed of the rows of an export to match them.

    Args:
        frames: the canonical rows, in the order of the files.
    """
    identities = [pl.Series(dtype=pl.UInt64)]
    costs = [pl.Series(dtype=pl.String)]
    for frame in frames:
        texts = frame.select(pl.col(IDENTITY).fill_null("").str.to_lowercase())
        identities.append(texts.hash_rows())
        costs.append(frame["cost"].fill_null(""))
    return Rows(pl.concat(identities), pl.concat(costs))


def match(actual: Rows, amortized: Rows) -> Matched:
    """Pair the rows of the two exports one to one."""
    left = _numbered(actual)
    right = _numbered(amortized)
    keys = ["identity", "nth"]
    effective = left.join(right, on=keys, how="left", maintain_order="left", suffix="_amortized")
    is_left = right.join(
        left.select(*keys, found=pl.lit(value=True)), on=keys, how="left", maintain_order="left"
    )
    return Matched(
        effective["cost_amortized"].fill_null(NOTHING), is_left["found"].is_null().alias("is_left")
    )


def _numbered(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame({"identity": rows.identities, "cost": rows.costs}).with_columns(
        nth=pl.int_range(pl.len()).over("identity")
    )
