"""The commands that list opportunities and record what was decided on them."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from apportion.company_tables import Row, ended, read_table, write_table
from apportion.context import COUNT, DAY, Context, examples, in_a_folder
from apportion.errors import ConfigError

TABLE = "opportunity_decisions"
KEY = ("lever", "scope", "team")
DECISIONS = ("accepted", "dismissed", "realised")


@click.command(epilog=examples("apportion opportunities", "apportion opportunities --lever spot"))
@click.option("--lever", help="Only opportunities of this lever.")
@click.option("--limit", type=COUNT, default=20, show_default=True, help="Rows of the list.")
@click.pass_obj
def opportunities(context: Context, lever: str | None, limit: int) -> None:
    """List what could be saved, what was decided, and what came of it."""
    from apportion.summary import tables

    listed, realized = tables(context.home, ["opportunities", "realized"])
    if lever:
        listed, realized = (
            replace(table, rows=[row for row in table.rows if row[0] == lever])
            for table in (listed, realized)
        )
    shown = [replace(listed, rows=listed.rows[:limit]), realized]
    context.screen().show(shown)
    context.screen().answer({"opportunities": listed.as_json(), "realized": realized.as_json()})


@click.command(
    epilog=examples(
        'apportion decide scale_down "deployment chat" ml accepted '
        "--write reference/opportunity_decisions.csv --by Ada --from 2026-12-01"
    )
)
@click.argument("lever")
@click.argument("scope")
@click.argument("team")
@click.argument("decision", type=click.Choice(DECISIONS))
@click.option(
    "--write",
    "path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    callback=in_a_folder,
    help="The table of decisions to bring up to date.",
)
@click.option("--by", "decided_by", required=True, help="Who decided.")
@click.option(
    "--from",
    "since",
    required=True,
    type=DAY,
    help="First usage day on which the decision counts.",
)
@click.option("--note", default="", help="What else there is to say.")
@click.pass_obj
def decide(context: Context, /, path: Path, since: datetime, **said: str) -> None:
    """Record a decision on an opportunity; today's estimate becomes its promise."""
    first = since.date().isoformat()
    promised = _promised(context.home, said)
    row = said | {"promised_saving_per_day": promised, "valid_from": first, "valid_to": ""}
    kept = ended(read_table(path, TABLE), [said], KEY, first, partial(_already_decided, path))
    write_table(path, TABLE, [*kept, row])
    out = context.screen()
    out.say(f"{row['decision']} from {first} in {path}, {promised} a day. Next: apportion run")
    out.answer(row)


def _promised(home: Path, key: Row) -> str:
    """What the published release says that the opportunity saves a day.

    Raises:
        ConfigError: `OPPORTUNITY_UNKNOWN`, the release has no such opportunity with a saving.
    """
    from apportion.summary import tables

    (listed,) = tables(home, ["opportunities"])
    place = listed.columns.index("per day")
    wanted = tuple(key[name] for name in KEY)
    for row in listed.rows:
        if row[: len(KEY)] == wanted and row[place] is not None:
            return str(row[place])
    raise ConfigError(
        "OPPORTUNITY_UNKNOWN",
        f"{' / '.join(wanted)}: the published release has no such opportunity. Nothing was "
        "written. Copy lever, scope and team from `apportion opportunities`.",
    )


def _already_decided(path: Path, row: Row) -> ConfigError:
    return ConfigError(
        "DECISION_IN_FORCE",
        f"{path}: a decision on {row['scope']} of {row['team']} already begins on "
        f"{row['valid_from']}. Nothing was written. Choose a later day, or remove that row.",
    )
