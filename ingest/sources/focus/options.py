"""The options of a source of kind `focus`."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ingest.stores import StoreOptions


class FocusOptions(StoreOptions):
    """Where FOCUS files are and how they are laid out."""

    layout: Literal["aws_data_exports", "azure_exports", "manifest", "files"] = Field(
        description="Who names the files of a delivery: the provider's manifests, ours, or `files`."
    )
    export: str | None = Field(None, description="The name of the export (AWS; Azure if several).")
    files: tuple[str, ...] = Field((), description="For `files`: the keys below the location.")
    focus_version: Literal["1.0", "1.1", "1.2", "1.3", "1.4"] | None = Field(
        None, description="The FOCUS version; else it follows from the header."
    )
    null_values: tuple[str, ...] = Field(("", "NULL"), description="Texts that stand for null.")
    accept_float_costs: bool = Field(
        default=False,
        description="Read money that parquet files store as binary floats as the shortest decimal "
        "that stands for the float, instead of refusing it.",
    )

    @model_validator(mode="after")
    def _names_what_the_layout_needs(self) -> Self:
        if self.layout == "aws_data_exports" and not self.export:
            raise ValueError('layout "aws_data_exports" needs the name of the `export`')
        if (self.layout == "files") != bool(self.files):
            raise ValueError('layout "files" needs a list of `files`, and no other layout has one')
        return self
