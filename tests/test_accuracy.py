"""The published ledger beside the truth of a simulated company."""

from datetime import date

import pytest

from apportion.sample import SampleOptions
from benchmarks.accuracy import as_text, measure
from benchmarks.comparison import Comparison

TINY = SampleOptions(first_day=date(2026, 10, 1), days=2, requests=1_500, gpus=90)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A small company's release beside its truth."""
    return measure(tmp_path_factory.mktemp("accuracy"), TINY)


def test_nothing_is_lost(found: Comparison) -> None:
    assert found.conservation == 0


def test_calls_of_vendors_are_priced_as_the_contract_says(found: Comparison) -> None:
    requests = found.requests["model APIs"]
    assert requests.count > 100
    assert requests.error < 1e-9


def test_deployments_pay_for_exactly_the_nodes_that_they_hold(found: Comparison) -> None:
    assert found.stages["GPU nodes to deployments"].error < 1e-6


def test_teams_are_right_within_a_percent_where_labels_are(found: Comparison) -> None:
    repaired = found.stages["team-days, labels repaired"]
    assert repaired.error < 0.01
    assert repaired.mean_percentage < 0.05
    as_published = found.stages["team-days"]
    assert as_published.misattributed < 0.03
    assert as_published.error > repaired.error


def test_a_request_served_alone_costs_what_it_used(found: Comparison) -> None:
    assert found.requests["self-hosted, one replica"].error < 0.1


def test_figures_are_printed_for_every_stage(found: Comparison) -> None:
    text = as_text("default", found)
    assert all(name in text for name in (*found.stages, *found.requests))
    assert "bill - ledger: 0" in text
