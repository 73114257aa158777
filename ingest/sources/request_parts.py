"""Logs with several records of one id: parts of one call, or attempts at one."""

import polars as pl

from ingest.sources.mapped_rows import MARKS, NUMBER
from ingest.sources.requests import COUNT, TOKENS

PLACE = ("object_key", NUMBER)
VERDICT = "verdict"


def merged_parts(rows: pl.DataFrame) -> pl.DataFrame:
    """Records of one id as one call: its first record, which takes over what only others say.

    A count is the greatest that a part says (parts repeat the counts of the call, or are silent);
    anything else is what the first part says that says it.

    Args:
        rows: the columns of a mapping as text, with `object_key` and the marks of `mapped_rows`.

    Returns:
        The rows, with `verdict` set on the parts that are merged into another.
    """
    told = [name for name in rows.columns if name not in (*MARKS, "object_key")]
    is_part = pl.col("request_id").is_not_null()
    merged = [
        pl.when(is_part).then(_of_all(name).over("request_id")).otherwise(pl.col(name)).alias(name)
        for name in told
        if name != "request_id"
    ]
    is_first = pl.int_range(pl.len()).over("request_id") == 0
    verdict = pl.when(is_part & ~is_first).then(pl.lit("REQUEST_REPEATED"))
    return rows.with_columns(*merged, verdict.alias(VERDICT))


def as_attempts(rows: pl.DataFrame) -> pl.DataFrame:
    """Records of one id as calls of their own: `id`, `id#2`, …; the id becomes their trace.

    A record that says in everything what one before it said is the same attempt, logged twice.

    Args:
        rows: as of `merged_parts`.
    """
    told = [name for name in rows.columns if name not in (*MARKS, "object_key")]
    numbered = rows.with_columns(
        again=pl.int_range(pl.len()).over(told) > 0,
    ).with_columns(attempt=(~pl.col("again")).cum_sum().over("request_id"))
    name = pl.col("request_id")
    own = pl.when(pl.col("attempt") > 1).then(name + "#" + pl.col("attempt").cast(pl.String))
    trace = pl.col("trace_id") if "trace_id" in rows.columns else pl.lit(None, pl.String)
    return numbered.with_columns(
        pl.when("again").then(pl.lit("REQUEST_REPEATED")).alias(VERDICT),
        trace_id=pl.coalesce(trace, name),
        request_id=pl.coalesce(own, name),
    ).drop("again", "attempt")


def _of_all(name: str) -> pl.Expr:
    first = pl.col(name).drop_nulls().first()
    if name not in TOKENS:
        return first
    counts = pl.col(name).str.extract(COUNT).cast(pl.Int64)
    bad = pl.col(name).filter(~pl.col(name).str.contains(COUNT)).first()
    return pl.coalesce(bad, counts.max().cast(pl.String))
