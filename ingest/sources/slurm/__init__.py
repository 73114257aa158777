"""Slurm's accounting: one record an allocation, as `sacct` prints them."""

from ingest.sources.slurm.source import SlurmOptions, SlurmSource

__all__ = ["SlurmOptions", "SlurmSource"]
