"""What a row of the tables of what no bill says may not say: a period without end, and the like."""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.sources.reference.parse import ALWAYS, Row

LAST_HOUR = 23
NO_START = "column valid_from: is empty, but"


def problems(tables: Mapping[str, list[Row]]) -> Iterator[str]:
    """Rows whose cells contradict each other, or that lack a date that they need."""
    for table, said in (
        ("energy_hours", _energy_hours),
        ("facility_energy", _facility_energy),
        ("owned_hardware", _owned_hardware),
    ):
        for row in tables.get(table, ()):
            yield from (f"{table}.csv:{row.line} {text}." for text in said(row.values))


def _energy_hours(values: Mapping[str, Any]) -> Iterator[str]:
    if values["hour_of_day"] > LAST_HOUR:
        yield f'column hour_of_day: "{values["hour_of_day"]}" is not an hour from 0 to {LAST_HOUR}'
    prices = (values["energy_price_per_kwh"], values["forecast_price_per_kwh"])
    if any(price is not None for price in prices) and values["currency"] is None:
        yield "column currency: is empty, but there is a price"


def _facility_energy(values: Mapping[str, Any]) -> Iterator[str]:
    if values["valid_from"] == ALWAYS:
        yield f"{NO_START} a meter counts from one day to another"
    if values["valid_to"] is None:
        yield "column valid_to: is empty, but a meter counts from one day to another"
    if values["it_kwh"] > values["facility_kwh"]:
        yield (
            f"column it_kwh: {values['it_kwh']} is more than the whole facility drew "
            f"({values['facility_kwh']})"
        )


def _owned_hardware(values: Mapping[str, Any]) -> Iterator[str]:
    if values["valid_from"] == ALWAYS:
        yield f"{NO_START} hardware ages from the day on which it was put to use"
    if values["residual_value"] > values["purchase_price"]:
        yield (
            f"column residual_value: {values['residual_value']} is more than the purchase price "
            f"({values['purchase_price']})"
        )
