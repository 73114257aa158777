"""Charges as a FOCUS table: how they are made, and how they are written for a FOCUS version."""

import gzip
import io
from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from apportion.sample import money
from apportion.sample.calendar import next_month
from ingest.schemas import FOCUS_CHARGES

AMOUNTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
PRICES = ("list_unit_price", "contracted_unit_price")
QUANTITIES = ("pricing_quantity", "consumed_quantity", "commitment_discount_quantity")
QUANTITY_SCALE = 3
INSTANTS = (
    "charge_period_start",
    "charge_period_end",
    "billing_period_start",
    "billing_period_end",
)
CAUSE = ("cause", "cause_node", "cause_key", "is_late")

_OURS = ("charge_key", "focus_version", "x_columns")
_SINCE_1_3 = (
    "allocated_method_details",
    "allocated_method_id",
    "allocated_resource_id",
    "allocated_resource_name",
    "allocated_tags",
    "contract_applied",
    "host_provider_name",
    "service_provider_name",
    "commitment_program_eligibility_details",
    "invoice_detail_id",
)
_DROPPED_IN_1_4 = ("provider_name", "publisher_name")
COLUMNS_1_2 = tuple(c for c in FOCUS_CHARGES if c not in (*_OURS, *_SINCE_1_3))
COLUMNS_1_4 = tuple(c for c in FOCUS_CHARGES if c not in (*_OURS, *_DROPPED_IN_1_4))

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    **{c: pl.String for c in FOCUS_CHARGES if c not in _OURS},
    **dict.fromkeys((*AMOUNTS, *PRICES, *QUANTITIES), pl.Int64),
    **dict.fromkeys(INSTANTS, pl.Datetime("us")),
    "cause": pl.String,
    "cause_node": pl.Int64,
    "cause_key": pl.String,
    "is_late": pl.Boolean,
    "x_Discounts": pl.String,
    "x_Operation": pl.String,
    "x_ServiceCode": pl.String,
    "x_ResourceGroupName": pl.String,
    "x_SkuMeterCategory": pl.String,
}
"""A charge here: FOCUS columns (amounts and prices in ticks, quantities in thousandths), what
caused it (node, team, vendor, shared, commitment_unused, purchase), and provider columns."""


def conform(frame: pl.DataFrame) -> pl.DataFrame:
    """Charges with every column of `SCHEMA`; the billing period follows from the charge period."""
    month = pl.col("charge_period_start").dt.truncate("1mo")
    defaults = {"is_late": pl.lit(value=False), "charge_frequency": pl.lit("Usage-Based")}
    frame = frame.with_columns(
        billing_period_start=month,
        billing_period_end=month.dt.offset_by("1mo"),
        pricing_currency=pl.col("billing_currency"),
        **{name: value for name, value in defaults.items() if name not in frame.columns},
    )
    return frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in SCHEMA.items()
    )


def table(charges: pl.DataFrame, columns: Sequence[str], instants: str) -> pl.DataFrame:
    """Charges as text under FOCUS names, with the provider's own `x_` columns last."""
    shown = charges.with_columns(
        *(money.text(name) for name in (*AMOUNTS, *PRICES)),
        *(money.text(name, QUANTITY_SCALE) for name in QUANTITIES),
        *(pl.col(name).dt.strftime(instants) for name in INSTANTS),
    )
    return shown.select(
        *(pl.col(name).alias(focus_name(name)) for name in columns if not name.startswith("x_")),
        *(name for name in columns if name.startswith("x_")),
    )


def focus_name(column: str) -> str:
    """`billed_cost` as `BilledCost`."""
    return "".join(part.capitalize() for part in column.split("_"))


def csv_bytes(rows: pl.DataFrame, *, compressed: bool) -> bytes:
    """A CSV file, gzipped without a time stamp."""
    buffer = io.BytesIO()
    rows.write_csv(buffer)
    return gzip.compress(buffer.getvalue(), 6, mtime=0) if compressed else buffer.getvalue()


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """First instant of a month and of the next."""
    midnight = datetime.min.time()
    return datetime.combine(month, midnight), datetime.combine(next_month(month), midnight)
