"""The commands that do something: simulate, run, rebuild, report, rollback."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apportion import steps
from apportion.context import COUNT, DAY, Context, examples, last_day

if TYPE_CHECKING:
    from apportion.sample import SampleResult
    from apportion.settings import Schedule


@click.command(
    epilog=examples(
        "apportion simulate",
        "apportion simulate --days 90 --requests-per-day 1000000 /data/big-company",
        "apportion simulate --native-bills aws --call-logs langfuse /data/company",
    )
)
@click.option("--seed", default=20261101, show_default=True, help="Everything varies with it.")
@click.option("--days", type=COUNT, default=30, show_default=True, help="Usage days.")
@click.option(
    "--requests", type=COUNT, default=200_000, show_default=True, help="Model calls in all."
)
@click.option("--requests-per-day", type=COUNT, help="Model calls a day, instead of in all.")
@click.option(
    "--gpus",
    type=COUNT,
    default=224,
    show_default=True,
    help="About as many GPUs; one node of every kind is the least.",
)
@click.option(
    "--native-bills",
    multiple=True,
    type=click.Choice(
        ["aws", "aws-legacy", "azure", "gcp", "oci", "openai", "anthropic", "data-hall"]
    ),
    help="Who writes bills in a form of their own instead of FOCUS; repeat for several.",
)
@click.option(
    "--call-logs",
    multiple=True,
    type=click.Choice(
        ["bedrock_invocations", "helicone", "langfuse", "otel_genai", "request_log", "sglang"]
    ),
    help="A kind of log that tells of a part of the calls instead of LiteLLM's; repeat.",
)
@click.option(
    "--telemetry",
    multiple=True,
    type=click.Choice(["amd", "csv", "nvidia_smi"]),
    help="A part of the GPUs tells of itself in another form; repeat.",
)
@click.option(
    "--servers",
    multiple=True,
    type=click.Choice(["litellm_database", "prometheus"]),
    help="Write what a server of your own can be filled with, beside the exports; repeat.",
)
@click.option(
    "--scenario",
    type=click.Choice(
        ["default", "bursty", "multi_tenant", "mixed_prompts", "telemetry_gaps", "waste"]
    ),
    default="default",
    show_default=True,
    help="What happens: calls in bursts, more callers, prompts of all lengths, less telemetry; "
    "or waste, such as lost caches and a model deployed twice.",
)
@click.option("--all-sources", is_flag=True, help="All of these forms at once.")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.pass_obj
def simulate(context: Context, /, directory: Path | None, **size: Any) -> None:
    """Write a sample company: exports, configuration, truth.

    Without DIRECTORY it goes to <home>/sample, where `apportion run` finds it. The truth (who
    really caused each cost) is in a folder of its own that only tests and benchmarks read.

    What happens in the company is the same in whatever forms it is told: teams pay the same.
    """
    result = _simulate(context, directory or context.sample, **size)
    out = context.screen()
    out.say(f"Next: apportion --config {result.config} run")
    out.answer({"config": str(result.config), "truth": str(result.truth)})


def _simulate(
    context: Context, target: Path, *, all_sources: bool = False, **size: Any
) -> "SampleResult":
    from apportion.sample import ALL_SOURCES, SampleOptions
    from apportion.sample import simulate as write

    out = context.screen()
    with out.progress() as progress:
        progress(f"simulate {target}", 0, 1)
        result = write(target, SampleOptions(**size | (dict(ALL_SOURCES) if all_sources else {})))
    out.say(
        f"{result.request_count:,} requests, {result.charge_count:,} charges and "
        f"{result.gpu_count:,} GPUs in {target}"
    )
    return result


@click.command(epilog=examples("apportion run", "apportion run --usage-date 2026-11-22"))
@click.option(
    "--usage-date",
    type=DAY,
    help="Newest usage day (UTC).  [default: yesterday, or the last day of a fixed data set]",
)
@click.option("--sample", is_flag=True, help="Run on the sample company; simulate it if need be.")
@click.pass_obj
def run(context: Context, usage_date: datetime | None, sample: bool) -> None:  # noqa: FBT001
    """Ingest, build, check, publish, write statements and report.

    Idempotent and restartable: what is landed is not fetched again, days that did not change are
    carried over, and a run that changes nothing publishes nothing. A run never takes days away
    from readers: with an older day it adds what came late and goes as far as the current release.

    A source that cannot be reached, or whose delivery is refused, does not stop the run; it goes on
    with what that source delivered before, says so, and ends with exit code 4 or 7. Nothing that
    readers see changes unless every check passes.
    """
    if sample:
        if not context.sample_config.exists():
            _simulate(context, context.sample)
        context = context.on_sample()
    settings = context.settings()
    day = usage_date.date() if usage_date else last_day(settings)
    _refuse_a_day_without_usage(settings.schedule, day)
    with context.screen().progress() as progress:
        result = steps.run(settings, day, progress)
    _finish(context, result)


def _refuse_a_day_without_usage(schedule: "Schedule", day: date) -> None:
    """A mistyped year would build nothing, or decades.

    Raises:
        click.UsageError: the day is in the future, or before the first usage day.
    """
    last = min(day, schedule.last_usage_date or day)
    if last > datetime.now(UTC).date():
        raise click.UsageError(f"{day} is in the future: no usage is known of it yet.")
    if last < schedule.first_usage_date:
        raise click.UsageError(
            f"{day} is before the first usage day, {schedule.first_usage_date}. Name a later day, "
            "or change schedule.first_usage_date in the configuration."
        )


@click.command(epilog=examples("apportion rebuild"))
@click.pass_obj
def rebuild(context: Context) -> None:
    """Make everything again from what is landed, and compare.

    Readers keep the published release. Where the input is the same, the result must be too: every
    table is compared, and a difference ends with exit code 3.
    """
    from apportion.rebuild import rebuild as make_again

    settings = context.settings()
    with context.screen().progress() as progress:
        result = make_again(settings, last_day(settings), progress)
    _finish(context, result)


def _finish(context: Context, result: steps.RunResult) -> None:
    """Say what a run did; where a source failed, end with its exit code."""
    from apportion.outcome import show

    show(context.screen(), context.home, result)
    if result.problems:
        sys.exit(max(problem.exit_code for problem in result.problems))


@click.command(epilog=examples("apportion report"))
@click.pass_obj
def report(context: Context) -> None:
    """Write statements and report of the current release again."""
    from warehouse.export import RECORD, REPORT, STATEMENTS
    from warehouse.read import serving

    settings, out = context.settings(), context.screen()
    serving(context.home)
    (context.home / RECORD).unlink(missing_ok=True)
    with out.doing("write statements and report"):
        steps.export(settings)
    paths = {
        "report": str(context.home / REPORT / "index.html"),
        "statements": str(context.home / STATEMENTS),
    }
    for name, path in paths.items():
        out.say(f"{name:<11} {path}")
    out.answer(paths)


@click.command(epilog=examples("apportion releases", "apportion rollback", "apportion rollback 41"))
@click.argument("generation", type=int, required=False)
@click.pass_obj
def rollback(context: Context, generation: int | None) -> None:
    """Point readers to an older release.

    To GENERATION, or the one before the current. Statements and report follow. The next run
    publishes again what the landing zone says: correct the input or the rule first.
    """
    from apportion.explain.pages import explained
    from warehouse.export import export
    from warehouse.lock import writer
    from warehouse.releases import rollback as point_back

    settings, out = context.settings(), context.screen()
    with writer(context.home, "rollback"), out.doing("roll back, write statements and report"):
        release = point_back(context.home, generation)
        export(context.home, explained, settings.journal)
    out.say(f"generation {release.generation} is current again, usage up to {release.usage_date}")
    out.answer(release.model_dump(mode="json"))
