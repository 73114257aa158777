"""A small simulated company and its home folder, run as its user would run it."""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from apportion import steps
from apportion.sample import SampleOptions, simulate
from apportion.settings import load
from warehouse.releases import Release, current

ROOT = Path(__file__).parents[1]
SMALL = SampleOptions(first_day=date(2026, 10, 1), days=2, requests=800, gpus=90)
LAST_DAY = date(2026, 10, 2)


@dataclass(frozen=True)
class World:
    """A company's exports and its home folder."""

    company: Path
    home: Path

    @property
    def exports(self) -> Path:
        return self.company / "exports"

    def apportion(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        config = str(self.company / "apportion.toml")
        command = [sys.executable, "-m", "apportion.cli", "--quiet", "--config", config]
        return subprocess.run(
            [*command, "--home", str(self.home), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str) -> str:
        finished = self.apportion("run", *arguments)
        assert finished.returncode == 0, finished.stderr + finished.stdout
        return finished.stdout

    def build(self) -> Path:
        """What a run would build, before the gate."""
        settings = load(self.company / "apportion.toml", self.home)
        for source in steps.configured_sources(settings):
            steps.ingest(settings, source, LAST_DAY)
        return self.home / "builds" / steps.build(settings, LAST_DAY) / "release.duckdb"

    def release(self) -> Release:
        release = current(self.home)
        assert release is not None
        return release

    def copy(self, target: Path) -> "World":
        shutil.copytree(self.company, target / "company")
        shutil.copytree(self.home, target / "home", symlinks=True)
        return World(target / "company", target / "home")


def small_world(folder: Path) -> World:
    """The company whose two days are published; nobody changes it."""

    def make() -> None:
        simulate(folder / "company", SMALL)
        World(folder / "company", folder / "home").run()

    once(folder, make)
    return World(folder / "company", folder / "home")


def once(folder: Path, make: Callable[[], None]) -> None:
    """Let the first of several test processes make a folder; the others wait for it."""
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make()
            made.touch()
