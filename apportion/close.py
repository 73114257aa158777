"""The command that closes a billing period."""

import getpass
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from apportion.context import MONTH, Context, examples

if TYPE_CHECKING:
    from apportion.settings import Settings
    from warehouse.closings import Accepted, Closing


def close_period(
    settings: "Settings", period: date, by: str, accept: "Sequence[Accepted]"
) -> "Closing":
    """Close a billing period as the current release charges it, and issue its statements.

    Args:
        settings: the configuration.
        period: the first day of the month.
        by: who closes it.
        accept: findings to close in spite of.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`, or `CLOSE_REFUSED` with everything that stands in the way.
    """
    from apportion.explain.pages import explained
    from warehouse.closings import close as write
    from warehouse.export import export as issue
    from warehouse.lock import writer
    from warehouse.read import serving

    with writer(settings.home, f"closing of {period:%Y-%m}"):
        closing = write(
            settings.home,
            serving(settings.home),
            period,
            by=by,
            accept=accept,
            journal=settings.journal,
        )
        issue(settings.home, explained, settings.journal)
    return closing


@click.command(
    epilog=examples(
        "apportion close 2026-10", "apportion close 2026-10 --by controller@example.com"
    )
)
@click.argument("period", type=MONTH)
@click.option("--by", default=getpass.getuser, show_default="you", help="Who closes it.")
@click.option(
    "--accept",
    type=click.Choice(["quarantine", "refused", "unfinished", "unreviewed"]),
    multiple=True,
    help="A finding to close in spite of; it is recorded.",
)
@click.pass_obj
def close(context: Context, period: datetime, by: str, accept: "tuple[Accepted, ...]") -> None:
    """Close a billing period: issue its statements for ever.

    They are those of the current release. What changes afterwards (late charges, restated
    deliveries, corrected rules) never moves them: the next open period charges the difference, and
    `adjustments` says why.
    """
    settings, out = context.settings(), context.screen()
    with out.doing(f"close {period:%Y-%m}, write its statements"):
        closing = close_period(settings, period.date(), by, accept)
    out.say(
        f"{closing.name} is closed, by {closing.closed_by} on {closing.closed_at:%Y-%m-%d %H:%M} "
        f"UTC, from generation {closing.generation}.\n"
        f"statements  {context.home / 'statements' / closing.name}\n"
        "Next: apportion run, so that the release shows it."
    )
    out.answer(closing.model_dump(mode="json"))
