"""The truth: who really caused each cost. Only tests and benchmarks read it.

It follows from what happened (who held which GPU when, which requests a replica worked on, whose
tokens a vendor counted), never from the rules of the attribution.
"""

from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from apportion.sample.calendar import HOUR_MINUTES, HOUR_US, MINUTE_US, Calendar
from apportion.sample.fleet import SEVENTHS
from apportion.sample.layouts import Written
from apportion.sample.models import ROUTES
from apportion.sample.vendor_charges import usage_key
from apportion.sample.workloads import Schedule

RECIPIENT = ("team", "model", "deployment", "purpose", "usage_class")
QUANTA_PER_TICK = 10**6


def node_shares(schedule: Schedule, used: pl.DataFrame) -> pl.DataFrame:
    """Who had each node in each hour.

    Args:
        schedule: who held what.
        used: replica microseconds by replica, route and `hour_us`.

    Returns:
        node, hour (since the start), the recipient, and `basis` in microseconds of a seventh of a
        GPU; they add up to the node.
    """
    held = _held(schedule)
    serving = _serving(schedule, held.filter(pl.col("deployment") != ""), used)
    own = held.filter(pl.col("deployment") == "").select("node", "hour", *RECIPIENT, "basis")
    known = pl.concat([own, serving.select(own.columns)])
    return pl.concat([known, _unheld(schedule, known)]).filter(pl.col("basis") > 0)


def _held(schedule: Schedule) -> pl.DataFrame:
    """Held time by node, hour and workload; what a hung workload holds is `idle_held`."""
    workloads = schedule.workloads
    leases = schedule.lease_frame().with_columns(
        hung=pl.col("workload").replace_strict({w.index: w.hung_from for w in workloads})
    )
    working = leases.with_columns(pl.min_horizontal("end", "hung").alias("end"))
    hanging = leases.with_columns(pl.max_horizontal("start", "hung").alias("start"))
    parts = [
        _by_hour(frame.filter(pl.col("end") > pl.col("start"))).with_columns(
            usage_class=pl.lit(name)
        )
        for frame, name in ((working, "direct"), (hanging, "idle_held"))
    ]
    who = pl.DataFrame(
        {
            "workload": [w.index for w in workloads],
            "team": [w.team for w in workloads],
            "model": [w.model for w in workloads],
            "deployment": [w.deployment for w in workloads],
            "purpose": [w.purpose for w in workloads],
        }
    )
    return (
        pl.concat(parts)
        .join(who, on="workload")
        .group_by("node", "hour", *RECIPIENT)
        .agg(pl.col("basis").sum())
    )


def _by_hour(leases: pl.DataFrame) -> pl.DataFrame:
    """Leases cut at full hours; `basis` in microseconds of a seventh."""
    start, end = leases["start"].to_numpy(), leases["end"].to_numpy()
    first, last = start // HOUR_MINUTES, (end - 1) // HOUR_MINUTES
    pieces = last - first + 1
    source = np.repeat(np.arange(len(start)), pieces)
    hour = first[source] + np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    minutes = np.minimum(end[source], (hour + 1) * HOUR_MINUTES) - np.maximum(
        start[source], hour * HOUR_MINUTES
    )
    basis = minutes * MINUTE_US * leases["sevenths"].to_numpy()[source]
    return (
        leases[source]
        .select("node", "workload")
        .with_columns(hour=pl.Series(hour, dtype=pl.Int64), basis=pl.Series(basis, dtype=pl.Int64))
    )


def _serving(schedule: Schedule, held: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Held time of deployments: what requests used goes to their teams, the rest is idle."""
    replicas = pl.DataFrame(
        {
            "replica": [r.index for r in schedule.replicas],
            "node": [r.node for r in schedule.replicas],
            "deployment": [r.deployment for r in schedule.replicas],
            "sevenths": [len(r.devices) * SEVENTHS for r in schedule.replicas],
        }
    )
    callers = pl.DataFrame({"route": range(len(ROUTES)), "caller": [r.team for r in ROUTES]})
    origin = schedule.calendar.origin_us
    by_caller = (
        used.filter(pl.col("hour_us") < origin + schedule.calendar.hours * HOUR_US)
        .join(replicas, on="replica")
        .join(callers, on="route")
        .with_columns(hour=(pl.col("hour_us") - origin) // HOUR_US)
        .group_by("node", "hour", "deployment", "caller")
        .agg((pl.col("used_us") * pl.col("sevenths")).sum().alias("basis"))
    )
    keys = ["node", "hour", "deployment"]
    place = held.select(*keys, "team", "model", "purpose", pl.col("basis").alias("held"))
    direct = by_caller.join(place.drop("team"), on=keys).with_columns(
        team="caller", usage_class=pl.lit("direct")
    )
    taken = by_caller.group_by(keys).agg(pl.col("basis").sum().alias("taken"))
    idle = place.join(taken, on=keys, how="left").with_columns(
        basis=(pl.col("held") - pl.col("taken").fill_null(0)).clip(lower_bound=0),
        usage_class=pl.lit("idle_held"),
    )
    columns = [*keys, "team", "model", "purpose", "usage_class", "basis"]
    return pl.concat([direct.select(columns), idle.select(columns)])


def _unheld(schedule: Schedule, known: pl.DataFrame) -> pl.DataFrame:
    nodes = schedule.fleet.nodes
    up = [(n.index, int(h), n.pool.gpus_per_node) for n in nodes for h in np.flatnonzero(n.running)]
    capacity = pl.DataFrame(
        up, schema=dict.fromkeys(("node", "hour", "gpus"), pl.Int64), orient="row"
    )
    taken = known.group_by("node", "hour").agg(pl.col("basis").sum().alias("taken"))
    rest = pl.col("gpus") * HOUR_US * SEVENTHS - pl.col("taken").fill_null(0)
    return (
        capacity.join(taken, on=["node", "hour"], how="left")
        .with_columns(
            *(pl.lit("").alias(name) for name in RECIPIENT[:-1]),
            usage_class=pl.lit("idle_unheld"),
            basis=rest,
        )
        .select("node", "hour", *RECIPIENT, "basis")
    )


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


_SPLIT = f"""
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
            place.billed_cost::hugeint * {QUANTA_PER_TICK} as billed,
            place.effective_cost::hugeint * {QUANTA_PER_TICK} as effective,
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


def write_truth(folder: Path, recipients: pl.DataFrame) -> None:
    """Write the recipients of every charge, and what follows for team-days and model-days."""
    folder.mkdir(parents=True, exist_ok=True)
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
