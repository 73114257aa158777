"""The command that lets a held delivery count."""

import getpass

import click

from apportion.context import Context, examples


@click.command(epilog=examples('apportion approve 0002-8f14e45fceea167a --reason "credits came"'))
@click.argument("delivery")
@click.option("--by", default=getpass.getuser, show_default="you", help="Who approves it.")
@click.option("--reason", default="", help="Why; it is recorded.")
@click.pass_obj
def approve(context: Context, delivery: str, by: str, reason: str) -> None:
    """Let a delivery count although it says much less than the one before.

    DELIVERY is the id that `apportion status` and the refused run show. The next run makes it
    current; `restatements` says what it changed and who approved it.
    """
    from ingest.approvals import approve as write

    approval = write(context.home, delivery, by=by, reason=reason)
    out = context.screen()
    out.say(
        f"{approval.source_name} {approval.period} version {approval.version} is approved by "
        f"{approval.approved_by}.\nNext: apportion run"
    )
    out.answer(approval.model_dump(mode="json"))
