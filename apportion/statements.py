"""The commands about statements before they are issued: list them, say that one is right."""

import getpass
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from apportion.context import COUNT, MONTH, Context, examples
from apportion.errors import ConfigError

if TYPE_CHECKING:
    from apportion.settings import Settings
    from warehouse.register import Registered
    from warehouse.reviews import Review


def review_statements(
    settings: "Settings", period: date, units: Sequence[str], *, by: str, note: str
) -> "list[Review]":
    """Record that statements of the current release are right as they are.

    Args:
        settings: the configuration.
        period: the first day of the month.
        units: business units; none means all of the period.
        by: who reviewed them.
        note: what the reviewer wants to be remembered.

    Raises:
        ConfigError: `NOTHING_PUBLISHED`, or `REVIEW_REFUSED`: there is no such open statement.
    """
    from apportion.explain.pages import explained
    from warehouse.export import export
    from warehouse.lock import writer
    from warehouse.read import connect, serving
    from warehouse.reviews import record
    from warehouse.statement_data import headers, read_statements

    with writer(settings.home, f"review of {period:%Y-%m}"):
        with connect(settings.home) as connection:
            of_period = [h for h in headers(connection) if h.billing_period == period]
            wanted = [h for h in of_period if not units or h.business_unit in units]
            _refuse(period, units, [h.business_unit for h in of_period if h.status == "draft"])
            held = record(
                settings.home,
                read_statements(connection, wanted),
                by=by,
                note=note,
                generation=serving(settings.home).generation,
            )
        export(settings.home, explained, settings.journal)
    return held


def _refuse(period: date, units: Sequence[str], drafts: Sequence[str]) -> None:
    unknown = sorted(set(units) - set(drafts))
    if unknown or not drafts:
        there = ", ".join(drafts) or "none"
        raise ConfigError(
            "REVIEW_REFUSED",
            f"{period:%Y-%m}: the current release has no open statement of "
            f"{', '.join(unknown) or 'this period'}. Open statements of it: {there}.",
        )


@click.command(
    epilog=examples(
        "apportion review 2026-10",
        'apportion review 2026-10 --unit Robotics --note "agreed with their controller"',
    )
)
@click.argument("period", type=MONTH)
@click.option("--unit", "units", multiple=True, help="A business unit.  [default: all]")
@click.option("--by", default=getpass.getuser, show_default="you", help="Who reviewed them.")
@click.option("--note", default="", help="What should be remembered.")
@click.pass_obj
def review(context: Context, period: datetime, units: tuple[str, ...], by: str, note: str) -> None:
    """Record that a month's statements are right as they are.

    The review holds for what was reviewed: when a run changes a statement, it is a draft again.
    """
    settings, out = context.settings(), context.screen()
    with out.doing(f"review the statements of {period:%Y-%m}"):
        held = review_statements(settings, period.date(), units, by=by, note=note)
    for entry in held:
        out.say(
            f"{entry.statement_id}: {entry.total_cost:,.2f} {entry.currency}, reviewed by "
            f"{entry.reviewed_by} on {entry.reviewed_at:%Y-%m-%d %H:%M} UTC"
        )
    out.say(f"Next: apportion close {period:%Y-%m}, when the month is complete.")
    out.answer([entry.model_dump(mode="json") for entry in held])


@click.command(epilog=examples("apportion statements", "apportion statements --json"))
@click.option(
    "--limit", type=COUNT, default=50, show_default=True, help="Rows, the latest periods first."
)
@click.pass_obj
def statements(context: Context, limit: int) -> None:
    """List the statements: status, amount, who reviewed and issued them."""
    from apportion.summary import Table

    rows = _registered(context)
    columns = ("statement_id", "status", "payable_amount", "currency", "reviewed_by", "issued_by")
    shown = [tuple(getattr(row, name) for name in columns) for row in rows[-limit:][::-1]]
    out = context.screen()
    out.show([Table("Statements", columns, shown)])
    out.answer([row._asdict() for row in rows])


def _registered(context: Context) -> "list[Registered]":
    from warehouse.closings import closings
    from warehouse.read import connect
    from warehouse.register import register
    from warehouse.reviews import reviewed, reviews
    from warehouse.statement_data import headers, read_statements

    issued = {closing.name: closing.issue(context.home) for closing in closings(context.home)}
    with connect(context.home) as connection:
        wanted = list(headers(connection))
        drafts = read_statements(connection, [h for h in wanted if h.period not in issued])
        return register(connection, wanted, reviewed(drafts, reviews(context.home)), issued)
