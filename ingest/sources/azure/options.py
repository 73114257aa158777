"""The options of a source of kind `azure_cost`."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.stores import StoreOptions

ACTUAL, AMORTIZED = "ActualCost", "AmortizedCost"
KINDS = {ACTUAL: ACTUAL, AMORTIZED: AMORTIZED, "Usage": ACTUAL}
"""The types of export that count; `Usage` is the old name of actual cost without purchases."""


class FilePair(BaseModel):
    """The two exports of the same month, as files; one of them if `datasets` says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actual: str | None = Field(None, description="Key of the export of actual cost.")
    amortized: str | None = Field(None, description="Key of the export of amortized cost.")


class AzureCostOptions(StoreOptions):
    """Where the exports of actual and amortized cost are."""

    layout: Literal["azure_exports", "files"] = Field(
        "azure_exports", description="Who names the files: the runs' manifests, or `files`."
    )
    datasets: Literal["both", "actual", "amortized"] = Field(
        "both", description="Which cost is exported; one alone cannot tell what commitments cost."
    )
    actual_export: str | None = Field(None, description="The export of actual cost, if several.")
    amortized_export: str | None = Field(
        None, description="The export of amortized cost, if several."
    )
    files: tuple[FilePair, ...] = Field((), description="For `files`: pairs of keys.")
    billing_currency: str | None = Field(
        None, pattern="^[A-Z]{3}$", description="The currency, where the files do not have it."
    )
    month_first: bool = Field(
        default=False,
        description="That the month comes first in dates with slashes of `files`, where no day "
        "after the 12th tells.",
    )
    null_values: tuple[str, ...] = Field(("",), description="Texts that stand for null.")
    accept_float_costs: bool = Field(
        default=False,
        description="Read money that parquet files store as binary floats as the shortest decimal "
        "that stands for the float, instead of refusing it.",
    )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types of export that make up a month."""
        return {"both": (ACTUAL, AMORTIZED), "actual": (ACTUAL,), "amortized": (AMORTIZED,)}[
            self.datasets
        ]

    def export_of(self, kind: str) -> str | None:
        """The name of the export of a type, if the configuration says it."""
        return self.actual_export if kind == ACTUAL else self.amortized_export

    @model_validator(mode="after")
    def _names_what_the_layout_needs(self) -> Self:
        if (self.layout == "files") != bool(self.files):
            raise ValueError('layout "files" needs a list of `files`, and no other layout has one')
        for pair in self.files:
            named = {ACTUAL: pair.actual, AMORTIZED: pair.amortized}
            if {kind for kind, key in named.items() if key} != set(self.kinds):
                wanted = "`actual` and `amortized`" if self.datasets == "both" else self.datasets
                raise ValueError(f"each of `files` names {wanted}, as `datasets` has it")
        return self
