"""Which column of a cost and usage report means what.

The same column is `lineItem/UnblendedCost` in a legacy report and `line_item_unblended_cost` in
CUR 2.0 and Athena: names are compared without regard to case and punctuation. A legacy report has a
column for every tag (`resourceTags/user:team`), CUR 2.0 a map of all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.text_blocks import UNTRUSTED

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "availability_zone": "line_item_availability_zone",
        "billing_entity": "bill_billing_entity",
        "currency": "line_item_currency_code",
        "description": "line_item_line_item_description",
        "end": "line_item_usage_end_date",
        "invoice_id": "bill_invoice_id",
        "invoicing_entity": "bill_invoicing_entity",
        "kind": "line_item_line_item_type",
        "legal_entity": "line_item_legal_entity",
        "location": "product_location",
        "on_demand_cost": "pricing_public_on_demand_cost",
        "on_demand_rate": "pricing_public_on_demand_rate",
        "payer_id": "bill_payer_account_id",
        "payer_name": "bill_payer_account_name",
        "period_end": "bill_billing_period_end_date",
        "period_start": "bill_billing_period_start_date",
        "plan": "savings_plan_savings_plan_a_r_n",
        "plan_cost": "savings_plan_savings_plan_effective_cost",
        "plan_total": "savings_plan_total_commitment_to_date",
        "plan_used": "savings_plan_used_commitment",
        "product": "product",
        "product_code": "line_item_product_code",
        "product_name": "product_product_name",
        "quantity": "line_item_usage_amount",
        "rate_id": "pricing_rate_id",
        "region": "product_region",
        "region_code": "product_region_code",
        "reservation": "reservation_reservation_a_r_n",
        "reservation_cost": "reservation_effective_cost",
        "reservation_unused_fee": "reservation_unused_recurring_fee",
        "reservation_unused_upfront": "reservation_unused_amortized_upfront_fee_for_billing_period",
        "resource_id": "line_item_resource_id",
        "sku": "product_sku",
        "split_cost": "split_line_item_split_cost",
        "split_parent": "split_line_item_parent_resource_id",
        "split_usage": "split_line_item_split_usage",
        "start": "line_item_usage_start_date",
        "tags": "resource_tags",
        "unblended_cost": "line_item_unblended_cost",
        "unit": "pricing_unit",
        "unused_cost": "split_line_item_unused_cost",
        "usage_account_id": "line_item_usage_account_id",
        "usage_account_name": "line_item_usage_account_name",
        "usage_type": "line_item_usage_type",
    }
)
"""What we read, and its name in CUR 2.0."""

NEEDED = ("kind", "payer_id", "period_start", "period_end", "start", "unblended_cost")
DERIVED = (
    *("kind", "legal_entity", "on_demand_cost", "on_demand_rate", "plan_total", "plan_used"),
    *("product", "split_cost", "split_parent", "split_usage", "unused_cost"),
)
"""What no FOCUS column takes over as it is, though it is read: kept beside the FOCUS columns."""

UNSTABLE = "identitylineitemid"
"""The line item's id: another one in every delivery, it would make every charge a new one."""

MONEY = ("unblended_cost", "plan_cost", "reservation_cost")
TAG = re.compile(r"resource_?tags[/_](?P<key>(?:user|aws)[:_].+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file.

    `names` maps what we read to the file's own names: loaders leave a column in two spellings, of
    which one is empty. `tags` maps the file's tag columns to tag keys.
    """

    names: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, str]
    others: tuple[str, ...]


def bind(columns: Sequence[str], name: str) -> Header:
    """Bind a file's columns by name.

    Args:
        columns: the header.
        name: the object's address, for messages.

    Raises:
        DeliveryRefused: `SCHEMA_DRIFT`, if two columns have one name, or a needed one is missing.
    """
    tags = {column: tag_key(found["key"]) for column in columns if (found := TAG.fullmatch(column))}
    names: dict[str, tuple[str, ...]] = {}
    for column in columns:
        field = _FIELDS.get(_folded(column))
        if field and column not in tags:
            names[field] = (*names.get(field, ()), column)
    for field in MONEY:
        if len(names.get(field, ())) > 1:
            same = " and ".join(f'"{column}"' for column in names[field])
            raise _drifted(name, f"{same} are the same column")
    missing = [f'"{NAMES[field]}"' for field in NEEDED if field not in names]
    if missing:
        raise _drifted(name, f"{', '.join(missing)} is missing")
    taken = {column for field in names if field not in DERIVED for column in names[field]}
    taken |= {*tags, *(column for column in columns if _folded(column) == UNSTABLE)}
    others = tuple(column for column in columns if column not in taken)
    return Header(names, tags, others)


def canonical(frame: pl.DataFrame, header: Header) -> pl.DataFrame:
    """The columns that we read, under our names; what the file lacks is null.

    A split line item describes a part of another one: where it says no cost, it has none.
    """
    rows = frame.select(
        pl.coalesce(*header.names.get(field, ()), pl.lit(None, pl.String)).alias(field)
        for field in NAMES
    )
    own = pl.col("unblended_cost")
    is_split = pl.col("split_parent").is_not_null()
    return rows.with_columns(
        unblended_cost=pl.when(is_split).then(own.fill_null("0")).otherwise(own)
    )


def tag_key(key: str) -> str:
    """A tag's own key: what users set is `user:team` or `user_team`, what AWS sets keeps `aws:`."""
    own = re.sub(r"^user[:_]", "", key)
    return re.sub(r"^aws[:_]", "aws:", own)


def _folded(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _drifted(name: str, problem: str) -> DeliveryRefused:
    return DeliveryRefused(
        "SCHEMA_DRIFT",
        f"{name}: not the columns of a cost and usage report of AWS: {problem}. {UNTRUSTED} Look "
        "whether it is one; FOCUS exports are read by sources of kind focus.",
    )


_FIELDS = {_folded(column): field for field, column in NAMES.items()}
