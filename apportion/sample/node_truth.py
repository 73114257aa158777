"""Who really had each node in each hour: holders, and the requests that they worked on."""

import numpy as np
import polars as pl

from apportion.sample.calendar import HOUR_MINUTES, HOUR_US, MINUTE_US
from apportion.sample.fleet import SEVENTHS
from apportion.sample.models import ROUTES
from apportion.sample.workloads import Schedule

RECIPIENT = ("team", "model", "deployment", "purpose", "usage_class")


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
