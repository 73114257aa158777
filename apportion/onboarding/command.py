"""`apportion init`: write a commented configuration, its schema and empty tables."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from apportion.context import Context, examples
from apportion.onboarding.starters import STARTERS
from apportion.settings import Organization

if TYPE_CHECKING:
    from apportion.onboarding.files import Answers


@click.command(
    epilog=examples(
        "apportion init",
        'apportion init --name "Acme" --source aws --source prometheus --source litellm costs',
    )
)
@click.option("--name", help="The company, as statements and reports print it.")
@click.option("--currency", help="Reporting currency, ISO 4217.  [default: USD]")
@click.option("--time-zone", help="Whose days the ledger charges on.  [default: UTC]")
@click.option(
    "--first-usage-date",
    type=click.DateTime(["%Y-%m-%d"]),
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
    out.say(
        f"Next: say what you have in {target} and who there is in "
        f"{directory / 'reference' / 'teams.csv'}, then `apportion --config {target} doctor`."
    )
    out.answer({"config": str(target), "written": written})


def _answers(context: Context, given: dict[str, Any]) -> "Answers":
    from apportion.onboarding.files import Answers

    is_asked = sys.stdin.isatty() and not context.as_json
    if not is_asked and not given["name"]:
        raise click.UsageError("Say who the reports are for: --name.")
    name = given["name"] or click.prompt("Company")
    currency = given["currency"] or _asked(is_asked, "Reporting currency", "USD")
    time_zone = given["time_zone"] or _asked(is_asked, "Time zone of its days", "UTC")
    first = given["first_usage_date"] or _asked(is_asked, "First usage day", _last_month())
    sources = given["sources"] or (_chosen() if is_asked else ())
    try:
        organization = Organization.model_validate(
            {"name": name, "reporting_currency": currency, "reporting_time_zone": time_zone}
        )
    except ValidationError as error:
        problem = error.errors()[0]
        raise click.UsageError(f"{problem['loc'][0]}: {problem['msg']}.") from None
    return Answers(organization, date.fromisoformat(f"{first:%Y-%m-%d}"), sources)


def _asked(is_asked: bool, question: str, default: Any) -> Any:  # noqa: FBT001 - the first word
    if not is_asked:
        return default
    kind = click.DateTime(["%Y-%m-%d"]) if isinstance(default, date) else None
    shown = f"{default:%Y-%m-%d}" if isinstance(default, date) else default
    return click.prompt(question, default=shown, type=kind)


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
