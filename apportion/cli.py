"""The `apportion` command: global options, the commands, and what becomes of an error."""

import json
import sys
from pathlib import Path

import click

from apportion import __version__, commands, views
from apportion.approve import approve
from apportion.calibrate import calibrate
from apportion.close import close
from apportion.context import HOME, Context
from apportion.errors import ApportionError
from apportion.explain.command import explain
from apportion.exports import export
from apportion.onboarding import init
from apportion.opportunities import decide, opportunities
from apportion.prices import prices
from apportion.statements import review, statements

HELP = """Attribute every dollar of cloud, GPU and model-API spend to a team, a model and a query.

\b
  apportion run --sample        try it: a simulated company, from bill to report
  apportion init                begin with your own: configuration and tables
  apportion run                 the daily run for yesterday, with ./apportion.toml
  apportion status              what is published, how fresh it is, what went wrong
  apportion reconcile           the bill against the ledger, to the last decimal

\b
Exit codes: 0 done, 1 a bug, 2 wrong usage, 3 the gate refused the build, 4 a source could
not be reached (try later), 5 another run holds the warehouse, 6 the configuration is wrong,
7 a delivery was refused. After 4 and 7 the run went on with what was landed before.
"""


class Group(click.Group):
    """A group whose errors that a person can act on are printed without a traceback."""

    def invoke(self, context: click.Context) -> object:
        """Run the command; an error ends it with the error's own exit code."""
        try:
            return super().invoke(context)
        except ApportionError as error:
            click.echo(str(error), err=True)
            if isinstance(context.obj, Context) and context.obj.as_json:
                click.echo(json.dumps({"code": error.code, "message": error.message}, indent=2))
            sys.exit(error.exit_code)


@click.group(cls=Group, help=HELP)
@click.version_option(__version__)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration file.  [default: $APPORTION_CONFIG or ./apportion.toml]",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar=HOME,
    default=Path("var"),
    show_default=True,
    help="Folder of all state.  [env: APPORTION_HOME]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def main(
    context: click.Context,
    config: Path | None,
    home: Path,
    as_json: bool,  # noqa: FBT001 - click passes flags by position
    quiet: bool,  # noqa: FBT001 - see above
) -> None:
    """Hold the global options for the command that follows."""
    context.obj = Context(config, home.absolute(), as_json, quiet)


for command in (
    init,
    commands.simulate,
    commands.run,
    views.status,
    views.top,
    views.owners,
    views.reconcile,
    explain,
    commands.report,
    export,
    views.releases,
    commands.rollback,
    commands.rebuild,
    views.doctor,
    calibrate,
    opportunities,
    decide,
    prices,
    statements,
    review,
    close,
    approve,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
