"""The options of a source of kind `aws_cur`."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ingest.stores import StoreOptions


class AwsCurOptions(StoreOptions):
    """Where cost and usage reports are, and how they are laid out."""

    layout: Literal["data_exports", "legacy", "manifest", "files"] = Field(
        "data_exports",
        description="Who names the files: manifests of a data export (CUR 2.0) or of a legacy "
        "report, ours, or `files`.",
    )
    export: str | None = Field(None, description="The name of the export or report.")
    files: tuple[str, ...] = Field((), description="For `files`: the keys below the location.")
    null_values: tuple[str, ...] = Field(("",), description="Texts that stand for null.")
    accept_float_costs: bool = Field(
        default=False,
        description="Read money that parquet files store as binary floats, as AWS does, as the "
        "shortest decimal that stands for the float, instead of refusing it.",
    )

    @model_validator(mode="after")
    def _names_what_the_layout_needs(self) -> Self:
        if self.layout in {"data_exports", "legacy"} and not self.export:
            raise ValueError(f'layout "{self.layout}" needs the name of the `export`')
        if (self.layout == "files") != bool(self.files):
            raise ValueError('layout "files" needs a list of `files`, and no other layout has one')
        return self
