"""Token weights from telemetry: what a token of each kind takes of a GPU.

For every model and GPU type, the active GPU time of each deployment-hour is explained by the hour's
tokens and requests, by least squares with coefficients that are not negative (Lawson and Hanson,
"Solving Least Squares Problems", 1974, chapter 23). The coefficients are the weights of a request;
how good they are stands beside them. They are proposed: `apportion calibrate` puts them in force
from a day on, so that no day that was charged moves when more is known.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

FEATURES = ("input_tokens", "cache_read_tokens", "output_tokens", "request_count")
WEIGHTS = (
    "input_token_weight",
    "cache_read_token_weight",
    "output_token_weight",
    "request_weight",
)
GROUP = ("model", "gpu_model")

FEWEST_HOURS = 48
LARGEST_CONDITION = 100.0
"""When weights are good enough: two days of hours, columns that can be told apart (a condition
number of the scaled columns above 100 means that they cannot: Belsley, Kuh and Welsch, "Regression
Diagnostics", 1980, chapter 3), and a smaller error than the default weights out of sample."""

DEFAULT = np.array([[1.0], [0.0], [2.0], [0.0]])
"""What the weights are without any knowledge, as in `int_5_token_weights__chosen`."""

RESOLUTION = 1000
SIGNIFICANT_DIGITS = 3

SCHEMA: dict[str, Any] = {
    "model": pl.String,
    "gpu_model": pl.String,
    **dict.fromkeys(WEIGHTS, pl.Int64),
    "hour_count": pl.Int64,
    "r_squared": pl.Float64,
    "out_of_sample_error": pl.Float64,
    "default_error": pl.Float64,
    "condition_number": pl.Float64,
    "is_usable": pl.Boolean,
}


def calibrate(hours: pl.DataFrame) -> pl.DataFrame:
    """Fit the weights of every model and GPU type.

    Args:
        hours: `model`, `gpu_model`, `hour_start`, `deployment`, `active_gpu_ms` and the counts of
            `FEATURES`, a row per deployment-hour with requests.

    Returns:
        Integer weights in thousandths of the largest per-token weight, to three significant digits;
        the coefficient of determination of the fit; the error out of sample (fitted on every other
        hour, the sum of absolute errors over the sum of active time on the rest), and that of the
        default weights; the condition number of the columns, each scaled to length one; and whether
        all that is good enough.
        Columns as in `SCHEMA`.
    """
    ordered = hours.sort(*GROUP, "hour_start", "deployment")
    return pl.DataFrame(list(_fits(ordered)), schema=SCHEMA, orient="row")


def _fits(hours: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for key, group in hours.group_by(*GROUP, maintain_order=True):
        design = group.select(FEATURES).to_numpy().astype(np.float64)
        active = group["active_gpu_ms"].to_numpy().astype(np.float64)
        seen = design.any(axis=0)
        coefficients = np.zeros(len(FEATURES))
        coefficients[seen] = _solve(design[:, seen], active)
        quality = {
            "hour_count": group.height,
            "r_squared": _r_squared(active, design @ coefficients),
            "out_of_sample_error": _out_of_sample_error(design[:, seen], active),
            "default_error": _out_of_sample_error(design @ DEFAULT, active),
            "condition_number": _condition_number(design[:, seen]),
        }
        weights = _integers(coefficients)
        yield {
            **dict(zip(GROUP, key, strict=True)),
            **dict(zip(WEIGHTS, weights, strict=True)),
            **quality,
            "is_usable": any(weights) and _is_good(quality),
        }


def _is_good(quality: dict[str, Any]) -> bool:
    error, default = quality["out_of_sample_error"], quality["default_error"]
    return (
        quality["hour_count"] >= FEWEST_HOURS
        and quality["condition_number"] <= LARGEST_CONDITION
        and error is not None
        and error < default
    )


def _solve(design: "np.ndarray[Any, Any]", active: "np.ndarray[Any, Any]") -> Any:
    """Non-negative least squares on columns scaled to length one."""
    if not design.size:
        return np.zeros(design.shape[1])
    from scipy.optimize import nnls  # takes a second to load

    lengths = np.linalg.norm(design, axis=0)
    lengths[lengths == 0] = 1
    solution, _ = nnls(design / lengths, active)
    return solution / lengths


def _r_squared(active: "np.ndarray[Any, Any]", fitted: "np.ndarray[Any, Any]") -> float | None:
    spread = float(((active - active.mean()) ** 2).sum())
    return 1 - float(((active - fitted) ** 2).sum()) / spread if spread else None


def _out_of_sample_error(
    design: "np.ndarray[Any, Any]", active: "np.ndarray[Any, Any]"
) -> float | None:
    even, odd = slice(0, None, 2), slice(1, None, 2)
    total = float(active[odd].sum())
    if not total:
        return None
    predicted = design[odd] @ _solve(design[even], active[even])
    return float(np.abs(predicted - active[odd]).sum()) / total


def _condition_number(design: "np.ndarray[Any, Any]") -> float | None:
    if not design.size:
        return None
    return float(np.linalg.cond(design / np.linalg.norm(design, axis=0)))


def _integers(coefficients: "np.ndarray[Any, Any]") -> list[int]:
    """Thousandths of the largest weight of a token; only their ratios matter."""
    largest = coefficients[:-1].max() or coefficients.max()
    if not largest:
        return [0] * len(coefficients)
    scaled = coefficients / largest * RESOLUTION
    return [round(float(f"{value:.{SIGNIFICANT_DIGITS}g}")) for value in scaled]
