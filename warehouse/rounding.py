"""From exact amounts to payable ones, without losing or inventing a cent."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

EXACT_DIGITS = 100
WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"


def minor_unit(currency: str) -> Decimal:
    """The smallest payable amount of an ISO 4217 currency: 0.01 for most."""
    if currency in WITHOUT_DECIMALS:
        return Decimal(1)
    return Decimal("0.001") if currency in WITH_THREE_DECIMALS else Decimal("0.01")


def exact_sum(amounts: Sequence[Decimal]) -> Decimal:
    """The sum with every digit; Python's own context would keep 28."""
    with localcontext(prec=EXACT_DIGITS):
        return sum(amounts, Decimal(0))


def exact_difference(first: Decimal, second: Decimal) -> Decimal:
    """`first` - `second` with every digit."""
    with localcontext(prec=EXACT_DIGITS):
        return first - second


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """The nearest multiple of `unit`, half to even."""
    with localcontext(prec=EXACT_DIGITS):
        return amount.quantize(unit, ROUND_HALF_EVEN)


def round_parts(
    amounts: Sequence[Decimal], unit: Decimal, total: Decimal | None = None
) -> list[Decimal]:
    """Round amounts to multiples of `unit` that add up to their rounded total.

    Every amount is cut down to a multiple of the unit; the units that are then missing go one by
    one to the largest remainders, the earlier one where two are equal. No amount moves by a whole
    unit or more.

    Args:
        amounts: exact amounts, of either sign.
        unit: the minor unit of their currency.
        total: what the parts must add up to, where a larger rounding has settled it: the exact sum
            rounded up or down. By default the sum rounded half to even.
    """
    with localcontext(prec=EXACT_DIGITS):
        parts = [amount.quantize(unit, ROUND_FLOOR) for amount in amounts]
        target = rounded(exact_sum(amounts), unit) if total is None else total
        missing = int((target - sum(parts, Decimal(0))) / unit)
        by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - amounts[i])
        for index in by_remainder[:missing]:
            parts[index] += unit
    return parts
