"""The charts of the report: what each shows, and the figures behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from warehouse.charts import Bar, Bound, Chart, stacked_days
from warehouse.page_text import SECONDS_PER_HOUR
from warehouse.report_reading import Row
from warehouse.rounding import exact_sum, round_parts

UNALLOCATED = "unallocated"
OTHERS = "other business units"
UNIT_COLORS = tuple(f"--series-{number}" for number in range(1, 8))
UNIT_PARTS = {
    "direct": ("direct use", "--busy"),
    "idle": ("idle GPUs", "--idle"),
    "overhead": ("shared costs", "--unheld"),
}
GPU_STATES = {
    "busy": ("busy", "--busy"),
    "idle_held": ("idle while held", "--idle"),
    "unheld": ("held by nobody", "--unheld"),
    "unknown": ("no telemetry", "--track"),
}
OUTLOOK_PARTS = {"known": ("known", "--series-1"), "expected": ("expected", "--unheld")}
ENERGY_PARTS = {"gpus": ("GPUs", "--series-1"), "facility": ("data centres", "--unheld")}
BURN_CHARTS = 4
"""The budgets drawn, those first that are most likely exceeded."""


@dataclass(frozen=True, slots=True)
class Series:
    """A chart, what its colours mean, and the figures behind it, one row per day."""

    chart: Chart | None
    names: tuple[str, ...]
    colors: tuple[str, ...]
    days: list[tuple[Any, list[Decimal]]]


def spend_series(rows: Sequence[Row], unit: Decimal) -> Series:
    """Cost per day and business unit: the largest units by name, the rest together."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["business_unit"]] = exact_sum(
            [sums.get(row["business_unit"], Decimal(0)), row["cost"]]
        )
    ranked = sorted(sums.keys() - {UNALLOCATED}, key=lambda name: (-sums[name], name))
    named = ranked if len(ranked) <= len(UNIT_COLORS) else ranked[: len(UNIT_COLORS) - 1]
    colors = dict(zip(named, UNIT_COLORS, strict=False))
    if len(named) < len(ranked):
        colors[OTHERS] = UNIT_COLORS[-1]
    if UNALLOCATED in sums:
        colors[UNALLOCATED] = "--unheld"
    days: dict[Any, dict[str, Decimal]] = {}
    for row in rows:
        day = days.setdefault(row["charge_date"], dict.fromkeys(colors, Decimal(0)))
        name = row["business_unit"] if row["business_unit"] in colors else OTHERS
        day[name] = exact_sum([day[name], row["cost"]])
    return _series(
        colors,
        [(day, round_parts([*costs.values()], unit)) for day, costs in days.items()],
        name="spend",
        title="Cost per day and business unit",
        description="A stacked bar per day. The figures follow in the table below the chart.",
    )


def outlook_series(rows: Sequence[Row]) -> Series:
    """Cost per day: what is known, then what is expected with its range."""
    nothing = Decimal(0)
    return _series(
        dict(OUTLOOK_PARTS.values()),
        [(row["day"], [row[part] or nothing for part in OUTLOOK_PARTS]) for row in rows],
        [
            Bound(row["day"], row["low"], row["high"])
            for row in rows
            if row["low"] is not None and row["high"] is not None
        ],
        name="outlook",
        title="Cost per day, known and expected",
        description=(
            "A bar per day, with a line over the range of four days in five where it is expected. "
            "The figures follow in the table below the chart."
        ),
    )


def burn_downs(rows: Sequence[Row]) -> list[tuple[str, Series]]:
    """What is left of a budget at the end of each day of its month, by name."""
    nothing = Decimal(0)
    drawn = []
    for place, ((scope, name), days) in enumerate(
        groupby(rows, key=lambda row: (row["scope"], row["scope_name"]))
    ):
        if place == BURN_CHARTS:
            break
        title = "all" if scope == "organization" else f"{scope.replace('_', ' ')} {name}"
        values = [
            (
                day["day"],
                [nothing, day["remaining"]] if day["is_expected"] else [day["remaining"], nothing],
            )
            for day in days
        ]
        series = _series(
            dict(OUTLOOK_PARTS.values()),
            values,
            name=f"burn-{place}",
            title=f"What is left of the budget: {title}",
            description=(
                "A bar per day, below zero where the budget is exceeded. "
                "The figures follow in the table below the chart."
            ),
        )
        drawn.append((title, series))
    return drawn


def gpu_series(rows: Sequence[Row]) -> Series:
    """GPU-hours per day: busy, idle while held, held by nobody."""
    return _series(
        dict(GPU_STATES.values()),
        [
            (row["usage_date"], [row[state] / SECONDS_PER_HOUR for state in GPU_STATES])
            for row in rows
        ],
        name="gpus",
        title="GPU-hours per day",
        description=(
            "A stacked bar per day: busy, idle while held, held by nobody, no telemetry. "
            "The figures follow in the table below the chart."
        ),
    )


def energy_series(rows: Sequence[Row]) -> Series:
    """Kilowatt-hours per day: GPUs, and what data centres add."""
    return _series(
        dict(ENERGY_PARTS.values()),
        [(row["day"], [row[part] for part in ENERGY_PARTS]) for row in rows],
        name="energy",
        title="Kilowatt-hours per day",
        description=(
            "A stacked bar per day: GPUs, and what their data centres add. "
            "The figures follow in the table below the chart."
        ),
    )


def unit_series(rows: Sequence[Row]) -> Series:
    """What a million tokens cost per day: direct use, idle GPUs, shared costs."""
    return _series(
        dict(UNIT_PARTS.values()),
        [(row["usage_date"], [row[part] for part in UNIT_PARTS]) for row in rows],
        name="units",
        title="Cost of a million tokens per day",
        description=(
            "A stacked bar per day: direct use, idle GPUs, shared costs. "
            "The figures follow in the table below the chart."
        ),
    )


def _series(
    colors: dict[str, str],
    days: list[tuple[Any, list[Decimal]]],
    bounds: Sequence[Bound] = (),
    **words: str,
) -> Series:
    bars = [
        Bar(day, place, value)
        for day, values in days
        for place, value in enumerate(values)
        if value
    ]
    chart = stacked_days(bars, [*colors.values()], bounds, **words) if bars else None
    return Series(chart, tuple(colors), tuple(colors.values()), days)
