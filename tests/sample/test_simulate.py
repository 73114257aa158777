"""The same options write the same bytes; other options another company; memory stays bounded."""

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from apportion.errors import ConfigError
from apportion.sample import SampleOptions, simulate
from tests.sample.conftest import SMALL, Company

MEGABYTE = 1024**2
# VmHWM, because the resource module would count what the test process held when it forked.
PEAK = """
import sys
from pathlib import Path
from apportion.sample import SampleOptions, simulate
result = simulate(Path(sys.argv[1]), SampleOptions(days=1, requests_per_day=1_000_000, gpus=90))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(result.request_count, int(status["VmHWM"].split()[0]) * 1024)
"""


def fingerprints(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_same_options_write_the_same_bytes(company: Company, tmp_path: Path) -> None:
    simulate(tmp_path, SMALL)
    assert fingerprints(tmp_path) == fingerprints(company.directory)


def test_another_seed_is_another_company(company: Company, tmp_path: Path) -> None:
    simulate(tmp_path, dataclasses.replace(SMALL, seed=7))
    ours, theirs = fingerprints(company.directory), fingerprints(tmp_path)
    request_logs = [key for key in ours if key.endswith(".jsonl.gz")]
    assert request_logs
    assert not any(theirs.get(key) == ours[key] for key in request_logs)


def test_a_company_is_not_overwritten(company: Company) -> None:
    with pytest.raises(ConfigError, match="SAMPLE_EXISTS"):
        simulate(company.directory, SMALL)


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"gpus": 0}, {"requests": -1}, {"sample_interval_seconds": 7}]
)
def test_impossible_options_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"day|interval"):
        SampleOptions(**wrong)


def test_request_count_is_as_asked_but_for_retries(company: Company) -> None:
    assert SMALL.requests < company.result.request_count < SMALL.requests * 1.03


def test_a_company_without_requests(tmp_path: Path) -> None:
    result = simulate(tmp_path, SampleOptions(days=1, requests=0, gpus=90))
    assert result.request_count == 0
    assert result.charge_count > 0


def test_a_million_requests_stay_within_memory(tmp_path: Path) -> None:
    """The peak of a day of a million requests is near that of a day of none."""
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path)], check=True, capture_output=True, text=True
    )
    count, peak = map(int, run.stdout.split())
    assert count > 1_000_000
    assert peak < 800 * MEGABYTE


def test_a_scenario_changes_only_what_it_is_about(company: Company, tmp_path: Path) -> None:
    simulate(tmp_path, dataclasses.replace(SMALL, scenario="telemetry_gaps"))
    ours, theirs = fingerprints(company.directory), fingerprints(tmp_path)
    changed = {name.split("/")[1] for name in ours if ours[name] != theirs[name]}
    assert changed == {"prometheus"}


@pytest.mark.parametrize("scenario", ["bursty", "multi_tenant", "mixed_prompts"])
def test_scenarios_of_traffic_leave_bills_of_nodes_alone(
    company: Company, tmp_path: Path, scenario: str
) -> None:
    simulate(tmp_path, dataclasses.replace(SMALL, scenario=scenario))
    ours, theirs = fingerprints(company.directory), fingerprints(tmp_path)
    changed = {name.split("/")[1] for name in ours if ours[name] != theirs.get(name)}
    assert "litellm" in changed
    assert not changed & {"aws", "azure", "gcp", "data-hall", "slurm", "teams.csv"}


def test_waste_is_in_the_log_and_in_the_truth(company: Company, tmp_path: Path) -> None:
    """On the second day a cache is lost from nine to one; a model is deployed and called twice."""
    wasteful = Company(tmp_path, simulate(tmp_path, dataclasses.replace(SMALL, scenario="waste")))
    calls = wasteful.requests().select(
        deployment="model_id",
        is_bought=pl.col("model_group") == "claude-sonnet-4-5",
        started=pl.from_epoch("startTime", time_unit="s"),
        cached=pl.col("metadata").struct["usage_object"].struct["cache_read_input_tokens"],
    )
    is_lost = pl.col("started").dt.hour().is_between(9, 12) & (pl.col("started").dt.day() == 30)
    bought = calls.filter("is_bought")
    read = pl.col("cached") > 0
    assert bought.filter(is_lost).height > 5
    assert bought.filter(is_lost & read).is_empty()
    assert bought.filter(~is_lost & read).height > 0.7 * bought.filter(~is_lost).height
    served = pl.read_parquet(sorted((wasteful.result.truth / "requests").iterdir()))
    pair = {"moderation-8b", "moderation-8b-support"}
    assert pair < {*calls["deployment"]}
    assert pair < {*served["deployment"]}
    assert pair < {*wasteful.truth("deployment_hours")["deployment"]}
    ours, theirs = fingerprints(company.directory), fingerprints(tmp_path)
    changed = {name.split("/")[1] for name in ours if ours[name] != theirs.get(name)}
    assert {"litellm", "prometheus", "deployments.csv", "lever_assumptions.csv"} <= changed
    assert not changed & {"aws", "azure", "gcp", "data-hall", "slurm", "teams.csv"}


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(ValueError, match="bursty"):
        SampleOptions(scenario="calm")
