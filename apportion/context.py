"""What every command of `apportion` shares: its global options, and how it prints."""

import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apportion.settings import Settings, load

if TYPE_CHECKING:
    from apportion.console import Screen

CONFIG, HOME = "APPORTION_CONFIG", "APPORTION_HOME"


@dataclass(frozen=True, slots=True)
class Context:
    """The global options."""

    config: Path | None
    home: Path
    as_json: bool = False
    is_quiet: bool = False

    @property
    def sample(self) -> Path:
        """The folder of the sample company that is simulated on request."""
        return self.home / "sample"

    @property
    def sample_config(self) -> Path:
        """The sample company's configuration file."""
        return self.sample / "apportion.toml"

    def on_sample(self) -> "Context":
        """The same options, with the sample company's configuration."""
        return replace(self, config=self.sample_config)

    def settings(self) -> Settings:
        """The configuration that applies; the sample company's where there is one and no other."""
        chosen = self.config or Path(os.environ.get(CONFIG, "apportion.toml"))
        is_default = self.config is None and CONFIG not in os.environ
        if is_default and not chosen.exists() and self.sample_config.exists():
            chosen = self.sample_config
        return load(chosen, self.home)

    def screen(self) -> "Screen":
        """The output of a command; rich is only loaded by commands that print."""
        from apportion.console import Screen

        return Screen(as_json=self.as_json, is_quiet=self.is_quiet)


class Calendar(click.DateTime):
    """A day or a month on the command line, asked for and refused in words."""

    def __init__(self, form: str, shape: str, example: str) -> None:
        super().__init__([form])
        self._shape, self._example = shape, example

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """How it is written, for the help."""
        return self._shape

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The first instant of it."""
        try:
            found: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f'"{value}" is not {self._shape}, as in {self._example}.', param, ctx)
        return found


DAY = Calendar("%Y-%m-%d", "YYYY-MM-DD", "2026-11-22")
MONTH = Calendar("%Y-%m", "YYYY-MM", "2026-11")
COUNT = click.IntRange(min=1)


def in_a_folder(
    _context: click.Context, _parameter: click.Parameter, path: Path | None
) -> Path | None:
    """A file that a command writes: its folder has to be there.

    Raises:
        click.BadParameter: it is not; a mistyped folder is not made.
    """
    if path and not path.absolute().parent.is_dir():
        raise click.BadParameter(f'there is no folder "{path.parent}"; correct it, or make it.')
    return path


def from_environment() -> Context:
    """The options of a process without a command line: those that the environment names."""
    return Context(None, Path(os.environ.get(HOME, "var")).absolute())


def last_day(settings: Settings) -> date:
    """Yesterday, or the last day of a fixed data set: where no day is given, the clock says."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return min(yesterday, settings.schedule.last_usage_date or yesterday)


def examples(*lines: str) -> str:
    """Command lines for the end of a `--help`, left as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
