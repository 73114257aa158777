"""What `apportion run` says at its end."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from apportion.steps import RunResult
from apportion.summary import Table, tables, unreconciled

if TYPE_CHECKING:
    from apportion.console import Screen

TOP = 10
NAMES = ("spent", "total", "teams", "savings", "quarantine", "reconciliation")


def show(out: "Screen", home: Path, result: RunResult) -> None:
    """Print what was spent, by whom, what could be saved, what was left out, and where to look."""
    spent, total, teams, savings, quarantine, reconciliation = tables(home, NAMES)
    differences = unreconciled(reconciliation)
    out.show([spent, total, _first(teams), _first(savings)])
    if quarantine.rows:
        out.show([_first(quarantine)])
    out.say(
        f"Reconciliation: {len(reconciliation.rows)} balances, "
        + (f"{len(differences)} WITH A DIFFERENCE" if differences else "difference 0")
    )
    out.say(_work(result))
    places = {
        "warehouse": str(home / "current.duckdb"),
        "statements": str(home / "statements"),
        "report": str(home / "report" / "index.html"),
    }
    for name, path in places.items():
        out.say(f"{name:<11} {path}")
    for problem in result.problems:
        out.say(f"\n{problem}")
    out.answer(
        places
        | {
            "run_id": result.run_id,
            "generation": result.release.generation,
            "is_unchanged": result.is_unchanged,
            "days_computed": result.days_computed,
            "days_carried": result.days_carried,
            "seconds": {step: round(taken, 1) for step, taken in result.seconds.items()},
            "spent": spent.as_json(),
            "total": total.as_json(),
            "teams": teams.as_json(),
            "savings": savings.as_json(),
            "quarantine": quarantine.as_json(),
            "reconciliation": reconciliation.as_json(),
            "problems": [str(problem) for problem in result.problems],
        }
    )


def _first(table: Table) -> Table:
    more = len(table.rows) - TOP
    title = f"{table.title} (the first {TOP} of {len(table.rows)})" if more > 0 else table.title
    return replace(table, title=title, rows=table.rows[:TOP])


def _work(result: RunResult) -> str:
    taken = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in result.seconds.items())
    generation = result.release.generation
    if result.is_unchanged:
        return f"Nothing changed: generation {generation} stays. ({taken})"
    return (
        f"Published generation {generation}: {result.days_computed} days computed, "
        f"{result.days_carried} carried over. ({taken})"
    )
