"""The commands that list opportunities and record what was decided on them."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from apportion.context import Context, examples
from apportion.errors import ConfigError

KEY = ("lever", "scope", "team")
DECISIONS = ("accepted", "dismissed", "realised")
Row = dict[str, str]


@click.command(epilog=examples("apportion opportunities", "apportion opportunities --lever spot"))
@click.option("--lever", help="Only opportunities of this lever.")
@click.option("--limit", default=20, show_default=True, help="Rows of the list.")
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
    help="The table of decisions to bring up to date.",
)
@click.option("--by", "decided_by", required=True, help="Who decided.")
@click.option(
    "--from",
    "since",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="First usage day on which the decision counts.",
)
@click.option("--note", default="", help="What else there is to say.")
@click.pass_obj
def decide(context: Context, /, path: Path, since: datetime, **said: str) -> None:
    """Record a decision on an opportunity; today's estimate becomes its promise."""
    first = since.date().isoformat()
    promised = _promised(context.home, said)
    row = said | {"promised_saving_per_day": promised, "valid_from": first, "valid_to": ""}
    _write(path, [*_ended(path, said, first), row])
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


def _ended(path: Path, key: Row, first: str) -> Iterator[Row]:
    """The decisions that are there; an open one on the same opportunity ends on the day.

    Raises:
        ConfigError: `DECISION_IN_FORCE`, one begins on or after the day.
    """
    for row in _rows(path):
        is_open = not row["valid_to"] or row["valid_to"] > first
        if is_open and all(row[name].strip().casefold() == key[name].casefold() for name in KEY):
            if row["valid_from"] >= first:
                raise ConfigError(
                    "DECISION_IN_FORCE",
                    f"{path}: a decision on {row['scope']} of {row['team']} already begins on "
                    f"{row['valid_from']}. Nothing was written. Choose a later day, or remove "
                    "that row.",
                )
            row["valid_to"] = first
        yield row


def _rows(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def _write(path: Path, rows: list[Row]) -> None:
    from ingest.schemas import REFERENCE

    with path.open("w", encoding="utf-8", newline="") as file:
        columns = list(REFERENCE["opportunity_decisions"])
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
