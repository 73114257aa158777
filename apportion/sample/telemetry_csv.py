"""What the data hall's own collector writes of its GPUs: a table, in columns of its own."""

import gzip
from datetime import date
from pathlib import Path

import polars as pl

from apportion.sample import metric_labels
from apportion.sample.layouts import delivery_entry, write_manifest

METRIC = "DCGM_FI_DEV_GPU_UTIL"
SOURCE = f"""kind = "telemetry_csv"                  # the data hall's own table of GPU utilization
location = "exports/hall-gpus"
metric = "{METRIC}"
sample_at = "time"
value = "utilization_percent"
labels = {{ UUID = "gpu", Hostname = "host", modelName = "model", hpc_job = "job" }}
"""
COLUMNS = {"host": "Hostname", "gpu": "UUID", "model": "modelName", "job": "hpc_job"}
INSTANT = "%Y-%m-%dT%H:%M:%S%.6fZ"


class TelemetryTable:
    """Takes the samples of the data hall out of a metric, day by day."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: list[dict[str, object]] = []

    def take(self, day: date, samples: pl.DataFrame) -> pl.DataFrame:
        """Write the hall's samples of a day; the others are given back."""
        named = metric_labels.of_hall(samples, COLUMNS)
        rows = samples.join(named, on="labels", how="inner", maintain_order="left").select(
            pl.col("sample_at").dt.strftime(INSTANT).alias("time"),
            *COLUMNS,
            pl.col("value").cast(pl.Int64).alias("utilization_percent"),
        )
        path = self._folder / f"gpus-{day}.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(rows.write_csv().encode(), 6, mtime=0))
        self._entries.append(delivery_entry(self._folder, f"{day}", "1", {path: rows.height}))
        return samples.join(named, on="labels", how="anti", maintain_order="left")

    def finish(self) -> None:
        """Write the manifest that names every day's table."""
        write_manifest(self._folder, self._entries)
