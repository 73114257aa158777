"""The command that puts calibrated token weights in force."""

from datetime import datetime
from functools import partial
from pathlib import Path

import click

from apportion.company_tables import Row, ended, read_table, write_table
from apportion.context import DAY, Context, examples, in_a_folder
from apportion.errors import ConfigError

TABLE = "token_weights"
KEY = ("model", "gpu_model")
SHOWN_AS = {
    "model": "model",
    "gpu_model": "GPU",
    "input_token_weight": "input",
    "cache_read_token_weight": "cached",
    "output_token_weight": "output",
    "request_weight": "request",
}


@click.command(
    epilog=examples(
        "apportion calibrate",
        "apportion calibrate --write reference/token_weights.csv --valid-from 2026-12-01",
    )
)
@click.option(
    "--write",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=in_a_folder,
    help="The table to bring up to date.",
)
@click.option("--valid-from", type=DAY, help="First usage day they count on.")
@click.pass_obj
def calibrate(context: Context, path: Path | None, valid_from: datetime | None) -> None:
    """Show the token weights that the published days suggest.

    With --write, those that are good enough are put in force from a day on: rows that they replace
    end on it. They count for deployments whose log does not say when requests ended and that
    declare no weights of their own.
    """
    from apportion.summary import tables

    (shown,) = tables(context.home, ["calibrations"], None)
    out = context.screen()
    out.show([shown])
    if path:
        if valid_from is None:
            raise click.UsageError("--write needs --valid-from: a day that is not charged yet.")
        since = valid_from.date().isoformat()
        proposed = [
            _proposed(dict(zip(shown.columns, row, strict=True)), since) for row in shown.rows
        ]
        usable = [row for row in proposed if row]
        kept = ended(read_table(path, TABLE), usable, KEY, since, partial(_already_changed, path))
        write_table(path, TABLE, [*kept, *usable])
        out.say(f"\n{len(usable)} rows in force from {since} in {path}. Next: apportion run")
    out.answer(shown.as_json())


def _proposed(row: dict[str, object], since: str) -> Row | None:
    """A row of token_weights.csv; none where the fit is not good enough."""
    if row["usable"] != "yes":
        return None
    texts = {name: str(row[shown]) for name, shown in SHOWN_AS.items()}
    return texts | {"weight_source": "calibrated", "valid_from": since, "valid_to": ""}


def _already_changed(path: Path, row: Row) -> ConfigError:
    return ConfigError(
        "CALIBRATION_IN_FORCE",
        f"{path}: the weights of {row['model']} on {row['gpu_model']} already change on "
        f"{row['valid_from']}. Nothing was written. Choose a later day, or remove that row.",
    )
