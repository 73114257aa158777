"""The source kind `slurm`: files that `sacct` printed, one a day or one a month.

    TZ=UTC sacct -a -X -D -T -P -S 2026-10-03 -E 2026-10-04 -o JobID,JobIDRaw,Cluster,...,JobName

`-T` cuts a job to the day that was asked for, so that each day's file holds that day's part of a
long job; `-X` leaves out job steps, which repeat the GPUs of their job; `-D` keeps the earlier runs
of a job that was requeued. A job belongs to the day on which it, or its part, started.

    location/manifest.json    {"deliveries": [{"period": "2026-10-03", "version": "1",
                                "files": [{"key": "sacct-2026-10-03.psv"}]}, ...]}

`files` can name single files instead of a manifest.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from ingest.source import Batch, Delivery, LandedDelivery, Window
from ingest.sources import gzipped
from ingest.sources.focus.layouts import explicit_files, own_manifest
from ingest.sources.slurm.jobs import job_batch
from ingest.sources.slurm.sacct import read_records
from ingest.stores import Store, StoreOptions, open_store


class SlurmOptions(StoreOptions):
    """Where the files of `sacct` are."""

    files: tuple[str, ...] = Field((), description="Keys of files to read instead of a manifest.")
    time_zone: str = Field("UTC", description="The zone of the printed times (`TZ` of `sacct`).")

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            return ZoneInfo(name).key
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(f'"{name}" is not a time zone such as Europe/Berlin') from error


class SlurmSource:
    """Accounting files below one location."""

    def __init__(self, name: str, store: Store, options: SlurmOptions) -> None:
        self.name = name
        self.store = store
        self._options = options

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        checked = SlurmOptions.model_validate(dict(options))
        return cls(name, open_store(checked.location, directory, checked), checked)

    def discover(self, window: Window) -> Iterable[Delivery]:
        """What the manifest names for days of the window, or one delivery for each of `files`.

        Raises:
            ConfigError: one of `files` is not there.
            DeliveryRefused: the manifest is missing or cannot be read.
        """
        if self._options.files:
            return explicit_files(self.name, self.store, self._options.files)
        return own_manifest(self.name, self.store, window)

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The allocations of a delivery, file by file.

        Raises:
            DeliveryRefused: a file is damaged, lacks a column, or holds job steps.
        """
        for item in landed.objects:
            name = self.store.uri(item.key)
            text = gzipped.read_whole(item.path.read_bytes(), name)
            yield job_batch(read_records(text, name), item.key, self._options.time_zone)
