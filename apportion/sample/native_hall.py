"""The own data hall as a rate card instead of FOCUS: what a node costs a day, item by item.

The items add up to the node's price to the last decimal, so every charge is the same in sum.
"""

from decimal import Decimal
from pathlib import Path

import polars as pl

from apportion.sample import focus, money
from apportion.sample.accounts import BILLING
from apportion.sample.calendar import DAY_HOURS
from apportion.sample.layouts import Written

HALL = BILLING["onprem"]
FILE = "rate_card.csv"
SOURCE = f"""kind = "rate_card"                      # our own machines: what finance reckons with
location = "exports/data-hall"
provider = "{HALL["service_provider_name"]}"
billing_account_id = "{HALL["billing_account_id"]}"
"""
KILOWATTS, PUE, PRICE_PER_KWH = Decimal("6.4"), Decimal("1.25"), Decimal("0.2")
HOSTING_PER_DAY = Decimal(60)
MONTHS, DAYS = 48, 1461
COLUMNS = (
    *("item", "basis", "amount", "months", "kilowatts", "pue", "price_per_kwh", "currency"),
    *("resource_id", "resource_name", "sub_account_id", "region_id", "service_name"),
    *("service_category", "tags", "valid_from"),
)


def write_hall(folder: Path, charges: pl.DataFrame) -> Written:
    """One table for all nodes, in force since the first day.

    Args:
        folder: where it goes.
        charges: a charge for every node and day, all days of a node at one price.
    """
    folder.mkdir(parents=True)
    nodes = charges.unique("resource_id", keep="first", maintain_order=True)
    lines = [line for node in nodes.iter_rows(named=True) for line in _items(node)]
    table = pl.DataFrame(lines, schema=dict.fromkeys((*COLUMNS, "cost"), pl.String))
    (folder / FILE).write_bytes(focus.csv_bytes(table.select(COLUMNS), compressed=False))
    placed = table.select(
        "resource_id",
        pl.int_range(1, pl.len() + 1).alias("object_row"),
        *(_ticks(table["cost"]).alias(name) for name in focus.AMOUNTS),
    )
    told = charges.drop(focus.AMOUNTS).join(placed, on="resource_id", maintain_order="left")
    columns = [*charges.columns, "object_key", "object_row"]
    return Written("data-hall", told.with_columns(object_key=pl.lit(FILE)).select(columns))


def _items(node: dict[str, object]) -> list[dict[str, str]]:
    """Depreciation, power and hosting of a node; depreciation is what the others leave."""
    day = Decimal(str(node["effective_cost"])) / money.TICKS
    power = KILOWATTS * DAY_HOURS * PUE * PRICE_PER_KWH
    depreciation = day - power - HOSTING_PER_DAY
    common = {
        **{
            name: str(node[name])
            for name in (
                *("resource_id", "resource_name", "sub_account_id", "region_id", "service_name"),
                *("service_category", "tags"),
            )
        },
        "currency": str(node["billing_currency"]),
        "valid_from": f"{node['charge_period_start']:%Y-%m-%d}",
    }
    return [
        common
        | {"item": "GPU server", "basis": "depreciation", "amount": f"{depreciation * DAYS}"}
        | {"months": f"{MONTHS}", "cost": f"{depreciation}"},
        common
        | {"item": "Electricity", "basis": "power", "kilowatts": f"{KILOWATTS}", "pue": f"{PUE}"}
        | {"price_per_kwh": f"{PRICE_PER_KWH}", "cost": f"{power}"},
        common
        | {"item": "Hosting and staff", "basis": "daily", "amount": f"{HOSTING_PER_DAY}"}
        | {"cost": f"{HOSTING_PER_DAY}"},
    ]


def _ticks(costs: pl.Series) -> pl.Series:
    return pl.Series([money.ticks(cost) for cost in costs], dtype=pl.Int64)
