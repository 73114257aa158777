"""The answers of a Prometheus server, read into raw samples."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from apportion.errors import DeliveryRefused
from ingest.sources.prometheus.api import Chunk
from ingest.sources.samples import COLUMNS, canonical_labels
from ingest.text_blocks import UNTRUSTED


def read_answers(path: Path, key: str, name: str) -> pl.DataFrame:
    """The samples of one landed chunk, with the columns of `samples.COLUMNS`.

    A row number counts the samples of the object. An answer also holds the last sample before the
    chunk if there is one at its very start; it belongs to the chunk before.

    Args:
        path: the landed answers.
        key: the object key, which says what was asked.
        name: the object's address, for messages.

    Raises:
        DeliveryRefused: an answer is incomplete, or is not a list of samples.
    """
    chunk = Chunk.of(key)
    with gzip.open(path) as lines:
        frames = [_samples(_result(line, name)) for line in lines]
    samples = pl.concat(frames).with_row_index("object_row", 1).cast(pl.Schema(COLUMNS))
    inside = pl.col("sample_at").is_between(chunk.start, chunk.end, closed="left")
    samples = samples.filter(inside.fill_null(value=True))
    if len(frames) == 1:
        return samples
    return samples.unique(["metric", "labels", "sample_at"], keep="first", maintain_order=True)


def _result(line: bytes, name: str) -> list[dict[str, Any]]:
    """The series of an answer."""
    try:
        answer = orjson.loads(line)
        status, warnings = answer["status"], answer.get("warnings")
        if answer.get("isPartial"):  # VictoriaMetrics: a storage node did not answer
            warnings = warnings or ["isPartial"]
        is_matrix = answer["data"]["resultType"] == "matrix"
        result: list[dict[str, Any]] = answer["data"]["result"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeliveryRefused(
            "PROMETHEUS_ANSWER",
            f"{name}: not the answer of a Prometheus server ({type(error).__name__}). {UNTRUSTED} "
            "Check that the URL is that of the Prometheus API itself.",
        ) from error
    if status != "success" or not is_matrix or warnings:
        raise DeliveryRefused(
            "PROMETHEUS_PARTIAL",
            f"{name}: the server answered {status!r} with the warning {str(warnings)[:200]!r}. "
            f"Samples may be missing, which would read as idle GPUs. {UNTRUSTED} Check the health "
            "of the server and of its stores; the next run asks again.",
        )
    return result


def _samples(result: list[dict[str, Any]]) -> pl.DataFrame:
    pairs = [series.get("values") or [] for series in result]
    numbers = pl.Series(
        [number for number, values in enumerate(pairs) for _ in values], dtype=pl.UInt32
    )
    metrics = pl.Series([series["metric"].get("__name__") for series in result], dtype=pl.String)
    labels = pl.Series([canonical_labels(series["metric"]) for series in result], dtype=pl.String)
    seconds = pl.Series([at for values in pairs for at, _ in values], dtype=pl.Float64)
    texts = pl.Series([text for values in pairs for _, text in values], dtype=pl.String)
    milliseconds = (seconds * 1000).round().cast(pl.Int64)
    return pl.DataFrame(
        {
            "metric": metrics.gather(numbers),
            "labels": labels.gather(numbers),
            "sample_at": milliseconds.cast(pl.Datetime("ms")).cast(pl.Datetime("us")),
            "value": texts.cast(pl.Float64, strict=False),
        }
    )
