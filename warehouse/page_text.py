"""How the report writes numbers, dates and names."""

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from warehouse.cells import exact_text
from warehouse.rounding import EXACT_DIGITS

NOTHING = "–"  # noqa: RUF001 - an en dash, as in print
SECONDS_PER_HOUR = 3600
SIGNIFICANT = 4
EFFORTS = {"S": "small", "M": "medium", "L": "large"}
ACRONYMS = {"gpu": "GPU", "gpus": "GPUs", "api": "API", "dbt": "dbt"}
LEVERS = {
    "accelerators": "Other accelerators",
    "cloud_or_owned": "Owning instead of renting",
    "commitments": "More commitments",
    "dev_nights": "Development GPUs off at night",
    "exact_cache": "Caching equal requests",
    "idle_gpus": "Idle GPUs",
    "off_peak": "Moving work off peak hours",
    "provider_mix": "Another mix of providers",
    "region": "A cheaper region",
    "routing": "Routing to a smaller model",
    "scale_down": "Scaling down with the load",
    "spot": "Spot capacity",
    "unheld_nodes": "Nodes that nobody uses",
}
"""Levers whose code alone would not say enough."""
CLASSES = {
    "direct": "Direct use",
    "idle_held": "Idle while held",
    "idle_unheld": "Idle, held by nobody",
    "shared": "Shared costs",
    "commitment_unused": "Unused commitments",
    "purchase": "Purchases",
    "tax": "Tax",
    "credit": "Credits",
    "adjustment": "Adjustments",
    "prior_period_adjustment": "Adjustments of earlier months",
    "unallocated": "Unallocated",
}


def money(amount: Decimal | None) -> str:
    """An amount that is already rounded, with thousands separators and a true minus sign."""
    return NOTHING if amount is None else f"{amount or abs(amount):,f}".replace("-", "\u2212")


def signed(amount: Decimal | None) -> str:
    """A change: as `money`, with a plus sign where it is one."""
    return ("+" if amount and amount > 0 else "") + money(amount)


def count(number: int | None) -> str:
    """A whole number with thousands separators."""
    return NOTHING if number is None else f"{number:,}"


def difference(amount: Decimal) -> str:
    """An amount with every digit; plain 0 where there is none."""
    return exact_text(amount) if amount else "0"


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """A share in percent with one decimal; 0 of nothing is 0."""
    with localcontext(prec=EXACT_DIGITS):
        return (
            (100 * part / whole).quantize(Decimal("0.1"), ROUND_HALF_EVEN) if whole else Decimal(0)
        )


def percent(part: Decimal, whole: Decimal) -> str:
    """A share for people."""
    return money(ratio(part, whole)) + " %" if whole else NOTHING


def share(part: Decimal | None) -> str:
    """A ratio for people, in percent."""
    return NOTHING if part is None else percent(part, Decimal(1))


def bar_length(part: Decimal, whole: Decimal) -> Decimal:
    """The length of a bar, from 0 to 100."""
    return min(max(ratio(part, whole), Decimal(0)), Decimal(100))


def unit_cost(cost: Decimal | None, units: int | Decimal | None, scale: int) -> str:
    """The cost of `scale` units, with four significant digits."""
    if cost is None or not units:
        return NOTHING
    with localcontext(prec=EXACT_DIGITS):
        each = cost * scale / units
        digits = max(SIGNIFICANT - 1 - each.adjusted(), 2) if each else 2
        return money(each.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))


def single(cost: Decimal) -> str:
    """The cost of one thing, with four significant digits."""
    return unit_cost(cost, 1, 1)


def whole(number: Decimal) -> str:
    """A quantity without decimals."""
    return f"{number.quantize(Decimal(1), ROUND_HALF_EVEN):,}"


def hours(seconds: Decimal) -> str:
    """GPU-seconds as whole GPU-hours."""
    return whole(seconds / SECONDS_PER_HOUR)


def day(value: date | None) -> str:
    """A date as `3 Oct 2026`."""
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def month(value: date | None) -> str:
    """A billing period as `October 2026`."""
    return NOTHING if value is None else f"{value:%B %Y}"


def clock(value: datetime) -> str:
    """A time of day in UTC."""
    return f"{value:%H:%M:%S}"


def words(name: str) -> str:
    """A value of a code list as words."""
    return " ".join(ACRONYMS.get(word, word) for word in name.split("_"))


def sentence(name: str) -> str:
    """A value of a code list as words, with a capital."""
    text = words(name)
    return text[:1].upper() + text[1:]


def cost_class(name: str) -> str:
    """A cost class in plain words."""
    return CLASSES.get(name, sentence(name))


def lever(name: str) -> str:
    """A lever in plain words."""
    return LEVERS.get(name, sentence(name))


def lower_first(text: str) -> str:
    """A sentence as a part of another; acronyms stay as they are."""
    is_acronym = len(text) > 1 and text[1].isupper()
    return text if is_acronym else text[:1].lower() + text[1:]


def plain(number: Decimal | None) -> str:
    """A number with the digits that it has, with thousands separators."""
    return NOTHING if number is None else f"{number.normalize():,f}"


def effort(code: str) -> str:
    """An effort class in plain words."""
    return EFFORTS.get(code, code)


FILTERS: dict[str, Any] = {
    function.__name__: function
    for function in (
        *(
            money,
            signed,
            count,
            difference,
            percent,
            share,
            bar_length,
            unit_cost,
            hours,
            day,
            month,
            clock,
        ),
        *(single, whole, words, sentence, cost_class, effort, lever, lower_first, plain),
    )
}
