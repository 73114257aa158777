"""A published release beside the truth of its sample company.

The truth says who held each GPU and which requests a replica worked on. Who pays for a replica that
waits is no fact but a rule: here, as in the ledger, the callers of the deployment in that hour, in
proportion to what they used, or its owner where nobody called.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from apportion.sample.models import DEPLOYMENTS
from benchmarks import accuracy_queries as queries
from warehouse.read import connect

SMALLEST_TEAM_DAY = 1
"""Reporting currency; percentages of less mean nothing."""

SEVERAL_REPLICAS = [deployment.name for deployment in DEPLOYMENTS if deployment.replicas > 1]


@dataclass(frozen=True, slots=True)
class StageError:
    """How far the ledger is from the truth, as shares of the true cost.

    Attributes:
        error: Σ|attributed - true| / Σ true over all recipients that exist.
        misattributed: what was given to somebody who did not cause it.
        unallocated: what was given to nobody, and said so.
        mean_percentage: mean of |attributed - true| / true over recipients above 1 USD a day.
        cost: Σ true, in the reporting currency.
    """

    error: float
    misattributed: float
    unallocated: float
    mean_percentage: float
    cost: float


@dataclass(frozen=True, slots=True)
class RequestError:
    """Error of single requests within their deployment and hour, and how many there were."""

    error: float
    median: float
    count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A release beside the truth.

    Attributes:
        stages: by stage.
        requests: by who serves them, and whether the log leaves open which replica did.
        conservation: the largest difference between bill and ledger; anything but 0 is a bug.
        wrong_owners: rules that name the wrong team, because the labels do, with the amount.
    """

    stages: dict[str, StageError]
    requests: dict[str, RequestError]
    conservation: Decimal
    wrong_owners: dict[str, float]


def compare(home: Path, truth: Path) -> Comparison:
    """Compare the published release of a sample company with its truth.

    Args:
        home: the home folder with the release.
        truth: the company's folder of that name.
    """
    with connect(home) as warehouse, duckdb.connect() as scratch:
        for name, query in (("ledger", queries.LEDGER), ("requests", queries.REQUESTS)):
            scratch.register(name, warehouse.sql(query).to_arrow_table())
        ((difference,),) = warehouse.execute(queries.CONSERVATION).fetchall()
        scratch.execute("set enable_progress_bar = false")
        scratch.execute(queries.VIEWS.format(truth=truth))
        stages = {name: _error(scratch, pairs) for name, pairs in queries.STAGES.items()}
        requests = {
            kind: RequestError(*found)
            for kind, *found in scratch.execute(
                queries.REQUEST_ERRORS, [SEVERAL_REPLICAS]
            ).fetchall()
        }
        wrong = scratch.execute(queries.WRONG_OWNERS.format(smallest=SMALLEST_TEAM_DAY)).fetchall()
        return Comparison(stages, requests, difference, dict(wrong))


def _error(scratch: duckdb.DuckDBPyConnection, pairs: str) -> StageError:
    query = queries.ERRORS.format(pairs=pairs, smallest=SMALLEST_TEAM_DAY)
    (row,) = scratch.execute(query).fetchall()
    return StageError(*row)
