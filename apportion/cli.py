"""The `apportion` command: one short function per verb."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from apportion import __version__, steps
from apportion.errors import ApportionError
from apportion.settings import Settings, load

HELP = """Attribute every dollar of cloud, GPU and model-API spend to a team, a model and a query.

\b
  apportion run --sample        try it: a simulated company, from bill to report
  apportion run                 the daily run for yesterday, with ./apportion.toml
  apportion status              what is published, how fresh it is, what is unallocated
  apportion reconcile           the bill against the ledger, to the last decimal

\b
Exit codes: 0 done, 1 a bug, 2 wrong usage, 3 the gate refused the build, 4 a source could
not be reached (try later), 5 another run holds the warehouse, 6 the configuration is wrong,
7 a delivery was refused. After 4 and 7 the run went on with what was landed before.
"""
SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Context:
    """The global options."""

    config: Path | None
    home: Path
    as_json: bool
    is_quiet: bool

    def settings(self) -> Settings:
        """The configuration that applies; the sample company's where there is one and no other."""
        sample = self.home / SAMPLE / "apportion.toml"
        chosen = self.config or Path(os.environ.get("APPORTION_CONFIG", "apportion.toml"))
        is_default = self.config is None and "APPORTION_CONFIG" not in os.environ
        if is_default and not chosen.exists() and sample.exists():
            chosen = sample
        return load(chosen, self.home)


def screen(context: Context) -> Any:
    """The output of a command; rich is only loaded by commands that print."""
    from apportion.console import Screen

    return Screen(as_json=context.as_json, is_quiet=context.is_quiet)


@click.group(help=HELP)
@click.version_option(__version__)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration file.  [default: $APPORTION_CONFIG or ./apportion.toml]",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar="APPORTION_HOME",
    default=Path("var"),
    show_default=True,
    help="Folder of all state.  [env: APPORTION_HOME]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def cli(
    click_context: click.Context,
    config: Path | None,
    home: Path,
    as_json: bool,  # noqa: FBT001 - click passes flags by position
    quiet: bool,  # noqa: FBT001 - see above
) -> None:
    """Hold the global options for the command that follows."""
    click_context.obj = Context(config, home.absolute(), as_json, quiet)


@cli.command()
@click.option("--seed", default=20261101, show_default=True, help="Everything varies with it.")
@click.option("--days", default=30, show_default=True, help="Usage days.")
@click.option("--requests", default=200_000, show_default=True, help="Model calls in all.")
@click.option("--requests-per-day", type=int, help="Model calls a day, instead of in all.")
@click.option("--gpus", default=224, show_default=True, help="About as many GPUs.")
@click.argument("directory", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def simulate(context: Context, /, directory: Path | None, **size: Any) -> None:
    r"""Write a sample company: providers' exports, a configuration, and the truth.

    Without DIRECTORY it goes to <home>/sample, where `apportion run` finds it. The truth (who
    really caused each cost) is in a folder of its own that only tests and benchmarks read.

    \b
      apportion simulate
      apportion simulate --days 90 --requests-per-day 1000000 /data/big-company
    """
    from apportion.sample import SampleOptions
    from apportion.sample import simulate as write

    out = screen(context)
    target = directory or context.home / SAMPLE
    with out.progress() as progress:
        progress(f"simulate {target}", 0, 1)
        result = write(target, SampleOptions(**size))
    out.say(
        f"{result.request_count:,} requests, {result.charge_count:,} charges and "
        f"{result.gpu_count:,} GPUs in {target}\nNext: apportion --config {result.config} run"
    )
    out.answer({"config": str(result.config), "truth": str(result.truth)})


@cli.command()
@click.option(
    "--usage-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Newest usage day (UTC).  [default: yesterday, or the last day of a fixed data set]",
)
@click.option("--sample", is_flag=True, help="Run on the sample company; simulate it if need be.")
@click.pass_context
def run(click_context: click.Context, usage_date: datetime | None, sample: bool) -> None:  # noqa: FBT001
    r"""Ingest, build, check, publish and write statements and report.

    Idempotent and restartable: what is landed is not fetched again, days that did not change are
    carried over, and a run that changes nothing publishes nothing.

    \b
      apportion run
      apportion run --usage-date 2026-11-22
    """
    context: Context = click_context.obj
    if sample:
        _ensure_sample(click_context)
        context = Context(
            context.home / SAMPLE / "apportion.toml",
            context.home,
            context.as_json,
            context.is_quiet,
        )
    settings = context.settings()
    day = usage_date.date() if usage_date else _last_day(settings)
    out = screen(context)
    with out.progress() as progress:
        result = steps.run(settings, day, progress)
    from apportion.outcome import show

    show(out, settings, result)
    if result.problems:
        sys.exit(max(problem.exit_code for problem in result.problems))


def _ensure_sample(click_context: click.Context) -> None:
    context: Context = click_context.obj
    if not (context.home / SAMPLE / "apportion.toml").exists():
        click_context.invoke(simulate)


def _last_day(settings: Settings) -> date:
    """The only place where the clock says which day is meant."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return min(yesterday, settings.schedule.last_usage_date or yesterday)


def _print(context: Context, *names: str, limit: int | None = None) -> None:
    from apportion.summary import tables

    out = screen(context)
    shown = tables(context.home, names, limit)
    out.show(shown)
    out.answer({name: table.as_json() for name, table in zip(names, shown, strict=True)})


@cli.command()
@click.pass_obj
def status(context: Context) -> None:
    """Show what is published: spend by provider and class, and how fresh each source is."""
    from warehouse.releases import verify

    release = verify(context.home)
    if release:
        screen(context).say(
            f"generation {release.generation}, usage up to {release.usage_date}, "
            f"{release.path(context.home)}\n"
        )
    _print(context, "spent", "classes", "freshness")


@cli.command()
@click.option("--limit", default=20, show_default=True, help="Rows per table.")
@click.pass_obj
def top(context: Context, limit: int) -> None:
    """Show the most expensive teams and models, and the largest savings."""
    _print(context, "teams", "models", "savings", limit=limit)


@cli.command()
@click.pass_obj
def reconcile(context: Context) -> None:
    """Compare what was delivered with what was attributed; exit with 3 if they differ."""
    from apportion.summary import tables, unreconciled

    _print(context, "reconciliation")
    (table,) = tables(context.home, ["reconciliation"])
    rows = unreconciled(table)
    screen(context).say(f"{len(table.rows)} balances, {len(rows)} with a difference")
    if rows:
        sys.exit(3)


@cli.command()
@click.pass_obj
def releases(context: Context) -> None:
    """List the published releases, the current one marked."""
    from warehouse.releases import current, list_releases

    serving, found = current(context.home), list_releases(context.home)
    out = screen(context)
    for release in found:
        mark = "*" if serving and release.generation == serving.generation else " "
        amounts = ", ".join(f"{name} {amount}" for name, amount in sorted(release.totals.items()))
        out.say(f"{mark} {release.generation:>6}  {release.usage_date}  {amounts}")
    out.answer([release.model_dump(mode="json") for release in found])


@cli.command()
@click.argument("generation", type=int, required=False)
@click.pass_obj
def rollback(context: Context, generation: int | None) -> None:
    """Point readers to an older release: the one before, or GENERATION."""
    from warehouse.export import export
    from warehouse.lock import writer
    from warehouse.releases import rollback as point_back

    with writer(context.home, "rollback"):
        release = point_back(context.home, generation)
        export(context.home)
    screen(context).say(
        f"generation {release.generation} is current again, usage up to {release.usage_date}"
    )
    screen(context).answer(release.model_dump(mode="json"))


@cli.command()
@click.pass_obj
def report(context: Context) -> None:
    """Write statements and report of the current release again, and say where they are."""
    from warehouse.export import RECORD, REPORT, STATEMENTS

    (context.home / RECORD).unlink(missing_ok=True)
    steps.export(context.settings())
    paths = {
        "report": str(context.home / REPORT / "index.html"),
        "statements": str(context.home / STATEMENTS),
    }
    out = screen(context)
    for name, path in paths.items():
        out.say(f"{name}  {path}")
    out.answer(paths)


@cli.command()
@click.pass_obj
def doctor(context: Context) -> None:
    """Check configuration, disk, sources and the published release; say what to mend."""
    from apportion.doctor import examine

    findings = examine(context.settings())
    out = screen(context)
    for finding in findings:
        out.say(f"{'ok  ' if finding.is_ok else 'MEND'}  {finding.subject}: {finding.message}")
    out.answer([finding.as_json() for finding in findings])
    worst = max((finding.exit_code for finding in findings), default=0)
    if worst:
        sys.exit(worst)


@cli.command()
@click.pass_obj
def rebuild(context: Context) -> None:
    """Forget everything but the landing zone, and build it again with identical results."""
    from apportion.rebuild import forget

    settings = context.settings()
    forget(settings)
    out = screen(context)
    with out.progress() as progress:
        result = steps.run(settings, _last_day(settings), progress)
    out.say(f"generation {result.release.generation} rebuilt: {result.days_computed} days")
    out.answer(result.release.model_dump(mode="json"))


def main(arguments: list[str] | None = None) -> None:
    """Run the command; an error that a person can act on is printed without a traceback."""
    _guarded(lambda: cli(arguments, standalone_mode=True))


def _guarded(command: Callable[[], None]) -> None:
    try:
        command()
    except ApportionError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
