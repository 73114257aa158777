"""The truth: who really caused each cost. Only tests and benchmarks read it.

It follows from what happened (who held which GPU when, which requests a replica worked on, whose
tokens a vendor counted), never from the rules of the attribution.
"""

from pathlib import Path

import duckdb
import polars as pl

from apportion.sample.calendar import HOUR_US, Calendar
from apportion.sample.layouts import Written
from apportion.sample.node_truth import RECIPIENT
from apportion.sample.vendor_charges import usage_key


def charge_recipients(
    connection: duckdb.DuckDBPyConnection,
    calendar: Calendar,
    written: Written,
    shares: pl.DataFrame,
    usage: pl.DataFrame,
) -> pl.DataFrame:
    """Every charge of a source with the recipients that caused it, adding up exactly."""
    charges = written.charges.with_row_index("number").with_columns(
        pl.col("number").cast(pl.Int64), source_name=pl.lit(written.source)
    )
    basis = pl.concat(
        [
            _node_basis(calendar, charges, shares),
            _vendor_basis(charges, usage),
            _single_basis(charges),
        ]
    )
    place = charges.select(
        "number",
        "source_name",
        "object_key",
        "object_row",
        pl.col("charge_period_start").dt.date().alias("charge_date"),
        "billing_currency",
        "billed_cost",
        "effective_cost",
    )
    connection.register("basis", basis.to_arrow())
    connection.register("place", place.to_arrow())
    return connection.sql(_SPLIT).pl()


_SPLIT = """
    with accumulated as (
        select
            *,
            sum(basis) over recipients::hugeint as running,
            sum(basis) over (partition by number)::hugeint as total
        from basis
        window recipients as (
            partition by number order by usage_class, team, deployment, model, purpose
            rows unbounded preceding
        )
    ),
    cuts as (
        select
            place.* exclude (billed_cost, effective_cost),
            accumulated.* exclude (number, running, total),
            place.billed_cost::hugeint * 1_000_000 as billed,
            place.effective_cost::hugeint * 1_000_000 as effective,
            running,
            running - basis as before,
            total
        from accumulated inner join place using (number)
    )
    select
        source_name, object_key, object_row, charge_date, billing_currency,
        nullif(team, '') as team, nullif(model, '') as model, nullif(deployment, '') as deployment,
        nullif(purpose, '') as purpose, usage_class, basis,
        ((billed * running // total - billed * before // total)::decimal(38, 0)
            * 0.000000000000000001::decimal(18, 18))::decimal(38, 18) as billed_cost,
        ((effective * running // total - effective * before // total)::decimal(38, 0)
            * 0.000000000000000001::decimal(18, 18))::decimal(38, 18) as effective_cost
    from cuts
    order by object_key, object_row, usage_class, team, deployment, model, purpose
"""


def _node_basis(calendar: Calendar, charges: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Recipients of the charges of nodes, by the hours that each charge covers."""
    offset = pl.col("charge_period_start").dt.epoch("us") - calendar.origin_us
    hours = (pl.col("charge_period_end") - pl.col("charge_period_start")).dt.total_hours()
    nodes = charges.filter(pl.col("cause") == "node").select(
        "number",
        pl.col("cause_node").alias("node"),
        (offset // HOUR_US).alias("hour"),
        hours.alias("hours"),
    )
    covered = (
        nodes.with_columns(hour=pl.int_ranges("hour", pl.col("hour") + pl.col("hours")))
        .explode("hour")
        .join(shares, on=["node", "hour"])
    )
    return covered.group_by("number", *RECIPIENT).agg(pl.col("basis").sum())


def _vendor_basis(charges: pl.DataFrame, usage: pl.DataFrame) -> pl.DataFrame:
    vendor = charges.filter(pl.col("cause") == "vendor").select("number", "cause_key")
    keyed = usage.with_columns(cause_key=usage_key())
    return vendor.join(keyed, on="cause_key").select(
        "number",
        "team",
        pl.col("target").str.split("/").list.last().alias("model"),
        pl.col("target").alias("deployment"),
        pl.lit("").alias("purpose"),
        pl.lit("direct").alias("usage_class"),
        pl.col("tokens").alias("basis"),
    )


def _single_basis(charges: pl.DataFrame) -> pl.DataFrame:
    """Charges that one team caused, or nobody in particular."""
    single = charges.filter(~pl.col("cause").is_in(["node", "vendor"]))
    return single.select(
        "number",
        pl.col("cause_key").fill_null("").alias("team"),
        *(pl.lit("").alias(name) for name in ("model", "deployment", "purpose")),
        pl.when(pl.col("cause") == "team")
        .then(pl.lit("direct"))
        .otherwise("cause")
        .alias("usage_class"),
        pl.lit(1, pl.Int64).alias("basis"),
    )


def deployment_hours(
    connection: duckdb.DuckDBPyConnection,
    calendar: Calendar,
    shares: pl.DataFrame,
    node_hours: pl.DataFrame,
) -> pl.DataFrame:
    """What each self-hosted deployment cost in each hour: who used it, and what stood idle.

    Args:
        connection: for exact arithmetic.
        calendar: the period.
        shares: what `node_shares` returns.
        node_hours: `effective_cost` (ticks) by node and `hour_us`.
    """
    connection.register("shares", shares.to_arrow())
    connection.register("costs", node_hours.to_arrow())
    return connection.execute(_DEPLOYMENT_HOURS, [calendar.origin_us]).pl()


_DEPLOYMENT_HOURS = """
    with parts as (
        select *, sum(basis) over (partition by node, hour)::hugeint as total from shares
    )
    select
        make_timestamp(hour_us) as hour_start, deployment, team, usage_class,
        (sum(effective_cost::hugeint * 1_000_000 * basis // total)::decimal(38, 0)
            * 0.000000000000000001::decimal(18, 18))::decimal(38, 18) as effective_cost
    from parts inner join costs
        on parts.node = costs.node and costs.hour_us = $1 + hour * 3_600_000_000
    where deployment <> ''
    group by all
    order by all
"""


def write_truth(folder: Path, recipients: pl.DataFrame, deployments: pl.DataFrame) -> None:
    """Write the recipients of every charge, and what follows for team-days and model-days.

    Args:
        folder: where the files go.
        recipients: what `charge_recipients` returns, of all sources.
        deployments: what `deployment_hours` returns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    deployments.write_parquet(folder / "deployment_hours.parquet", compression="zstd")
    recipients.write_parquet(folder / "charge_recipients.parquet", compression="zstd")
    costs = [pl.col("billed_cost").sum(), pl.col("effective_cost").sum()]
    for name, keys in (
        ("team_days", ["charge_date", "team", "usage_class", "billing_currency"]),
        (
            "model_days",
            ["charge_date", "model", "deployment", "purpose", "usage_class", "billing_currency"],
        ),
    ):
        frame = recipients.group_by(keys).agg(costs).sort(keys)
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd")
