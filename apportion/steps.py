"""The pipeline as steps: ingest, build, gate, publish, export.

The command line runs them in one process, Airflow each in its own; what one step leaves for the
next is on disk, under the run's id. A step imports its room when it runs, so that listing the steps
costs nothing.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import TYPE_CHECKING

from apportion import intake, runs
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
    """What a run did, what went wrong with single sources on the way, and the seconds it took."""

    run_id: str
    release: "Release"
    is_unchanged: bool
    days_computed: int
    days_carried: int
    problems: list[intake.Problem]
    seconds: dict[str, float]


def configured_sources(settings: Settings) -> list[str]:
    """The names of the configured sources, in order."""
    return [source.name for source in settings.sources]


def ingest(settings: Settings, source_name: str, usage_date: date) -> "CollectResult":
    """Land and type what one source has delivered up to a usage day.

    What goes wrong with it is written down for the steps that follow (`intake`).

    Raises:
        SourceUnavailable: the provider could not be reached.
        ConfigError: a setting or a reference table is wrong.
        Busy: another run is collecting the same source.
    """
    from ingest.collect import collect
    from ingest.source import Window

    window = Window(settings.schedule.first_usage_date, _last(settings, usage_date))
    try:
        result = collect(settings, source_name, window)
    except ApportionError as error:
        intake.note(settings.home, source_name, usage_date, [error])
        raise
    intake.note(settings.home, source_name, usage_date, result.refused)
    return result


def _last(settings: Settings, usage_date: date) -> date:
    """The usage day, or the last one that a fixed data set has."""
    return min(usage_date, settings.schedule.last_usage_date or usage_date)


def problems(settings: Settings) -> list[intake.Problem]:
    """What went wrong the last time each configured source was ingested."""
    return intake.problems(settings)


def build(
    settings: Settings,
    usage_date: date,
    progress: Progress = quiet,
    *,
    is_forced: bool = False,
) -> str:
    """Build a release from what is landed, unless the current one already says the same.

    Args:
        settings: the configuration.
        usage_date: the newest usage day (UTC); where the current release goes further, so does the
            new one: a run never takes days away from readers (`rollback` does).
        progress: told of every step.
        is_forced: build even what the current release already says.

    Returns:
        The id of the run, which the next steps ask for.

    Raises:
        GateRefused: a model could not be built, or one of its tests failed.
        SourceUnavailable, DeliveryRefused: a source failed that has never delivered anything.
        ConfigError: a setting or a reference table is wrong, as the ingestion found.
        Busy: another run holds the warehouse.
    """
    from warehouse import build as room
    from warehouse.lock import writer
    from warehouse.recover import recover

    home, last = settings.home, _last(settings, usage_date)
    intake.refuse_without_input(settings)
    with writer(home, f"build of {last}"):
        serving = recover(home)
        run = runs.start(home, max(last, serving.usage_date) if serving else last)
        run.base_generation = serving.generation if serving else 0
        fingerprint = room.plan(settings, run.usage_date).fingerprint
        run.is_unchanged = not is_forced and _says(serving, fingerprint)
        run.save(home)
        if not run.is_unchanged:
            room.build(settings, run.usage_date, run.run_id, progress=progress).save()
    return run.run_id


def _says(release: "Release | None", fingerprint: str) -> bool:
    return release is not None and release.fingerprint == fingerprint


def gate(settings: Settings, run_id: str) -> None:
    """Check a build as a whole; one that is published already passed.

    Raises:
        GateRefused: it must not be published, or a required source failed.
    """
    from warehouse.build_result import BuildResult
    from warehouse.gate import gate as check
    from warehouse.lock import writer
    from warehouse.releases import current

    if runs.load(settings.home, run_id).is_unchanged:
        return
    with writer(settings.home, f"gate of {run_id}"):
        serving = current(settings.home)
        if serving and serving.run_id == run_id:
            return
        intake.refuse_without_required(settings)
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
        published = release(
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
        runs.clear_away(home, keep=run_id)
        return published


def export(settings: Settings) -> None:
    """Write statements and report of the current release, unless they are written."""
    from apportion.explain.pages import explained
    from warehouse.export import export as write
    from warehouse.lock import writer

    with writer(settings.home, "export"):
        write(settings.home, explained, settings.journal)


def ingest_all(settings: Settings, usage_date: date, progress: Progress = quiet) -> None:
    """Ingest every configured source, several at a time in processes of their own.

    A source that cannot be reached, or whose delivery is refused, does not stop the others.

    Raises:
        ConfigError: a setting or a reference table is wrong.
        Busy: another run is collecting the same source.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    sources = configured_sources(settings)
    workers = min(len(sources), os.cpu_count() or 1, MOST_WORKERS)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending = [pool.submit(ingest, settings, name, usage_date) for name in sources]
        for number, (name, outcome) in enumerate(zip(sources, pending, strict=True)):
            progress(f"ingest: {name}", number, len(sources))
            if not isinstance(outcome.exception(), SourceUnavailable | DeliveryRefused):
                outcome.result()


def run(
    settings: Settings,
    usage_date: date,
    progress: Progress = quiet,
    *,
    is_forced: bool = False,
) -> RunResult:
    """All steps for a usage day; the arguments are those of `build`.

    A source that cannot be reached, or whose delivery is refused, does not stop the others: what
    is landed of it stays. Whether the day is published without it is for its `presence` to say. It
    is among the result's problems, which the caller is to report.

    Raises:
        ApportionError: as the steps do; readers still see the release from before.
    """
    clock = _Clock(progress)
    with clock("ingest"):
        ingest_all(settings, usage_date, progress)
    with clock("build"):
        run_id = build(settings, usage_date, progress, is_forced=is_forced)
    with clock("gate"):
        gate(settings, run_id)
    with clock("publish"):
        release = publish(settings, run_id)
    with clock("export"):
        export(settings)
    return _result(settings, run_id, release, clock.seconds)


@dataclass(slots=True)
class _Clock:
    """Announces steps and takes their time."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        self.progress(step, 0, 1)
        start = monotonic()
        yield
        self.seconds[step] = monotonic() - start


def _result(
    settings: Settings, run_id: str, release: "Release", seconds: dict[str, float]
) -> RunResult:
    from warehouse.build_result import BuildResult

    is_unchanged = runs.load(settings.home, run_id).is_unchanged
    built = None if is_unchanged else BuildResult.load(settings.home / "builds" / run_id)
    return RunResult(
        run_id,
        release,
        is_unchanged,
        days_computed=len(built.days_computed) if built else 0,
        days_carried=len(built.days_carried) if built else 0,
        problems=problems(settings),
        seconds=seconds,
    )
