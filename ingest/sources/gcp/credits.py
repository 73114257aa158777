"""Credits: an array of reductions in every row, added to the row's cost without touching its count.

`cost` is what a row costs before its credits; what is invoiced is the cost plus all of them (they
are negative). A join with the unnested array would repeat the cost for every credit.
"""

import ast
import json
from decimal import Decimal

import polars as pl

from ingest.decimals import EXACT, PLAIN, decimal_of
from ingest.schemas import MONEY

FIELDS = ("name", "amount", "full_name", "id", "type")
CREDITS = pl.List(pl.Struct(dict.fromkeys(FIELDS, pl.String)))
COMMITMENT = r"(?i)^(?:COMMITTED_USAGE_DISCOUNT|COMMITTED_USE_DISCOUNT|Committed Usage Discount)"
"""How the type of a commitment's credit starts, or its name in rows without types."""

SUSTAINED = r"(?i)^(?:SUSTAINED_USAGE_DISCOUNT|SUSTAINED_USE_DISCOUNT|Sustained Usage Discount)"
SPEND = "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"
NOTHING = "0"


def parse(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The credits of every row, and which texts are none.

    A single object stands for an array of one; some generators write Python literals instead of
    JSON, which are read as such.
    """
    odd = texts.filter(~texts.str.contains(r'^\[(?:\]|\{")').fill_null(value=True)).unique()
    repaired = {text: _as_json(text) for text in odd}
    bad = [text for text, json_text in repaired.items() if json_text is None]
    texts_read = texts.replace_strict(
        pl.Series(repaired.keys(), dtype=pl.String),
        pl.Series(repaired.values(), dtype=pl.String),
        default=texts,
        return_dtype=pl.String,
    )
    try:
        return texts_read.str.json_decode(CREDITS), texts.is_in(bad).fill_null(value=False)
    except pl.exceptions.ComputeError:  # a damaged text among them: find it
        unique = texts_read.drop_nulls().unique()
        damaged = [text for text in unique if _as_json(text) is None]
        kept = pl.DataFrame({"text": texts_read}).select(
            pl.when(~pl.col("text").is_in(damaged)).then("text")
        )
        wrong = texts.is_in(bad) | texts_read.is_in(damaged)
        return kept.to_series().str.json_decode(CREDITS), wrong.fill_null(value=False)


def net(costs: pl.Series, granted: pl.Series) -> pl.Series:
    """Cost plus all credits of every row, as decimal text, to the last digit.

    Text that is no number stays as it is, so that its row is found wanting where it is typed.
    """
    rows = pl.DataFrame({"cost": costs, "credits": granted}).with_row_index("row")
    amounts = (
        rows.select("row", amount=pl.col("credits").list.eval(pl.element().struct.field("amount")))
        .explode("amount")
        .drop_nulls()
    )
    texts = pl.concat([rows.select("row", amount="cost"), amounts])
    is_plain = pl.col("amount").str.contains(PLAIN).fill_null(value=False)
    odd = texts.filter(~is_plain)["row"].unique()
    sums = (
        texts.filter(is_plain & ~pl.col("row").is_in(odd.implode()))
        .group_by("row")
        .agg(net=pl.col("amount").cast(MONEY).sum().cast(pl.String))
    )
    by_hand = texts.filter(pl.col("row").is_in(odd.implode())).group_by("row").agg("amount")
    exact = pl.DataFrame(
        [(row, _add(amounts)) for row, amounts in by_hand.iter_rows()],
        schema={"row": sums.schema["row"], "net": pl.String},
        orient="row",
    )
    both = pl.concat([sums, exact])
    return rows.join(both, on="row", how="left", maintain_order="left")["net"]


def of_kind(granted: pl.Series, pattern: str) -> pl.Series:
    """The credits of one kind of every row, added up as decimal text; null where there is none.

    Args:
        granted: what `parse` gave.
        pattern: how their type, or their name where they have no type, starts.
    """
    kind = pl.coalesce(pl.element().struct.field("type"), pl.element().struct.field("name"))
    chosen = granted.to_frame("credits").select(
        pl.col("credits").list.eval(pl.element().filter(kind.str.contains(pattern)))
    )["credits"]
    costs = pl.repeat(NOTHING, granted.len(), dtype=pl.String, eager=True)
    sums = net(costs, chosen)
    return pl.select(pl.when(chosen.list.len() > 0).then(sums)).to_series()


def of_commitments(granted: pl.Series) -> pl.DataFrame:
    """Per row: `is_covered` by a commitment, and whether that is one of `is_spend`."""
    kind = pl.element().struct.field("type").fill_null("")
    name = pl.element().struct.field("name").fill_null("")
    covers = kind.str.contains(COMMITMENT) | name.str.contains(COMMITMENT)
    return granted.to_frame("credits").select(
        is_covered=pl.col("credits").list.eval(covers).list.any().fill_null(value=False),
        is_spend=pl.col("credits").list.eval(kind == SPEND).list.any().fill_null(value=False),
    )


def _as_json(text: str) -> str | None:
    """The text as a JSON array of objects; None if it is none."""
    try:
        value = json.loads(text, parse_float=str)
    except ValueError:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    value = [value] if isinstance(value, dict) else value
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return None
    return json.dumps(
        [
            {key: None if one[key] is None else str(one[key]) for key in one if key in FIELDS}
            for one in value
        ]
    )


def _add(amounts: list[str | None]) -> str | None:
    """The sum of decimal texts, or the one that is none."""
    total = Decimal(0)
    for text in amounts:
        value = None if text is None else decimal_of(text)
        if value is None:
            return text
        total = EXACT.add(total, value)
    return format(total, "f")
