"""`apportion init`: write a commented configuration, its schema and empty tables."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from apportion.context import DAY, Context, examples
from apportion.onboarding.starters import STARTERS
from apportion.settings import Organization

if TYPE_CHECKING:
    from apportion.onboarding.files import Answers


class Setting(click.ParamType[str]):
    """An answer that a setting of `[organization]` accepts; a prompt asks again for any other."""

    name = "text"

    def __init__(self, key: str, what: str) -> None:
        self._key, self._what = key, what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The answer as it is."""
        try:
            Organization.model_validate({"name": "", self._key: value})
        except ValidationError:
            self.fail(f'"{value}" is not {self._what}.', param, ctx)
        return str(value)


CURRENCY = Setting("reporting_currency", "an ISO 4217 code such as EUR")
TIME_ZONE = Setting("reporting_time_zone", "a time zone such as Europe/Berlin")


@click.command(
    epilog=examples(
        "apportion init",
        'apportion init --name "Acme" --source aws --source prometheus --source litellm costs',
    )
)
@click.option("--name", help="The company, as statements and reports print it.")
@click.option("--currency", type=CURRENCY, help="Reporting currency, ISO 4217.  [default: USD]")
@click.option(
    "--time-zone", type=TIME_ZONE, help="Whose days the ledger charges on.  [default: UTC]"
)
@click.option(
    "--first-usage-date",
    type=DAY,
    help="Nothing before this day is built.  [default: the first of last month]",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Choice(list(STARTERS)),
    help="What you have; repeat for several.",
)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.pass_obj
def init(context: Context, /, directory: Path, **given: Any) -> None:
    """Write a first configuration into DIRECTORY, or into this folder.

    Asks for what the options leave open, if somebody is there to answer. A file that exists is kept
    as it is, but for the JSON Schema and the README of the tables, which describe this version of
    Apportion: run it again after an upgrade.
    """
    from apportion.onboarding.files import CONFIGURATION, DESCRIPTIONS, configuration, describe

    target = directory / CONFIGURATION
    texts = describe()
    if not target.exists():
        texts = {CONFIGURATION: configuration(_answers(context, given))} | texts
    written = [
        name
        for name, text in texts.items()
        if _write(directory / name, text, anew=name in DESCRIPTIONS)
    ]
    out = context.screen()
    for name in texts:
        out.say(f"{'wrote' if name in written else 'kept '} {directory / name}")
    there = "" if directory == Path() else f"cd {directory}; "
    out.say(
        f"Next: {there}say what you have in {CONFIGURATION} and who there is in "
        "reference/teams.csv, then `apportion doctor`."
    )
    out.answer({"config": str(target), "written": written})


def _answers(context: Context, given: dict[str, Any]) -> "Answers":
    from apportion.onboarding.files import Answers

    is_asked = sys.stdin.isatty() and not context.as_json
    if not is_asked and not given["name"]:
        raise click.UsageError("Say who the reports are for: --name.")
    name = given["name"] or click.prompt("Company")
    currency, time_zone, first = (
        given[key] or _asked(kind, default, question if is_asked else None)
        for key, kind, default, question in (
            ("currency", CURRENCY, "USD", "Reporting currency"),
            ("time_zone", TIME_ZONE, "UTC", "Time zone of its days"),
            ("first_usage_date", DAY, _last_month().isoformat(), "First usage day"),
        )
    )
    sources = given["sources"] or (_chosen() if is_asked else ())
    organization = Organization.model_validate(
        {"name": name, "reporting_currency": currency, "reporting_time_zone": time_zone}
    )
    return Answers(organization, first.date(), sources)


def _asked(kind: click.ParamType[Any], default: str, question: str | None) -> Any:
    """The answer to a question; the default where nobody is asked."""
    if question is None:
        return kind.convert(default, None, None)
    return click.prompt(question, default=default, type=kind)


def _last_month() -> date:
    first = datetime.now(UTC).date().replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)


def _chosen() -> tuple[str, ...]:
    """The sources that somebody has, one question each."""
    click.echo("What do you have?")
    return tuple(name for name, starter in STARTERS.items() if click.confirm(f"  {starter.what}"))


def _write(path: Path, text: str, *, anew: bool) -> bool:
    """Write a file that is not there, or that is always written anew; say whether it was."""
    if path.exists() and not anew:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
