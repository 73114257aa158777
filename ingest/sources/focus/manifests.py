"""The manifests that name the files of a delivery of AWS and of Azure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from apportion.errors import DeliveryRefused
from ingest.deliveries import invalid
from ingest.stores import ObjectInfo

AZURE_FOCUS = "FocusCost"


class ProviderSection(BaseModel):
    """A part of a provider's manifest; keys that we do not need are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class AwsManifest(ProviderSection):
    """`<export>-Manifest.json` of an AWS data export."""

    execution_id: str | None = Field(None, validation_alias="executionId")
    files: tuple[str, ...] = Field(validation_alias="dataFiles", min_length=1)


class AzureBlob(ProviderSection):
    """A file of a run."""

    name: str = Field(validation_alias="blobName")
    byte_count: int | None = Field(None, validation_alias="byteCount")


class AzureManifest(ProviderSection):
    """`manifest.json` of one run of an Azure Cost Management export."""

    export: str = Field(validation_alias=AliasPath("exportConfig", "exportName"))
    resource_id: str = Field("", validation_alias=AliasPath("exportConfig", "resourceId"))
    kind: str = Field(AZURE_FOCUS, validation_alias=AliasPath("exportConfig", "type"))
    submitted: datetime = Field(validation_alias=AliasPath("runInfo", "submittedTime"))
    run_id: str = Field(validation_alias=AliasPath("runInfo", "runId"))
    first: datetime = Field(validation_alias=AliasPath("runInfo", "startDate"))
    last: datetime = Field(validation_alias=AliasPath("runInfo", "endDate"))
    blob_count: int = Field(validation_alias="blobCount")
    row_count: int | None = Field(None, validation_alias="dataRowCount")
    blobs: tuple[AzureBlob, ...]

    @property
    def period(self) -> str:
        """The billing period, `YYYY-MM`."""
        return f"{self.first:%Y-%m}"

    @property
    def last_day(self) -> date:
        """The last usage day that the run covers."""
        return self.last.date()

    @property
    def order(self) -> str:
        """Sorts runs by when they were submitted."""
        zoned = self.submitted if self.submitted.tzinfo else self.submitted.replace(tzinfo=UTC)
        return f"{zoned.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}-{self.run_id}"

    def contradiction(self, objects: Iterable[ObjectInfo], uri: str) -> DeliveryRefused | None:
        """The refusal of a run whose manifest disagrees with itself or with its files."""
        listed = {info.key.rpartition("/")[2]: info.size for info in objects}
        problem = ""
        if self.blob_count != len(self.blobs):
            problem = f"it counts {self.blob_count} files and names {len(self.blobs)}"
        if f"{self.last:%Y-%m}" != self.period:
            problem = f"it covers {self.first:%Y-%m-%d} to {self.last_day}, not one month"
        for blob in self.blobs:
            size = listed.get(blob.name.rpartition("/")[2])
            if None not in (size, blob.byte_count) and size != blob.byte_count:
                problem = f"{blob.name} should have {blob.byte_count} bytes and has {size}"
        return invalid(uri, problem) if problem else None
