"""Calls within calls: which spans of a trace are the model calls themselves.

A framework, the vendor's library below it, a gateway and an engine may each log the same call, one
span within the other, all with its tokens. What counts is the innermost; it takes over who called
from the spans around it.
"""

from collections.abc import Sequence

import polars as pl

DEEPEST = 100
"""Levels of a trace that are looked through."""

PLACE = ("object_key", "object_row")


def innermost(spans: pl.DataFrame, inherited: Sequence[str]) -> pl.DataFrame:
    """Judge the model calls among the spans of a delivery.

    A span with tokens is nested where a span below it has tokens; a call without tokens where a
    call is below it.

    Args:
        spans: `object_key`, `object_row`, `span` and `parent` (names that no two traces share),
            `is_call`, `has_tokens`, and the inherited columns.
        inherited: what a call takes from the nearest span around it that says it, where it does
            not say it itself.

    Returns:
        `object_key`, `object_row`, `is_nested` and the inherited columns of each call.
    """
    calls = spans.filter("is_call")
    walk = calls.select(*PLACE, "span", "has_tokens", *inherited, at="parent")
    around = spans.unique("span", keep="first", maintain_order=True)
    around = around.select("span", "parent", *(pl.col(n).alias(f"{n}_around") for n in inherited))
    done, above, above_tokens = [], [], []
    for _ in range(DEEPEST):
        done.append(walk.filter(pl.col("at").is_null()))
        walk = walk.filter(pl.col("at").is_not_null())
        if walk.is_empty():
            break
        above.append(walk["at"].unique())
        above_tokens.append(walk.filter("has_tokens")["at"].unique())
        walk = walk.join(around, left_on="at", right_on="span", how="left").select(
            *PLACE,
            "span",
            "has_tokens",
            *(pl.coalesce(name, f"{name}_around").alias(name) for name in inherited),
            at=pl.when(pl.col("parent") != pl.col("span")).then("parent"),
        )
    taken = pl.concat([*done, walk]).select(*PLACE, *inherited)
    span, has_tokens = pl.col("span"), pl.col("has_tokens")
    is_nested = (has_tokens & span.is_in(_names(above_tokens).implode())) | (
        ~has_tokens & span.is_in(_names(above).implode())
    )
    judged = calls.select(*PLACE, is_nested=is_nested.fill_null(value=False))
    return judged.join(taken, on=list(PLACE), how="left")


def _names(found: Sequence[pl.Series]) -> pl.Series:
    return pl.concat(found).unique() if found else pl.Series(dtype=pl.String)
