"""Rounded parts add up to the rounded whole, and none of them moves by a whole cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.rounding import exact_difference, exact_sum, minor_unit, round_parts, rounded

CENT = Decimal("0.01")
AMOUNTS = st.lists(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=18, min_value=-(10**19), max_value=10**19
    ),
    max_size=40,
)


@given(AMOUNTS)
def test_parts_add_up_to_the_rounded_sum(amounts: list[Decimal]) -> None:
    parts = round_parts(amounts, CENT)
    assert exact_sum(parts) == rounded(exact_sum(amounts), CENT)
    for part, amount in zip(parts, amounts, strict=True):
        assert abs(exact_difference(part, amount)) < CENT
        assert part == rounded(part, CENT)


@given(st.lists(AMOUNTS, max_size=6))
def test_the_whole_settles_its_parts_and_their_parts(groups: list[list[Decimal]]) -> None:
    sums = [exact_sum(group) for group in groups]
    settled = round_parts(sums, CENT)
    parts = [
        part
        for group, total in zip(groups, settled, strict=True)
        for part in round_parts(group, CENT, total)
    ]
    assert exact_sum(parts) == rounded(exact_sum(sums), CENT)


def test_the_missing_cent_goes_to_the_largest_remainder() -> None:
    thirds = [Decimal("33.331"), Decimal("33.338"), Decimal("33.331")]
    assert round_parts(thirds, CENT) == [Decimal("33.33"), Decimal("33.34"), Decimal("33.33")]


def test_of_equal_remainders_the_first_gets_it() -> None:
    assert round_parts([Decimal("0.005")] * 2, CENT) == [CENT, Decimal("0.00")]


def test_sums_keep_more_digits_than_a_decimal_context() -> None:
    assert exact_sum([Decimal(10**19), Decimal(1).scaleb(-18)]) == Decimal(
        "10000000000000000000.000000000000000001"
    )


@pytest.mark.parametrize(
    ("currency", "unit"), [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("XXX", "0.01")]
)
def test_minor_units_follow_the_currency(currency: str, unit: str) -> None:
    assert minor_unit(currency) == Decimal(unit)
