"""The source kind `nvidia_smi`: what `nvidia-smi` logs on a node, where no exporter runs.

    nvidia-smi --query-gpu=timestamp,uuid,name,hostname,utilization.gpu,power.draw,memory.used
               --format=csv -l 30 -f /var/log/gpu/node-1/2026-10-03.csv

    location/manifest.json    {"deliveries": [{"period": "2026-10-03", "version": "1",
                                "files": [{"key": "node-1/2026-10-03.csv"}]}, ...]}

`files` can name single files instead of a manifest. Every field with a unit becomes a sample, under
the name and in the unit that exporters of `nvidia-smi` give it (`nvidia_smi_power_draw_watts`), so
that it does not matter who asked. Drivers before `hostname` could be queried: the folder of a file
is its node.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePosixPath
from types import MappingProxyType

import polars as pl
from pydantic import Field, field_validator

from apportion.errors import DeliveryRefused
from ingest.source import Batch, LandedDelivery, LandedObject
from ingest.sources import gzipped
from ingest.sources.file_source import FileOptions, FileSource
from ingest.sources.instants import ZoneOptions
from ingest.sources.samples import COLUMNS, sample_batch
from ingest.text_blocks import UNTRUSTED

FRAME_LINES = 20_000
SEPARATOR = ", "
TAKEN, DEVICE = "timestamp", "uuid"
LABELS = MappingProxyType({DEVICE: "uuid", "name": "modelName", "hostname": "Hostname"})
"""The label that a field becomes."""

UNITS = MappingProxyType(
    {
        "%": ("ratio", 1, 100),
        "W": ("watts", 1, 1),
        "MiB": ("bytes", 1 << 20, 1),
        "MHz": ("clock_hz", 1_000_000, 1),
        "us": ("seconds", 1, 1_000_000),
    }
)
"""How the name of a unit's metric ends, and what its values are multiplied with and divided by."""

MEASURED = re.compile(rf"([A-Za-z0-9_.]+) \[({'|'.join(UNITS)})\]$", re.ASCII)
NOTHING = r"^(?:\[.*\]|N/A)$"
"""`[N/A]`, `[Not Supported]`, `[Insufficient Permissions]`: the GPU does not tell."""

NUMBER = r"^(-?[0-9]+(?:\.[0-9]+)?)(?: [A-Za-z%]+)?$"
TIMESTAMP_FORMAT = "%Y/%m/%d %H:%M:%S%.f"

Line = tuple[int, list[str] | None]
"""A line's number below the header, and its fields; None where they are not those of the header."""


class NvidiaSmiOptions(ZoneOptions, FileOptions):
    """Where the files are, by which clock they were written, and for which job."""

    slurm_job: str | None = Field(
        None,
        description="A regular expression for keys whose one group is the Slurm job that a file "
        "was written for, as in `job-([0-9]+)`. Without it nobody holds the GPUs.",
    )

    @field_validator("slurm_job")
    @classmethod
    def _has_one_group(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern).groups if pattern is not None else 1
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        if groups != 1:
            raise ValueError("needs one group, which is the job")
        return pattern

    def job_of(self, key: str) -> str:
        """The Slurm job that a key names; empty if it names none."""
        found = re.search(self.slurm_job, key) if self.slurm_job else None
        return found[1] if found else ""


class NvidiaSmiSource(FileSource[NvidiaSmiOptions]):
    """Logs of `nvidia-smi` below one location."""

    options_model = NvidiaSmiOptions

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The samples of a delivery, file by file.

        Raises:
            DeliveryRefused: a file is damaged, or does not say which GPU was measured when.
        """
        for item in landed.objects:
            for frame in self._frames(item):
                yield sample_batch(frame, item.key, landed.delivery.period)

    def _frames(self, item: LandedObject) -> Iterator[pl.DataFrame]:
        name, content = self.store.uri(item.key), item.path.read_bytes()
        with gzipped.opened(content, name) as stream:
            lines = gzipped.lines(stream, name, len(content))
            header = next(lines, b"").removeprefix(b"\xef\xbb\xbf").strip()
            fields = header.decode("utf-8", "replace").split(SEPARATOR)
            node = PurePosixPath(item.key).parent.name
            _check(fields, node, name)
            constant = {"hpc_job": self._options.job_of(item.key)}
            if "hostname" not in fields:
                constant["Hostname"] = node
            numbered = _numbered(lines, header, len(fields))
            while chunk := list(islice(numbered, FRAME_LINES)):
                yield self._samples(chunk, fields, constant)

    def _samples(
        self, lines: Sequence[Line], fields: Sequence[str], constant: Mapping[str, str]
    ) -> pl.DataFrame:
        """A sample for each measured field of each line that has a value there."""
        measured = [found for field in fields if (found := MEASURED.match(field))]
        wanted = [field for field in fields if field in (TAKEN, *LABELS)]
        wanted += [found[0] for found in measured]
        places = [fields.index(field) for field in wanted]
        told = [(number, *(parts[p] for p in places)) for number, parts in lines if parts]
        schema = {"object_row": pl.Int64, **dict.fromkeys(wanted, pl.String)}
        wide = pl.DataFrame(told, schema=schema, orient="row")
        labels = [pl.col(field).alias(label) for field, label in LABELS.items() if field in wanted]
        labels += [pl.lit(text).alias(label) for label, text in constant.items()]
        marked = wide.select(
            "object_row",
            pl.struct(labels).struct.json_encode().alias("labels"),
            self._options.instants(pl.col(TAKEN), TIMESTAMP_FORMAT).alias("sample_at"),
            *(found[0] for found in measured),
        )
        taken = [_of_field(marked, found) for found in measured]
        broken = pl.DataFrame({"object_row": [number for number, parts in lines if not parts]})
        return pl.concat([pl.DataFrame(schema=COLUMNS), *taken, broken], how="diagonal_relaxed")


def _numbered(lines: Iterator[bytes], header: bytes, width: int) -> Iterator[Line]:
    """The lines below the header, which stands there anew wherever the log was started again."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and text != header:
            parts = text.decode("utf-8", "replace").split(SEPARATOR)
            is_whole = line.endswith(b"\n") and len(parts) == width
            yield number, parts if is_whole else None


def _of_field(marked: pl.DataFrame, field: re.Match[str]) -> pl.DataFrame:
    """The samples of one field with a unit."""
    ending, factor, divisor = UNITS[field[2]]
    text = pl.col(field[0])
    number = text.str.extract(NUMBER).cast(pl.Float64, strict=False)
    return marked.filter(~text.str.contains(NOTHING)).select(
        "object_row",
        metric=pl.lit(f"nvidia_smi_{field[1].replace('.', '_').lower()}_{ending}"),
        labels="labels",
        sample_at="sample_at",
        value=number * factor / divisor,
    )


def _check(fields: Sequence[str], node: str, name: str) -> None:
    missing = [field for field in (TAKEN, DEVICE) if field not in fields]
    if not any(MEASURED.match(field) for field in fields):
        missing.append("utilization.gpu [%]")
    if "hostname" not in fields and not node:
        missing.append("hostname (or a folder that is named after the node)")
    if missing:
        raise DeliveryRefused(
            "COLUMN_MISSING",
            f"{name}: has no column {', '.join(missing)}. {UNTRUSTED} Query timestamp, uuid, "
            "hostname and what is measured, with --format=csv.",
        )
