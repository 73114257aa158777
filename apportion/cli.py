"""The `apportion` command: global options, the commands, and what becomes of an error."""

import errno
import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from apportion import __version__, commands, views
from apportion.approve import approve
from apportion.calibrate import calibrate
from apportion.close import close
from apportion.context import HOME, Context
from apportion.errors import ApportionError, ConfigError
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

The options below may stand behind the command, too: `apportion top --json`.

\b
Exit codes: 0 done, 1 a bug, 2 wrong usage, 3 the gate refused the build, 4 a source could
not be reached (try later), 5 another run holds the warehouse, 6 the configuration is wrong,
7 a delivery was refused. After 4 and 7 the run went on with what was landed before.
"""


FULL = {errno.ENOSPC, errno.EDQUOT}
INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended."""


class Group(click.Group):
    """A group whose errors that a person can act on are printed without a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the global options from wherever they stand: `apportion top --json`."""
        return super().parse_args(ctx, _first(self.get_params(ctx), args))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error ends it with the error's own exit code."""
        try:
            return super().invoke(ctx)
        except ApportionError as error:
            _refuse(ctx, error)
        except OSError as error:
            unusable = _unusable(error)
            if unusable is None:
                raise
            _refuse(ctx, unusable)
        except KeyboardInterrupt:
            click.echo("Stopped. Nothing half done is published; run it again.", err=True)
            sys.exit(INTERRUPTED)


def _first(options: list[click.Parameter], args: list[str]) -> list[str]:
    """The arguments, those of the global options before all others."""
    known = {
        name: option
        for option in options
        if isinstance(option, click.Option) and option.expose_value
        for name in option.opts
    }
    ours: list[str] = []
    others: list[str] = []
    left = iter(args)
    for argument in left:
        if argument == "--":
            return [*ours, *others, argument, *left]
        option = known.get(argument.partition("=")[0])
        (others if option is None else ours).append(argument)
        if option is not None and not option.is_flag and "=" not in argument:
            ours += [value for value in (next(left, None),) if value is not None]
    return [*ours, *others]


def _refuse(ctx: click.Context, error: ApportionError) -> NoReturn:
    click.echo(str(error), err=True)
    if isinstance(ctx.obj, Context) and ctx.obj.as_json:
        click.echo(json.dumps({"code": error.code, "message": error.message}, indent=2))
    sys.exit(error.exit_code)


def _unusable(error: OSError) -> ApportionError | None:
    """What a person can do about a file; none where the error is not about one, or is a bug."""
    if error.errno in FULL:
        return ConfigError(
            "DISK_FULL",
            f"{error.filename or 'the disk'}: no space is left. Nothing half written is read. Make "
            "room, or move the home folder (--home) to a larger disk, and run it again.",
        )
    is_about_a_place = isinstance(
        error, FileExistsError | IsADirectoryError | NotADirectoryError | PermissionError
    )
    if not is_about_a_place or error.filename is None:
        return None
    return ConfigError(
        "FILE_UNUSABLE",
        f"{error.filename}: {error.strerror}. Nothing that readers see was changed. Correct the "
        "path (--home, --config, or the one that you named), or its permissions.",
    )


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
