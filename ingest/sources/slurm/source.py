"""The source kind `slurm`: files that `sacct` printed, one a day or one a month.

    TZ=UTC sacct -a -X -D -T -P -S 2026-10-03 -E 2026-10-04 -o JobID,JobIDRaw,Cluster,...,JobName

`-T` cuts a job to the day that was asked for, so that each day's file holds that day's part of a
long job; `-X` leaves out job steps, which repeat the GPUs of their job; `-D` keeps the earlier runs
of a job that was requeued. Without `-T` a file holds whole jobs: each is cut here to the days on
which it ran, so that both ways give the same rows.

    location/manifest.json    {"deliveries": [{"period": "2026-10-03", "version": "1",
                                "files": [{"key": "sacct-2026-10-03.psv"}]}, ...]}

`files` can name single files instead of a manifest. Files in `.json` and `.json.gz` hold what
`sacct --json` prints, of any version.
"""

from collections.abc import Iterator

from ingest.source import Batch, LandedDelivery
from ingest.sources import gzipped
from ingest.sources.file_source import FileOptions, FileSource
from ingest.sources.instants import ZoneOptions
from ingest.sources.slurm.documents import ENDINGS, read_document
from ingest.sources.slurm.jobs import job_batch
from ingest.sources.slurm.sacct import read_records


class SlurmOptions(ZoneOptions, FileOptions):
    """Where the files of `sacct` are, and by which clock it printed them."""


class SlurmSource(FileSource[SlurmOptions]):
    """Accounting files below one location."""

    options_model = SlurmOptions

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The allocations of a delivery, file by file.

        Raises:
            DeliveryRefused: a file is damaged, lacks a column, or holds job steps.
        """
        for item in landed.objects:
            name = self.store.uri(item.key)
            text = gzipped.read_whole(item.path.read_bytes(), name)
            if item.key.lower().endswith(ENDINGS):
                yield job_batch(read_document(text, name), item.key, "UTC")
            else:
                yield job_batch(read_records(text, name), item.key, self._options.time_zone)
