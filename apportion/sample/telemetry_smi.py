"""What `nvidia-smi` logs on a machine of the data hall without an exporter, a file for each job."""

import gzip
from datetime import date
from pathlib import Path

import polars as pl

from apportion.sample import metric_labels
from apportion.sample.layouts import delivery_entry, write_manifest

SOURCE = """kind = "nvidia_smi"                     # a machine's own log, a file for each job
location = "exports/nvidia-smi"
slurm_job = "job-([0-9]+)"
"""
FIELDS = {"uuid": "UUID", "name": "modelName", "hostname": "Hostname"}
HEADER = "timestamp, uuid, name, hostname, utilization.gpu [%]"
INSTANT = "%Y/%m/%d %H:%M:%S%.3f"


class SmiLog:
    """Takes the samples of one machine out of the utilization, day by day."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: list[dict[str, object]] = []

    def take(self, day: date, samples: pl.DataFrame) -> pl.DataFrame:
        """Write the machine's samples of a day; the others are given back."""
        named = metric_labels.of_hall(samples, {**FIELDS, "job": "hpc_job"})
        mine = named.filter(pl.col("hostname") == pl.col("hostname").min())
        rows = samples.join(mine, on="labels", how="inner", maintain_order="left").select(
            "job",
            line=pl.concat_str(
                pl.col("sample_at").dt.strftime(INSTANT),
                *FIELDS,
                pl.col("value").cast(pl.Int64).cast(pl.String) + " %",
                separator=", ",
            ),
        )
        files = {}
        for part in rows.partition_by("job", maintain_order=True):
            job = part["job"][0]
            path = self._folder / f"{day}" / (f"job-{job}.csv.gz" if job else "idle.csv.gz")
            path.parent.mkdir(parents=True, exist_ok=True)
            text = "\n".join([HEADER, *part["line"]]) + "\n"
            path.write_bytes(gzip.compress(text.encode(), 6, mtime=0))
            files[path] = part.height
        self._entries.append(delivery_entry(self._folder, f"{day}", "1", files))
        return samples.join(mine, on="labels", how="anti", maintain_order="left")

    def finish(self) -> None:
        """Write the manifest that names every day's files."""
        write_manifest(self._folder, self._entries)
