"""Which column of a detailed usage-cost export means what.

A record's fields are `service.description` in files that keep records, `service_description` in
flattened ones; where a file has both forms of a record, the fields count and the whole stays aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.text_blocks import UNTRUSTED

FIRST_LABELS = "labels"
"""Where a file that flattens records has the labels of the project, if those of the resource are
`labels_1`."""

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "adjustment_id": ("adjustment_info.id", "adjustment_info_id"),
        "amount": ("usage.amount", "usage_amount"),
        "amount_in_pricing_units": (
            "usage.amount_in_pricing_units",
            "usage_amount_in_pricing_units",
        ),
        "billing_account_id": ("billing_account_id",),
        "cost": ("cost",),
        "cost_at_list": ("cost_at_list",),
        "cost_type": ("cost_type",),
        "credits": ("credits",),
        "currency": ("currency",),
        "end": ("usage_end_time",),
        "export_time": ("export_time",),
        "invoice_month": ("invoice.month", "invoice_month"),
        "labels": ("labels_1", "labels"),
        "location": ("location.location", "location_location"),
        "pricing_unit": ("usage.pricing_unit", "usage_pricing_unit"),
        "project_id": ("project.id", "project_id"),
        "project_labels": ("project.labels", "project_labels", FIRST_LABELS),
        "project_name": ("project.name", "project_name"),
        "region": ("location.region", "location_region"),
        "resource_global_name": ("resource.global_name", "resource_global_name"),
        "resource_name": ("resource.name", "resource_name"),
        "seller_name": ("seller_name",),
        "service": ("service.description", "service_description"),
        "sku": ("sku.description", "sku_description"),
        "sku_id": ("sku.id", "sku_id"),
        "start": ("usage_start_time",),
        "subscription_id": ("subscription.instance_id", "subscription_instance_id"),
        "tags": ("tags",),
        "unit": ("usage.unit", "usage_unit"),
        "zone": ("location.zone", "location_zone"),
    }
)
"""What we read, and its names; the first that a file has is taken."""

NEEDED = ("billing_account_id", "cost", "credits", "currency", "end", "invoice_month", "start")
ASIDE = ("cost_type", "credits", "export_time", "seller_name", "subscription_id")
"""What we read and keep beside the FOCUS columns as well."""

FOCUS_COST = "billedcost"


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file: `names` maps what we read to the file's own names."""

    names: Mapping[str, str]
    others: tuple[str, ...]


def is_focus(columns: Sequence[str]) -> bool:
    """Whether a file is of Google's FOCUS table, not of the detailed one."""
    return FOCUS_COST in {column.lower() for column in columns}


def bind(columns: Sequence[str], name: str) -> Header:
    """Bind a file's columns by name.

    Args:
        columns: the header.
        name: the object's address, for messages.

    Raises:
        DeliveryRefused: `SCHEMA_DRIFT`, if a column is missing without which no amount is known.
    """
    names = {
        field: next(alias for alias in aliases if alias in columns)
        for field, aliases in NAMES.items()
        if any(alias in columns for alias in aliases)
    }
    if names.get("project_labels") == names.get("labels"):
        names.pop("project_labels", None)
    missing = [f'"{NAMES[field][0]}"' for field in NEEDED if field not in names]
    if missing:
        raise DeliveryRefused(
            "SCHEMA_DRIFT",
            f"{name}: not the columns of Google's detailed or FOCUS export: {', '.join(missing)} "
            f"is missing. {UNTRUSTED} Export the whole table (SELECT *).",
        )
    taken = {column for field, column in names.items() if field not in ASIDE}
    return Header(names, tuple(column for column in columns if column not in taken))


def canonical(frame: pl.DataFrame, header: Header) -> pl.DataFrame:
    """The columns that we read, under our names; empty texts and what the file lacks are null."""
    return frame.select(
        pl.when(pl.col(header.names[field]) != "").then(header.names[field]).alias(field)
        if field in header.names
        else pl.lit(None, pl.String).alias(field)
        for field in NAMES
    )
