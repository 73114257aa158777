"""Which column of a file is which FOCUS column, and which FOCUS version the file is.

Names are compared without regard to case and underscores (`BilledCost`, `billed_cost` and
`BILLEDCOST` are one column), because warehouses and query engines rewrite them. A column that is
almost, but not quite, a FOCUS column that the file lacks is refused: it would otherwise lose its
meaning without a sound.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.schemas import FOCUS_CHARGES, MONEY, TIMESTAMP
from ingest.text_blocks import UNTRUSTED

OURS = ("charge_key", "focus_version", "x_columns")
FOCUS_NAMES: Mapping[str, str] = MappingProxyType(
    {
        column: "".join(part.capitalize() for part in column.split("_"))
        for column in FOCUS_CHARGES
        if column not in OURS
    }
)
"""Lake column to FOCUS column: `billed_cost` to `BilledCost`."""

NUMBERS = tuple(column for column, kind in FOCUS_CHARGES.items() if kind == MONEY)
INSTANTS = tuple(column for column, kind in FOCUS_CHARGES.items() if kind == TIMESTAMP)
DOCUMENTS = (
    "allocated_method_details",
    "allocated_tags",
    "commitment_program_eligibility_details",
    "contract_applied",
    "sku_price_details",
    "tags",
)
"""The columns that hold a JSON object."""

PRICED = tuple(column for column in NUMBERS if column.endswith(("_cost", "_unit_price")))
"""The numbers that are money, not quantities."""

MANDATORY = (
    "billed_cost",
    "effective_cost",
    "billing_currency",
    "billing_account_id",
    "billing_period_start",
    "billing_period_end",
    "charge_period_start",
    "charge_period_end",
    "charge_category",
)
"""Without one of these a charge cannot be booked."""

PROVIDERS = ("service_provider_name", "provider_name")
"""FOCUS 1.3 introduced the first and deprecated the second, 1.4 dropped it; one must be there."""

INTRODUCED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "1.4": ("commitment_program_eligibility_details", "invoice_detail_id"),
        "1.3": (
            "allocated_method_details",
            "allocated_method_id",
            "allocated_resource_id",
            "allocated_resource_name",
            "allocated_tags",
            "contract_applied",
            "host_provider_name",
            "service_provider_name",
        ),
        "1.2": (
            "billing_account_type",
            "invoice_id",
            "pricing_currency",
            "pricing_currency_contracted_unit_price",
            "pricing_currency_effective_cost",
            "pricing_currency_list_unit_price",
            "sub_account_type",
        ),
        "1.1": (
            "capacity_reservation_id",
            "capacity_reservation_status",
            "commitment_discount_quantity",
            "commitment_discount_unit",
            "service_subcategory",
            "sku_meter",
            "sku_price_details",
        ),
    }
)
"""The columns that each version added to those of 1.0, newest version first."""

MAPPED = "1.4"
"""The FOCUS version of rows that a source has mapped itself."""

ALMOST = 0.85
_FOLDED = {column.replace("_", ""): column for column in FOCUS_NAMES}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a file mean: `names` maps lake columns to the file's own names."""

    version: str
    names: Mapping[str, str]
    others: tuple[str, ...]


def bind(columns: Sequence[str], name: str, version: str | None = None) -> Layout:
    """Bind a file's columns by name.

    Args:
        columns: the header.
        name: the object's address, for messages.
        version: the FOCUS version if the configuration says it; else it follows from the header.

    Raises:
        DeliveryRefused: a column that every charge needs is missing, is there twice, or is almost
            named like one.
    """
    names: dict[str, str] = {}
    others = []
    for column in columns:
        known = _FOLDED.get(column.replace("_", "").lower())
        if known is None:
            others.append(column)
        elif known in names:
            raise _drifted(name, [f'"{names[known]}" and "{column}" are the same FOCUS column'])
        else:
            names[known] = column
    problems = _problems(names, others)
    if problems:
        raise _drifted(name, problems)
    return Layout(version or _version(names), names, tuple(sorted(others)))


def mapped(columns: Sequence[str]) -> Layout:
    """The layout of rows that a source has mapped to FOCUS columns under their lake names.

    Args:
        columns: lake names of FOCUS columns, and the names of columns that FOCUS does not define.
    """
    names = {column: column for column in columns if column in FOCUS_NAMES}
    return Layout(MAPPED, names, tuple(sorted(set(columns) - set(names))))


def check_no_float_money(
    money: Iterable[str | None], float_columns: Iterable[str], name: str
) -> None:
    """Refuse money that a file stores as binary floats.

    Args:
        money: the file's columns that hold money.
        float_columns: those that it stores as floats.
        name: the object's address, for messages.

    Raises:
        DeliveryRefused: `FLOAT_MONEY`.
    """
    floats = sorted(set(float_columns) & set(money))
    if floats:
        raise DeliveryRefused(
            "FLOAT_MONEY",
            f"{name}: {', '.join(map(str, floats))}: money stored as binary floats, which hold "
            f"most decimal amounts only nearly. {UNTRUSTED} Have the provider export CSV or "
            "DECIMAL columns; or set accept_float_costs = true for this source to read each float "
            "as the shortest decimal that stands for it.",
        )


def as_text_columns(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The rows under lake column names; FOCUS columns that the file lacks are null."""
    return frame.select(
        pl.col(layout.names[column]).alias(column)
        if column in layout.names
        else pl.lit(None, pl.String).alias(column)
        for column in FOCUS_NAMES
    )


def _version(names: Mapping[str, str]) -> str:
    newest = next((v for v, added in INTRODUCED.items() if any(c in names for c in added)), "1.0")
    return "1.4" if newest == "1.3" and "provider_name" not in names else newest


def _problems(names: Mapping[str, str], others: Sequence[str]) -> list[str]:
    absent = {FOCUS_NAMES[column]: column for column in FOCUS_NAMES if column not in names}
    problems = []
    for focus_name, column in absent.items():
        if column in MANDATORY:
            problems.append(f'"{focus_name}" is missing{_hint(focus_name, others)}')
    if not any(column in names for column in PROVIDERS):
        problems.append('"ServiceProviderName" and "ProviderName" are both missing')
    folded = {focus_name.lower(): focus_name for focus_name in absent}
    for other in others:
        close = difflib.get_close_matches(other.lower(), folded, n=1, cutoff=ALMOST)
        if close and not other.lower().startswith(("x_", "oci_")):
            problems.append(f'"{other}" is unknown (did you mean "{folded[close[0]]}"?)')
    return problems


def _hint(missing: str, others: Sequence[str]) -> str:
    close = difflib.get_close_matches(missing, others, n=1)
    return f' (is it "{close[0]}"?)' if close else ""


def _drifted(name: str, problems: Iterable[str]) -> DeliveryRefused:
    return DeliveryRefused(
        "SCHEMA_DRIFT",
        f"{name}: not the columns of a FOCUS Cost and Usage file: {'; '.join(problems)}. "
        f"{UNTRUSTED} Ask the provider what changed, or export the FOCUS columns under their own "
        "names.",
    )
