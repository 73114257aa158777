"""The truth of single requests: GPU time by residency, or tokens at the contract's price."""

from pathlib import Path

import duckdb
import polars as pl

from apportion.sample.gateway_log import request_ids
from apportion.sample.models import API_MODEL, ROUTES
from apportion.sample.noise import Noise
from apportion.sample.vendors import PRICE_TICKS, VENDORS
from apportion.sample.workloads import Schedule


class RequestTruth:
    """Writes what requests really used and cost, window by window."""

    def __init__(
        self,
        folder: Path,
        noise: Noise,
        schedule: Schedule,
        node_hours: pl.DataFrame,
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        """Prepare.

        Args:
            folder: where the files go.
            noise: the randomness of the simulation.
            schedule: the replicas and their nodes.
            node_hours: `effective_cost` (ticks) by node and `hour_us`.
            connection: a DuckDB connection for exact arithmetic.
        """
        self._folder = folder
        self._noise = noise
        self._connection = connection
        folder.mkdir(parents=True)
        replicas = pl.DataFrame(
            {
                "replica": [r.index for r in schedule.replicas],
                "node": [r.node for r in schedule.replicas],
                "gpus": [len(r.devices) for r in schedule.replicas],
                "node_gpus": [
                    schedule.fleet.nodes[r.node].pool.gpus_per_node for r in schedule.replicas
                ],
            }
        )
        connection.register("replicas", replicas.to_arrow())
        connection.register("node_hours", node_hours.to_arrow())
        connection.register("routes", _routes().to_arrow())

    def write(self, name: str, requests: pl.DataFrame, usage: pl.DataFrame) -> None:
        """Write a window: usage of self-hosted models, and calls of vendors' models."""
        self._connection.register("usage", usage.to_arrow())
        self._connection.register("requests", requests.to_arrow())
        frame = self._connection.sql(_COSTS).pl()
        ids = request_ids(self._noise, frame["key"].to_numpy())
        frame.drop("key").insert_column(0, ids).write_parquet(
            self._folder / f"{name}.parquet", compression="zstd"
        )


def _routes() -> pl.DataFrame:
    discounts = {vendor.provider: vendor.discount_percent for vendor in VENDORS}
    rows = []
    for index, route in enumerate(ROUTES):
        prices = PRICE_TICKS.get(route.target, {})
        share = 100 - discounts.get(route.target.partition("/")[0], 0)
        paid = {f"{kind}_price": price * share // 100 for kind, price in prices.items()}
        is_api = route.target in API_MODEL
        rows.append(
            {
                "route": index,
                "team": route.team,
                "deployment": route.target,
                "is_api": is_api,
                **paid,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


_COSTS = """
    select
        usage.key,
        make_timestamp(usage.hour_us) as hour_start,
        routes.team,
        routes.deployment,
        usage.used_us * replicas.gpus as gpu_microseconds,
        ((node_hours.effective_cost::hugeint * usage.used_us * replicas.gpus * 1000000
            // (replicas.node_gpus * 3_600_000_000::hugeint))::decimal(38, 0)
            * 0.000000000000000001::decimal(18, 18))::decimal(38, 18) as effective_cost
    from usage
    inner join replicas using (replica)
    inner join routes using (route)
    inner join node_hours on replicas.node = node_hours.node and usage.hour_us = node_hours.hour_us
    union all
    select
        requests.key,
        make_timestamp(requests.start_us // 3_600_000_000 * 3_600_000_000) as hour_start,
        routes.team,
        routes.deployment,
        0::bigint as gpu_microseconds,
        ((case when requests.is_hit then 0 else
            (input - cache_read - cache_creation) * input_price + cache_read * cache_read_price
            + cache_creation * cache_creation_price + output * output_price
        end)::decimal(38, 0) * 0.000000000001::decimal(18, 12))::decimal(38, 18) as effective_cost
    from requests inner join routes using (route)
    where routes.is_api
    order by hour_start, deployment, key
"""
