"""The source kind `telemetry_csv`: measurements in anybody's columns, read by a mapping.

    [[sources]]
    name = "duty-cycle"
    kind = "telemetry_csv"
    location = "exports/gpu"
    files = ["duty_cycle.csv.gz"]                 # or a manifest.json that names deliveries
    metric = "DCGM_FI_DEV_GPU_UTIL"
    sample_at = "timestamp"                       # the columns that hold time and value
    value = "value"
    epoch_unit = "s"
    labels = { UUID = "device", Hostname = "host" }

The values must be in the unit of the metric that they are given the name of: percent for
`DCGM_FI_DEV_GPU_UTIL`, watts for `DCGM_FI_DEV_POWER_USAGE`, MiB for `DCGM_FI_DEV_FB_USED`. Parquet
files and JSON lines are read like CSV files.
"""

from collections.abc import Iterator
from typing import Self

import polars as pl
from pydantic import Field, model_validator

from ingest.source import Batch, LandedDelivery
from ingest.sources.file_source import FileOptions, FileSource
from ingest.sources.instants import InstantOptions
from ingest.sources.mapped_rows import NUMBER, read_rows
from ingest.sources.samples import sample_batch

LABEL = "label_"


class TelemetryCsvOptions(InstantOptions, FileOptions):
    """Where measurements are, and which column means what."""

    metric: str = Field(
        pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", description="The name of the metric in all files."
    )
    sample_at: str = Field(description="The column with the time of the measurement.")
    value: str = Field(description="The column with what was measured.")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Label = the column that holds it."
    )
    constant_labels: dict[str, str] = Field(
        default_factory=dict, description="Label = the text that every sample has there."
    )
    null_values: tuple[str, ...] = Field(
        ("", "NULL", "null", "None"), description="Texts that stand for no value."
    )

    @model_validator(mode="after")
    def _are_unambiguous(self) -> Self:
        both = sorted(set(self.labels) & set(self.constant_labels))
        if both:
            raise ValueError(f"{', '.join(both)}: a label from a column and a constant at once")
        return self


class TelemetryCsvSource(FileSource[TelemetryCsvOptions]):
    """Files of one metric."""

    options_model = TelemetryCsvOptions

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        """The samples of a delivery, file by file.

        Raises:
            DeliveryRefused: a file is damaged, of another format, or lacks a column.
        """
        options = self._options
        columns = {"sample_at": options.sample_at, "value": options.value} | {
            LABEL + label: column for label, column in options.labels.items()
        }
        for item in landed.objects:
            name = self.store.uri(item.key)
            for frame in read_rows(item.path, name, columns, options.null_values):
                yield sample_batch(self._samples(frame), item.key, landed.delivery.period)

    def _samples(self, frame: pl.DataFrame) -> pl.DataFrame:
        options = self._options
        labels = [
            *(pl.col(LABEL + label).fill_null("").alias(label) for label in options.labels),
            *(pl.lit(text).alias(label) for label, text in options.constant_labels.items()),
        ]
        encoded = pl.struct(labels).struct.json_encode() if labels else pl.lit("{}")
        return frame.select(
            NUMBER,
            metric=pl.lit(options.metric),
            labels=encoded,
            sample_at=options.parse(frame["sample_at"]),
            value=pl.col("value").cast(pl.Float64, strict=False),
        )
