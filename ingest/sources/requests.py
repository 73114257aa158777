"""What every log of model calls has in common: tokens that add up, times in order."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ingest import schemas
from ingest.source import Batch
from ingest.sources.quarantine import complete
from ingest.usage import PARTS, SERVICE_TIERS

TABLE = "inference_requests"
COLUMNS: schemas.Columns = {"object_row": pl.Int64, **schemas.INFERENCE_REQUESTS}
TOKENS = tuple(name for name in COLUMNS if name.endswith(("_tokens", "_requests")))
COUNT = r"^([0-9]{1,15})(?:\.0{1,9})?$"
"""A whole number, also written as a float."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows (an expression over the typed columns) that cannot be trusted, and why."""

    code: str
    column: str
    rows: pl.Expr
    explanation: str


def sum_of_counts(texts: Sequence[pl.Expr]) -> pl.Expr:
    """Counts that add up, as text; one that is no count stands for the sum, to be found out."""
    is_told = pl.any_horizontal(text.is_not_null() for text in texts)
    bad = pl.coalesce(pl.when(~text.str.contains(COUNT)).then(text) for text in texts)
    total = pl.sum_horizontal(text.str.extract(COUNT).cast(pl.Int64) for text in texts)
    return pl.coalesce(bad, pl.when(is_told).then(total.cast(pl.String)))


def token_problems() -> list[Problem]:
    """Token counts are whole and not negative, or absent."""
    explanation = "the number of tokens is negative, fractional or no number"
    return [
        Problem("BAD_TOKENS", name, ~pl.col(name).str.contains(COUNT), explanation)
        for name in TOKENS
    ]


def problems() -> list[Problem]:
    """What must hold of every call, whatever its log."""
    return [
        Problem(
            "MISSING_VALUE", "request_id", pl.col("request_id").is_null(), "the call has no id"
        ),
        Problem(
            "BAD_TIMESTAMP",
            "started_at",
            pl.col("started_at").is_null(),
            "the start of the call is missing or is no time",
        ),
        Problem(
            "REQUEST_TIMES",
            "completed_at",
            pl.col("completed_at") < pl.col("started_at"),
            "the call ends before it starts",
        ),
        *(_more_than_whole(whole, parts) for whole, parts in PARTS.items()),
    ]


def _more_than_whole(whole: str, parts: tuple[str, ...]) -> Problem:
    """Parts of a count that exceed it, as where cached tokens stand beside the input tokens."""
    counted = pl.sum_horizontal(_count(part).fill_null(0) for part in parts)
    told = _count(whole).fill_null(0)
    return Problem("TOKEN_IDENTITY", whole, counted > told, f"{' and '.join(parts)} exceed {whole}")


def repeated_requests(hashes: pl.DataFrame) -> pl.DataFrame:
    """The records of a delivery that must not count, because their request has another record.

    Records of one request that are all alike count once; if they contradict each other, none does.

    Args:
        hashes: `object_key`, `object_row`, and hashes of the request's id and of the whole record.

    Returns:
        `object_key`, `object_row` and `verdict`: `REQUEST_REPEATED` or `REQUEST_CONFLICT`.
    """
    together = pl.len().over("request") > 1
    is_alike = pl.col("content").n_unique().over("request") == 1
    is_first = pl.int_range(pl.len()).over("request") == 0
    verdict = (
        pl.when(together & ~is_alike)
        .then(pl.lit("REQUEST_CONFLICT"))
        .when(together & ~is_first)
        .then(pl.lit("REQUEST_REPEATED"))
    )
    return hashes.select("object_key", "object_row", verdict=verdict).drop_nulls()


def record_problems() -> list[Problem]:
    """Records that are no calls of their own; `verdict` is that of `repeated_requests`."""
    verdict = pl.col("verdict")
    return [
        Problem("BAD_JSON_LINE", "", ~pl.col("is_readable"), "the record is cut or damaged"),
        Problem(
            "REQUEST_REPEATED",
            "request_id",
            verdict == "REQUEST_REPEATED",
            "the same record was logged before; it counts once",
        ),
        Problem(
            "REQUEST_CONFLICT",
            "request_id",
            verdict == "REQUEST_CONFLICT",
            "records with this id contradict each other; none of them counts",
        ),
    ]


def request_batch(typed: pl.DataFrame, found: list[Problem]) -> Batch:
    """The batch of typed calls.

    Args:
        typed: columns and types of `COLUMNS`, but counts and the service tier as the log has them;
            `object_key`; and `record`, the text of the row, for people to look at where it is
            quarantined.
        found: what makes a row untrustworthy, the first that holds being its reason.
    """
    reason = pl.coalesce(
        pl.when(problem.rows).then(pl.lit(number)) for number, problem in enumerate(found)
    )
    typed = typed.with_columns(problem=reason.cast(pl.Int32), service_tier=_service_tier())
    is_good = pl.col("problem").is_null()
    counts = (_count(name) for name in TOKENS)
    rows = typed.filter(is_good).with_columns(*counts).select("object_key", *COLUMNS)
    partitions = rows["started_at"].dt.strftime("%Y-%m-%d")
    return Batch(TABLE, rows, partitions, _quarantined(typed.filter(~is_good), found))


def _service_tier() -> pl.Expr:
    folded = pl.col("service_tier").str.strip_chars().str.to_lowercase()
    return folded.replace_strict(dict(SERVICE_TIERS), default=folded, return_dtype=pl.String)


def _count(column: str) -> pl.Expr:
    return pl.col(column).str.extract(COUNT).cast(pl.Int64)


def _quarantined(rows: pl.DataFrame, found: list[Problem]) -> pl.DataFrame:
    reasons = pl.DataFrame(
        {
            "problem": pl.Series(range(len(found)), dtype=pl.Int32),
            "reason_code": [problem.code for problem in found],
            "column_name": [problem.column for problem in found],
            "explanation": [problem.explanation for problem in found],
        }
    )
    explained = rows.join(reasons, on="problem", how="left", maintain_order="left")
    return complete(
        explained.select(
            "object_key",
            "object_row",
            "reason_code",
            "column_name",
            "record",
            table_name=pl.lit(TABLE),
            message=pl.col("explanation"),
        )
    )
