"""The pipeline as steps: ingest, build, gate, publish, export.

The command line runs them in one process, Airflow each in its own; what one step leaves for the
next is on disk, under the run's id. A step imports its room when it runs, so that listing the steps
costs nothing.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from apportion import runs
from apportion.errors import ApportionError, DeliveryRefused, SourceUnavailable
from apportion.settings import Settings

if TYPE_CHECKING:
    from ingest.collect import CollectResult
    from warehouse.releases import Release

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many parts of it are done, and how many there are."""


MOST_WORKERS = 4
"""Sources ingested at a time; each wants a few hundred megabytes."""


def quiet(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@dataclass(slots=True)
class RunResult:
    """What a run did, and what went wrong with single sources on the way."""

    run_id: str
    release: "Release"
    is_unchanged: bool
    days_computed: int = 0
    days_carried: int = 0
    collected: list["CollectResult"] = field(default_factory=list)
    problems: list[ApportionError] = field(default_factory=list)


def configured_sources(settings: Settings) -> list[str]:
    """The names of the configured sources, in order."""
    return [source.name for source in settings.sources]


def ingest(settings: Settings, source_name: str, usage_date: date) -> "CollectResult":
    """Land and type what one source has delivered up to a usage day.

    Raises:
        SourceUnavailable: the provider could not be reached.
        ConfigError: a setting or a reference table is wrong.
    """
    from ingest.collect import collect
    from ingest.source import Window

    schedule = settings.schedule
    last = min(usage_date, schedule.last_usage_date or usage_date)
    return collect(settings, source_name, Window(schedule.first_usage_date, last))


def build(settings: Settings, usage_date: date, progress: Progress = quiet) -> str:
    """Build a release from what is landed, unless the current one already says the same.

    Returns:
        The id of the run, which the next steps ask for.

    Raises:
        GateRefused: a model could not be built, or one of its tests failed.
        Busy: another run holds the warehouse.
    """
    from warehouse import build as room
    from warehouse.lock import writer
    from warehouse.releases import verify

    home = settings.home
    with writer(home, f"build of {usage_date}"):
        run = runs.start(home, usage_date)
        serving = verify(home)
        run.base_generation = serving.generation if serving else 0
        fingerprint = room.plan(settings, usage_date).fingerprint
        run.is_unchanged = bool(serving and serving.fingerprint == fingerprint)
        run.save(home)
        if not run.is_unchanged:
            room.build(settings, usage_date, run.run_id, progress=progress).save()
    return run.run_id


def gate(settings: Settings, run_id: str) -> None:
    """Check a build as a whole.

    Raises:
        GateRefused: it must not be published.
    """
    from warehouse.build_result import BuildResult
    from warehouse.gate import gate as check
    from warehouse.lock import writer
    from warehouse.releases import current

    if runs.load(settings.home, run_id).is_unchanged:
        return
    with writer(settings.home, f"gate of {run_id}"):
        serving = current(settings.home)
        check(
            settings,
            BuildResult.load(settings.home / "builds" / run_id),
            serving.path(settings.home) if serving else None,
        )


def publish(settings: Settings, run_id: str) -> "Release":
    """Publish a build that passed the gate; of an unchanged run, the current release.

    Raises:
        Busy: another run published in the meantime.
        GateRefused: the build did not pass the gate.
    """
    from warehouse.build_result import BuildResult
    from warehouse.gate import passed
    from warehouse.lock import writer
    from warehouse.publish import publish as release
    from warehouse.releases import current

    home, run = settings.home, runs.load(settings.home, run_id)
    with writer(home, f"publish of {run_id}"):
        serving = current(home)
        if run.is_unchanged and serving:
            return serving
        built = BuildResult.load(home / "builds" / run_id)
        return release(
            home,
            built.path,
            sha256=passed(built.path),
            fingerprint=built.fingerprint,
            base_generation=run.base_generation,
            usage_date=run.usage_date,
            run_id=run_id,
            totals=built.amounts,
            keep=settings.warehouse.keep_releases,
        )


def export(settings: Settings) -> None:
    """Write statements and report of the current release, unless they are written."""
    from warehouse.export import export as write
    from warehouse.lock import writer

    with writer(settings.home, "export"):
        write(settings.home)


def ingest_all(
    settings: Settings, usage_date: date, progress: Progress = quiet
) -> tuple[list["CollectResult"], list[ApportionError]]:
    """Ingest every configured source, several at a time in processes of their own.

    A source that cannot be reached, or whose delivery is refused, does not stop the others.

    Returns:
        What was collected, and what went wrong, both in the order of the configuration.

    Raises:
        ConfigError: a setting or a reference table is wrong.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    sources = configured_sources(settings)
    collected: list[CollectResult] = []
    problems: list[ApportionError] = []
    workers = min(len(sources), os.cpu_count() or 1, MOST_WORKERS)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending = [pool.submit(ingest, settings, name, usage_date) for name in sources]
        for number, (name, outcome) in enumerate(zip(sources, pending, strict=True)):
            progress(f"ingest: {name}", number, len(sources))
            try:
                result = outcome.result()
            except (SourceUnavailable, DeliveryRefused) as problem:
                problems.append(problem)
            else:
                collected.append(result)
                problems += result.refused
    return collected, problems


def run(settings: Settings, usage_date: date, progress: Progress = quiet) -> RunResult:
    """All steps for a usage day.

    A source that cannot be reached, or whose delivery is refused, does not stop the run: what is
    landed of it stays, and the gate decides whether that is enough.

    Raises:
        ApportionError: as the steps do; readers still see the release from before.
    """
    collected, problems = ingest_all(settings, usage_date, progress)
    run_id = build(settings, usage_date, progress)
    progress("gate", 0, 1)
    gate(settings, run_id)
    progress("publish", 0, 1)
    release = publish(settings, run_id)
    progress("statements and report", 0, 1)
    export(settings)
    return _result(settings, run_id, release, collected, problems)


def _result(
    settings: Settings,
    run_id: str,
    release: "Release",
    collected: list["CollectResult"],
    problems: list[ApportionError],
) -> RunResult:
    from warehouse.build_result import BuildResult

    result = RunResult(
        run_id,
        release,
        runs.load(settings.home, run_id).is_unchanged,
        collected=collected,
        problems=problems,
    )
    if not result.is_unchanged:
        built = BuildResult.load(settings.home / "builds" / run_id)
        result.days_computed, result.days_carried = (
            len(built.days_computed),
            len(built.days_carried),
        )
    return result
