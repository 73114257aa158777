import functools
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.decimals import add_up, decimal_of, parse_decimals, stored
from ingest.schemas import MONEY

WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)
REFUSED = [
    "", "-", ".", "e5", "NaN", "nan", "sNaN", "inf", "-Infinity", "0x1F", "1_000", "1,000.00",
    "$1.20", "1.20 USD", "1.2.3", " 1", "1 ", "1\n", "\t1", "١٢", "\uff11\uff12", "1e", "1e5.0",
    "--1", "(1.00)", "1e9999", "100000000000000000000",
    "99999999999999999999.9999999999999999999", "1e-61", "TRUE", "NULL", "9" * 300,
]  # fmt: skip
numbers = st.decimals(
    min_value=Decimal(10) ** 19 * -9, max_value=Decimal(10) ** 19 * 9, allow_nan=False, places=None
).filter(lambda value: value.as_tuple().exponent >= -60)


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    return functools.reduce(WIDE.add, values, Decimal(0))


def parsed(*texts: str | None) -> list[Decimal | None]:
    return parse_decimals(pl.Series(texts, dtype=pl.String)).to_list()


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_decimal_number_is_refused(text: str) -> None:
    assert decimal_of(text) is None
    assert parsed("1.5", text) == [Decimal("1.5"), None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("-12.50", "-12.5"),
        ("+1.5", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        ("1e5", "100000"),
        ("5.64902E-05", "0.0000564902"),
        ("6.266090E-12", "0.00000000000626609"),
        ("+99999999999999999999.5", "99999999999999999999.5"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ("1.0000000000000000005", "1"),
        ("1.0000000000000000015", "1.000000000000000002"),
        ("-1.0000000000000000025", "-1.000000000000000002"),
        ("1e-30", "0"),
    ],
)
def test_numbers_are_exact_and_rounded_half_even_at_18_decimals(text: str, value: str) -> None:
    assert parsed(text) == [Decimal(value)]


def test_null_stays_null_and_the_type_is_money() -> None:
    series = parse_decimals(pl.Series(["1", None], dtype=pl.String))
    assert series.dtype == MONEY
    assert series.to_list() == [Decimal(1), None]


@given(st.lists(st.tuples(numbers, st.sampled_from(["f", "e", "E", ""])), max_size=20))
@example([(Decimal("1.0000000000000000005"), "f"), (Decimal("-0"), "f")])
def test_any_spelling_of_any_number_is_read_exactly(spelled: list[tuple[Decimal, str]]) -> None:
    texts = [format(value, spelling) for value, spelling in spelled]
    expected = [value.quantize(Decimal("1e-18"), context=WIDE) for value, _ in spelled]
    assert parsed(*texts) == expected
    total = add_up((text, 1) for text in texts)
    assert total.delivered == exact_sum(value for value, _ in spelled)
    assert total.stored == exact_sum(expected)


@given(st.text(max_size=12))
def test_no_text_breaks_the_parser(text: str) -> None:
    value = decimal_of(text)
    assert parsed(text) == [None if value is None else stored(value)]


def test_adding_up_counts_repeats_and_what_rounding_removed() -> None:
    total = add_up([("0.1", 3), ("0.0000000000000000004", 2)])
    assert (total.stored, total.rounded) == (Decimal("0.3"), Decimal("8E-19"))


def test_adding_up_text_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="NaN"):
        add_up([("NaN", 1)])
