"""The options of a source of kind `gcp_billing`."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.sources.file_source import FileOptions

TABLE = r"^[a-z0-9:.\-]+\.[A-Za-z0-9_]+\.[A-Za-z0-9_\-]+$"
COLUMN = r"^[A-Za-z_][A-Za-z0-9_.]*$"


class BigQueryOptions(BaseModel):
    """Which table of BigQuery, and who asks for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str = Field(pattern=TABLE, description="`project.dataset.table` of the export.")
    query_project: str | None = Field(
        None, description="The project that queries are run and paid in; else that of the table."
    )
    region: str | None = Field(None, description="Where the data set is, such as `EU`.")
    partition_column: str = Field(
        "_PARTITIONTIME",
        pattern=COLUMN,
        description="What the table is partitioned by; a view may have another column.",
    )
    export_time_column: str | None = Field(
        None, pattern=COLUMN, description="When a row was exported; `export_time` if not said."
    )
    first_partition: str | None = Field(
        None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="Partitions before this day stay unread."
    )
    maximum_gigabytes: int = Field(
        500, ge=1, description="A query that would read more is refused by BigQuery."
    )
    endpoint_url: str | None = Field(None, description="Another endpoint than that of Google.")

    @property
    def is_focus(self) -> bool:
        """Whether it is Google's FOCUS table."""
        return "_focus_" in self.table

    @property
    def exported_at(self) -> str:
        """The column that tells when a row was exported."""
        return self.export_time_column or ("x_ExportTime" if self.is_focus else "export_time")


class GcpBillingOptions(FileOptions):
    """Where the export is: files below a location, or a table of BigQuery."""

    location: str = Field("", description="`s3://bucket/prefix`, or a folder of exported files.")
    bigquery: BigQueryOptions | None = Field(None, description="The table, instead of files.")

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if bool(self.location) == bool(self.bigquery):
            raise ValueError("either a `location` of files or a `bigquery` table")
        return self
