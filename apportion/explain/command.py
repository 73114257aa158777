"""`apportion explain`: why something costs what it costs."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from apportion.context import COUNT, DAY, Context, examples

if TYPE_CHECKING:
    from apportion.explain.node import Node
    from apportion.explain.scope import Measure, Scope


class Asked:
    """How the commands below `explain` answer."""

    def __init__(self, context: Context, measure: "Measure | None", top: int) -> None:
        self._context, self._measure, self._top = context, measure, top

    def answer(self, ask: "Callable[[Scope], Node]") -> None:
        """Print what a question finds: a tree, or nested JSON."""
        from apportion.explain.render import show
        from apportion.explain.scope import opened

        with opened(self._context.home, self._measure, self._top) as scope:
            node = ask(scope)
        if not self._context.as_json:
            show(node)
        self._context.screen().answer(node.as_json())


@click.group(
    epilog=examples(
        "apportion explain team search 2026-10-02",
        "apportion explain request chatcmpl-0db9b4f4-eb84-4dae-a953-29d820a6656a",
        "apportion --json explain charge c0b67f8b2552ee5d3227977a0c7d0fb4",
    )
)
@click.option(
    "--measure",
    type=click.Choice(["billed_cost", "effective_cost"]),
    help="Measure to explain.  [default: the one that statements charge]",
)
@click.option(
    "--top",
    type=COUNT,
    default=5,
    show_default=True,
    help="Largest parts to show of each sum; the others become one line.",
)
@click.pass_context
def explain(context: click.Context, measure: "Measure | None", top: int) -> None:
    """Show why something costs what it costs, down to the bill and up to the statement."""
    context.obj = Asked(context.obj, measure, top)


@explain.command(
    epilog=examples("apportion explain request chatcmpl-0db9b4f4-eb84-4dae-a953-29d820a6656a")
)
@click.argument("request_id")
@click.pass_obj
def request(asked: Asked, request_id: str) -> None:
    """Explain a request by the id that the log gives it."""
    from apportion.explain.request import explain_request

    asked.answer(lambda scope: explain_request(scope, request_id))


@explain.command(
    epilog=examples(
        "apportion explain charge c0b67f8b2552ee5d3227977a0c7d0fb4",
        "apportion explain --measure billed_cost charge c0b67f8b2552ee5d3227977a0c7d0fb4",
    )
)
@click.argument("charge_key")
@click.pass_obj
def charge(asked: Asked, charge_key: str) -> None:
    """Explain a line of the bill: who got which part of it."""
    from apportion.explain.charge import explain_charge

    asked.answer(lambda scope: explain_charge(scope, charge_key))


@explain.command(
    epilog=examples("apportion explain team search", "apportion explain team search 2026-10-02")
)
@click.argument("team")
@click.argument("day", type=DAY, required=False)
@click.pass_obj
def team(asked: Asked, team: str, day: datetime | None) -> None:
    """Explain a team on a day, or in the whole release."""
    from apportion.explain.team import explain_team

    asked.answer(lambda scope: explain_team(scope, team, _date(day)))


@explain.command(
    epilog=examples(
        "apportion explain model chat-7b", "apportion explain --top 20 model chat-7b 2026-10-02"
    )
)
@click.argument("model")
@click.argument("day", type=DAY, required=False)
@click.pass_obj
def model(asked: Asked, model: str, day: datetime | None) -> None:
    """Explain a model on a day, or in the whole release."""
    from apportion.explain.model import explain_model

    asked.answer(lambda scope: explain_model(scope, model, _date(day)))


@explain.command(
    epilog=examples("apportion explain job 1042", "apportion explain job batch/nightly-embeddings")
)
@click.argument("job_id")
@click.pass_obj
def job(asked: Asked, job_id: str) -> None:
    """Explain a job: a Slurm job id, or namespace/name of a job on Kubernetes."""
    from apportion.explain.job import explain_job

    asked.answer(lambda scope: explain_job(scope, job_id))


@explain.command(
    epilog=examples(
        "apportion explain workload chat-7b-eu", "apportion explain workload slurm/1042 2026-10-02"
    )
)
@click.argument("name")
@click.argument("day", type=DAY, required=False)
@click.pass_obj
def workload(asked: Asked, name: str, day: datetime | None) -> None:
    """Explain a workload: a pod's app, a pod, or slurm/<job id>."""
    from apportion.explain.workload import explain_workload

    asked.answer(lambda scope: explain_workload(scope, name, _date(day)))


def _date(day: datetime | None) -> date | None:
    return None if day is None else day.date()
