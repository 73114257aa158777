"""Token weights: found where the data carries them, and not offered where it does not."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from warehouse.calibration import calibrate

TRUE_WEIGHTS = {
    "input_tokens": 2,
    "cache_read_tokens": 0,
    "output_tokens": 40,
    "request_count": 900,
}
START = datetime(2026, 10, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone


def observed(hours: int, noise: float, *, seed: int = 7, collinear: bool = False) -> pl.DataFrame:
    """Hours of one deployment whose active time follows the true weights, plus noise."""
    random = np.random.default_rng(seed)
    requests = random.integers(200, 2_000, hours)
    given = requests * (1_000 if collinear else random.integers(200, 4_000, hours))
    output = requests * (200 if collinear else random.integers(50, 600, hours))
    counts = {
        "input_tokens": given,
        "cache_read_tokens": requests * random.integers(0, 2_000, hours),
        "output_tokens": output,
        "request_count": requests,
    }
    active = sum(counts[name] * weight for name, weight in TRUE_WEIGHTS.items())
    active = active * (1 + noise * random.standard_normal(hours))
    return pl.DataFrame(
        {
            "model": ["chat-8b"] * hours,
            "gpu_model": ["H100"] * hours,
            "deployment": ["chat"] * hours,
            "hour_start": [START + timedelta(hours=hour) for hour in range(hours)],
            "active_gpu_ms": np.rint(active).astype(np.int64),
            **counts,
        }
    )


def test_the_ratios_that_made_the_data_are_found() -> None:
    (fit,) = calibrate(observed(96, 0)).to_dicts()
    assert fit["model"] == "chat-8b"
    assert (fit["input_token_weight"], fit["output_token_weight"]) == (50, 1000)
    assert fit["request_weight"] == 22_500
    assert fit["cache_read_token_weight"] == 0
    assert fit["r_squared"] == pytest.approx(1)
    assert fit["out_of_sample_error"] == pytest.approx(0, abs=1e-6)
    assert fit["is_usable"]


def test_noise_moves_the_weights_little_and_shows_in_the_quality() -> None:
    (fit,) = calibrate(observed(480, 0.1)).to_dicts()
    assert fit["output_token_weight"] == 1000
    assert 30 <= fit["input_token_weight"] <= 70
    assert 0.05 < fit["out_of_sample_error"] < 0.15 < fit["default_error"]
    assert fit["is_usable"]


def test_no_weight_is_negative() -> None:
    hours = observed(96, 0.5, seed=3)
    (fit,) = calibrate(hours).to_dicts()
    assert min(value for name, value in fit.items() if name.endswith("_weight")) >= 0


@pytest.mark.parametrize(
    "hours", [observed(24, 0.02), observed(96, 0.02, collinear=True)], ids=["few", "collinear"]
)
def test_weights_that_the_data_cannot_carry_are_not_usable(hours: pl.DataFrame) -> None:
    (fit,) = calibrate(hours).to_dicts()
    assert not fit["is_usable"]


def test_the_order_of_the_rows_does_not_matter() -> None:
    hours = observed(96, 0.1)
    assert calibrate(hours.reverse()).equals(calibrate(hours))


def test_an_idle_model_and_no_model_have_no_weights() -> None:
    idle = observed(96, 0).with_columns(active_gpu_ms=pl.lit(0, pl.Int64))
    (fit,) = calibrate(idle).to_dicts()
    assert not fit["is_usable"]
    assert fit["output_token_weight"] == 0
    assert calibrate(idle.clear()).is_empty()
