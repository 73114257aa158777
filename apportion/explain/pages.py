"""Explanations in words, for the pages of the report."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import duckdb

from apportion.errors import ConfigError
from apportion.explain.charge import explain_charge
from apportion.explain.job import explain_job
from apportion.explain.model import explain_model
from apportion.explain.node import Node, exact, known
from apportion.explain.render import plain, rounded, share_of
from apportion.explain.request import explain_request
from apportion.explain.scope import Measure, Scope
from apportion.explain.team import explain_team
from warehouse.cells import clean_text
from warehouse.explained import Line, Subject

TOP = 8
EXPLAINERS: Mapping[str, Callable[[Scope, str], Node]] = {
    "request": explain_request,
    "team": lambda scope, team: explain_team(scope, team, None),
    "model": lambda scope, model: explain_model(scope, model, None),
    "job": explain_job,
    "charge": explain_charge,
}
ALWAYS_EFFECTIVE = {"request", "job"}
"""The report shows what these cost by effective cost, whatever statements charge."""


def explained(
    connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject]
) -> dict[Subject, Line]:
    """Explain what a report shows; what the release does not know by that name is left out.

    Args:
        connection: a release, opened for reading.
        subjects: what to explain.
    """
    ((charged, currency),) = connection.execute(
        "select statement_measure, reporting_currency from runs"
    ).fetchall()
    lines = {}
    for subject in subjects:
        measure: Measure = "effective_cost" if subject.kind in ALWAYS_EFFECTIVE else charged
        scope = Scope(connection, measure, currency, TOP)
        try:
            node = EXPLAINERS[subject.kind](scope, subject.name)
        except ConfigError as error:
            if error.code != "EXPLAIN_UNKNOWN":
                raise
        else:
            lines[subject] = _line(node, None)
    return lines


def _line(node: Node, whole: Decimal | None) -> Line:
    return Line(
        clean_text(node.title),
        "" if node.amount is None else f"{rounded(node.amount)} {node.currency}",
        "" if node.amount is None else exact(node.amount),
        share_of(node, whole),
        tuple(
            (name.replace("_", " "), clean_text(plain(value)))
            for name, value in known(node.facts).items()
        ),
        tuple(_line(part, node.amount if node.is_sum else None) for part in node.parts),
    )
