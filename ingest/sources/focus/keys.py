"""What identifies a charge across deliveries, and which partition of the lake it belongs to."""

import hashlib
from collections import Counter

import polars as pl

from ingest.sources.focus.columns import FOCUS_NAMES

SEPARATOR = "\x1f"
KEY_LENGTH = 32


class ChargeKeys:
    """Hands out charge keys within one delivery.

    A key is a hash of the source, the period and everything that the charge says (its null columns
    left out, so that a new FOCUS version alone changes no key); the second of two identical charges
    gets `-2` behind it, the third `-3`. So the keys of a delivery depend on its rows alone, not on
    their order, and two sources that deliver the same rows never share one.
    """

    def __init__(self, source_name: str, period: str) -> None:
        self._scope = f"{source_name}{SEPARATOR}{period}{SEPARATOR}"
        self._seen: Counter[str] = Counter()

    def of(self, charges: pl.DataFrame) -> pl.Series:
        """The key of every charge; call once per frame of the delivery."""
        hashes = [
            hashlib.sha256((self._scope + content).encode()).hexdigest()[:KEY_LENGTH]
            for content in _contents(charges).to_list()
        ]
        before = [self._seen[key] for key in hashes]
        self._seen.update(hashes)
        ordinal = pl.col("before") + pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("key")
        return (
            pl.DataFrame(
                {"key": hashes, "before": before},
                schema={"key": pl.String, "before": pl.UInt32},
            )
            .select(
                pl.when(ordinal == 1)
                .then("key")
                .otherwise(pl.format("{}-{}", "key", ordinal))
                .alias("charge_key")
            )
            .to_series()
        )


def partitions(charges: pl.DataFrame) -> pl.Series:
    """The usage day of a charge that lies within one day (UTC), else its billing period."""
    return charges.select(partition()).to_series()


def partition() -> pl.Expr:
    """`partitions` as an expression; null where a quarantined charge has no readable period."""
    start, end = pl.col("charge_period_start"), pl.col("charge_period_end")
    return (
        pl.when(end <= start.dt.truncate("1d") + pl.duration(days=1))
        .then(start.dt.strftime("%Y-%m-%d"))
        .otherwise(pl.col("billing_period_start").dt.strftime("%Y-%m"))
        .alias("partition")
    )


def _contents(charges: pl.DataFrame) -> pl.Series:
    columns = [*FOCUS_NAMES, "x_columns"]
    parts = [pl.lit(f"{column}=") + pl.col(column).cast(pl.String) for column in columns]
    return charges.select(pl.concat_str(parts, separator=SEPARATOR, ignore_nulls=True)).to_series()
