"""Raw samples, whatever brought them: checked, labelled canonically, laid out by day.

A sample is kept as it was measured: nothing is averaged, resampled or filled in. What stands for
"no value" is no measurement and goes to quarantine: NaN, infinities, the blank values of DCGM.
"""

from datetime import date

import orjson
import polars as pl

from ingest import schemas
from ingest.source import Batch
from ingest.sources.quarantine import complete

TABLE = "prometheus_samples"
COLUMNS: schemas.Columns = {"object_row": pl.Int64, **schemas.PROMETHEUS_SAMPLES}
"""What a reader passes to `sample_batch`."""

DCGM = "DCGM_FI_"
BLANK_INT32, BLANK_FP64, BLANK_INT64 = 0x7FFFFFF0, 2.0**47, float(0x7FFFFFFFFFFFFFF0)
BLANKS = 16
"""DCGM says why a field has no value (not found, not supported, no permission) by the first numbers
of a range of this width. A counter of bytes may well lie beyond the ranges, so they end."""

EXPLANATIONS = {
    "MISSING_VALUE": "the metric, the time or the value is missing or cannot be read",
    "BAD_LABELS": "the labels are not a JSON object of texts",
    "SAMPLE_NOT_FINITE": "the value is NaN or infinite: the exporter had no measurement",
    "SAMPLE_BLANK": "the value is one of those by which DCGM says that it has none",
    "SAMPLE_OUTSIDE_PERIOD": "the sample was taken outside the day of its delivery",
}


def sample_batch(samples: pl.DataFrame, object_key: str, period: str) -> Batch:
    """The batch of the samples of one object.

    Args:
        samples: columns and types of `COLUMNS`; `labels` is JSON text with its keys in any order.
        object_key: the object they come from.
        period: the delivery's period; if it is a day, samples of other days are not its own.
    """
    samples = samples.with_columns(labels=_canonical(samples["labels"]))
    samples = samples.with_columns(reason_code=_reason(period))
    is_good = samples["reason_code"].is_null()
    rows = samples.filter(is_good).drop("reason_code").with_columns(object_key=pl.lit(object_key))
    partitions = rows["sample_at"].dt.strftime("%Y-%m-%d")
    return Batch(TABLE, rows, partitions, _quarantined(samples.filter(~is_good), object_key))


def canonical_labels(labels: dict[str, str]) -> str:
    """Labels as JSON text with sorted keys, less empty ones, which mean the same as none."""
    present = {name: value for name, value in labels.items() if value and name != "__name__"}
    return orjson.dumps(present, option=orjson.OPT_SORT_KEYS).decode()


def day_of(period: str) -> date | None:
    """The usage day that a period names; None if it names something else."""
    try:
        return date.fromisoformat(period)
    except ValueError:
        return None


def _canonical(labels: pl.Series) -> pl.Series:
    """Each distinct text is parsed once: a series repeats its labels with every sample."""
    distinct = labels.drop_nulls().unique()
    texts = pl.Series([_canonical_text(text) for text in distinct], dtype=pl.String)
    return labels.replace_strict(distinct, texts, default=None, return_dtype=pl.String)


def _canonical_text(text: str) -> str | None:
    try:
        labels = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(labels, dict) or not all(isinstance(v, str) for v in labels.values()):
        return None
    return canonical_labels(labels)


def _reason(period: str) -> pl.Expr:
    value = pl.col("value")
    required = ("metric", "sample_at", "value")
    is_blank = (
        value.is_between(BLANK_INT32, BLANK_INT32 + BLANKS, closed="left")
        | value.is_between(BLANK_FP64, BLANK_FP64 + BLANKS, closed="left")
        | (value >= BLANK_INT64)
    )
    day = day_of(period)
    is_outside = pl.col("sample_at").dt.date() != day if day else pl.lit(value=False)
    return (
        pl.when(pl.any_horizontal(pl.col(name).is_null() for name in required))
        .then(pl.lit("MISSING_VALUE"))
        .when(pl.col("labels").is_null())
        .then(pl.lit("BAD_LABELS"))
        .when(~value.is_finite())
        .then(pl.lit("SAMPLE_NOT_FINITE"))
        .when(is_blank & pl.col("metric").str.starts_with(DCGM))
        .then(pl.lit("SAMPLE_BLANK"))
        .when(is_outside)
        .then(pl.lit("SAMPLE_OUTSIDE_PERIOD"))
    )


def _quarantined(samples: pl.DataFrame, object_key: str) -> pl.DataFrame:
    columns = {"BAD_LABELS": "labels", "SAMPLE_OUTSIDE_PERIOD": "sample_at"}
    rows = samples.select(
        "object_row",
        "reason_code",
        table_name=pl.lit(TABLE),
        object_key=pl.lit(object_key),
        column_name=pl.col("reason_code").replace_strict(columns, default="value"),
        message=pl.col("reason_code").replace_strict(EXPLANATIONS, return_dtype=pl.String),
        record=pl.struct(
            "metric",
            "labels",
            pl.col("sample_at").dt.to_string("iso"),
            pl.col("value").cast(pl.String),
        ).struct.json_encode(),
    )
    return complete(rows)
