"""`apportion calibrate`: what it proposes, and how it is put in force."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from apportion import summary
from apportion.cli import main

COLUMNS = summary.QUERIES["calibrations"][1]
GOOD = ("chat-8b", "NVIDIA H100", 50, 5, 1000, 22_500, 480, 0.91, 0.1, 0.4, 12.0, "yes")
BAD = ("chat-70b", "NVIDIA H100", 0, 0, 1000, 0, 24, 0.2, 0.5, 0.4, 300.0, "no")


@pytest.fixture
def proposals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two fits, of which one is good enough."""
    table = summary.Table("Token weights", COLUMNS, [GOOD, BAD])
    monkeypatch.setattr(summary, "tables", lambda *_: [table])


def calibrate(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(tmp_path), "calibrate", *arguments])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("proposals")
def test_weights_are_shown_and_nothing_is_written(tmp_path: Path) -> None:
    result = calibrate(tmp_path)
    assert result.exit_code == 0, result.output
    assert "chat-8b" in result.output
    assert "22,500" in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("proposals")
def test_good_weights_are_put_in_force_and_end_those_before(tmp_path: Path) -> None:
    path = tmp_path / "token_weights.csv"
    path.write_text(
        "model,gpu_model,input_token_weight,cache_read_token_weight,output_token_weight,"
        "request_weight,weight_source,valid_from,valid_to\n"
        "Chat-8b,NVIDIA H100,1,0,2,0,measured by hand,2026-01-01,\n"
        "other,NVIDIA L40S,1,0,3,0,measured by hand,2026-01-01,\n"
    )
    result = calibrate(tmp_path, "--write", str(path), "--valid-from", "2026-12-01")
    assert result.exit_code == 0, result.output
    before, other, new = rows(path)
    assert before["valid_to"] == "2026-12-01"
    assert other["valid_to"] == ""
    assert new == {
        "model": "chat-8b",
        "gpu_model": "NVIDIA H100",
        "input_token_weight": "50",
        "cache_read_token_weight": "5",
        "output_token_weight": "1000",
        "request_weight": "22500",
        "weight_source": "calibrated",
        "valid_from": "2026-12-01",
        "valid_to": "",
    }


@pytest.mark.usefixtures("proposals")
def test_the_same_day_twice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "token_weights.csv"
    arguments = ("--write", str(path), "--valid-from", "2026-12-01")
    assert calibrate(tmp_path, *arguments).exit_code == 0
    content = path.read_bytes()
    again = calibrate(tmp_path, *arguments)
    assert again.exception is not None
    assert "CALIBRATION_IN_FORCE" in f"{again.output}{again.exception}"
    assert path.read_bytes() == content


@pytest.mark.usefixtures("proposals")
def test_a_day_is_needed_to_write(tmp_path: Path) -> None:
    result = calibrate(tmp_path, "--write", str(tmp_path / "token_weights.csv"))
    assert result.exit_code == 2
    assert "--valid-from" in result.output
