"""The commands that only look: status, top, owners, reconcile, releases, doctor."""

import sys
from typing import TYPE_CHECKING

import click

from apportion import steps
from apportion.context import COUNT, Context, examples

if TYPE_CHECKING:
    from apportion.summary import Table


def _show(context: Context, *names: str, limit: int | None = None) -> dict[str, "Table"]:
    from apportion.summary import tables

    shown = dict(zip(names, tables(context.home, names, limit), strict=True))
    context.screen().show(list(shown.values()))
    return shown


@click.command(epilog=examples("apportion status", "apportion status --json"))
@click.pass_obj
def status(context: Context) -> None:
    """Show what is published, how fresh it is, and problems."""
    from warehouse.releases import verify

    out, release = context.screen(), verify(context.home)
    if release:
        out.say(
            f"generation {release.generation}, usage up to {release.usage_date}, "
            f"{release.path(context.home)}\n"
        )
    shown = _show(
        context, "spent", "total", "classes", "periods", "findings", "quarantine", "freshness"
    )
    problems = [str(problem) for problem in steps.problems(context.settings())]
    for problem in problems:
        out.say(problem)
    out.answer(
        {name: table.as_json() for name, table in shown.items()}
        | {
            "release": release.model_dump(mode="json") if release else None,
            "problems": problems,
        }
    )


@click.command(epilog=examples("apportion top", "apportion top --limit 50"))
@click.option("--limit", type=COUNT, default=20, show_default=True, help="Rows per table.")
@click.pass_obj
def top(context: Context, limit: int) -> None:
    """Show the dearest teams and models, the largest savings."""
    shown = _show(context, "teams", "models", "savings", limit=limit)
    context.screen().answer({name: table.as_json() for name, table in shown.items()})


@click.command(epilog=examples("apportion owners", "apportion owners --limit 50"))
@click.option("--limit", type=COUNT, default=20, show_default=True, help="Rows per table.")
@click.pass_obj
def owners(context: Context, limit: int) -> None:
    """Show what has no team, its likely owner, and owner rules to look at.

    A suggestion comes with the line to add to owner_rules.csv; nothing is applied by itself.
    """
    from apportion.summary import tables

    shown = _show(context, "unallocated", "conflicts", "idle_rules", limit=limit)
    (suggestions,) = tables(context.home, ["suggestions"], limit)
    out = context.screen()
    if suggestions.rows:
        out.say(f"{suggestions.title}, if they are right:")
    for rule, _ in suggestions.rows:
        out.say(rule)
    shown["suggestions"] = suggestions
    out.answer({name: table.as_json() for name, table in shown.items()})


@click.command(epilog=examples("apportion reconcile", "apportion reconcile --json"))
@click.pass_obj
def reconcile(context: Context) -> None:
    """Compare what was delivered with what was attributed.

    Exits with 3 where they differ.
    """
    from apportion.summary import unreconciled

    table = _show(context, "reconciliation")["reconciliation"]
    rows = unreconciled(table)
    out = context.screen()
    out.say(f"{len(table.rows)} balances, {len(rows)} with a difference")
    out.answer(table.as_json())
    if rows:
        sys.exit(3)


@click.command(epilog=examples("apportion releases", "apportion releases --json"))
@click.pass_obj
def releases(context: Context) -> None:
    """List the published releases, the current one marked."""
    from warehouse.releases import current, list_releases

    serving, found = current(context.home), list_releases(context.home)
    out = context.screen()
    for release in found:
        mark = "*" if serving and release.generation == serving.generation else " "
        amounts = ", ".join(f"{name} {amount}" for name, amount in sorted(release.totals.items()))
        out.say(f"{mark} {release.generation:>6}  {release.usage_date}  {amounts}")
    out.answer(
        {
            "current": serving.generation if serving else None,
            "releases": [release.model_dump(mode="json") for release in found],
        }
    )


@click.command(
    epilog=examples("apportion doctor", "apportion --config costs/apportion.toml doctor")
)
@click.pass_obj
def doctor(context: Context) -> None:
    """Check configuration, disk, clock, sources, currencies and tables; say what to mend.

    Every source is listed, and one small object of its newest delivery is fetched.
    """
    from apportion.context import last_day
    from apportion.doctor import examine

    settings = context.settings()
    findings = examine(settings, last_day(settings))
    out = context.screen()
    for finding in findings:
        out.say(f"{finding.mark:4}  {finding.subject}: {finding.message}")
    out.answer([finding.as_json() for finding in findings])
    worst = max((finding.exit_code for finding in findings), default=0)
    if worst:
        sys.exit(worst)
