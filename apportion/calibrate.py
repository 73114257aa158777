"""The command that puts calibrated token weights in force."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from apportion.context import Context, examples
from apportion.errors import ConfigError

KEY = ("model", "gpu_model")
SHOWN_AS = {
    "model": "model",
    "gpu_model": "GPU",
    "input_token_weight": "input",
    "cache_read_token_weight": "cached",
    "output_token_weight": "output",
    "request_weight": "request",
}
Row = dict[str, str]


@click.command(
    epilog=examples(
        "apportion calibrate",
        "apportion calibrate --write reference/token_weights.csv --valid-from 2026-12-01",
    )
)
@click.option(
    "--write", "path", type=click.Path(path_type=Path), help="The table to bring up to date."
)
@click.option(
    "--valid-from", type=click.DateTime(["%Y-%m-%d"]), help="First usage day they count on."
)
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
        _write(path, [*_ended(path, usable, since), *usable])
        out.say(f"\n{len(usable)} rows in force from {since} in {path}. Next: apportion run")
    out.answer(shown.as_json())


def _proposed(row: dict[str, object], since: str) -> Row | None:
    """A row of token_weights.csv; none where the fit is not good enough."""
    if row["usable"] != "yes":
        return None
    texts = {name: str(row[shown]) for name, shown in SHOWN_AS.items()}
    return texts | {"weight_source": "calibrated", "valid_from": since, "valid_to": ""}


def _ended(path: Path, replacing: list[Row], since: str) -> Iterator[Row]:
    """The rows that are there; those that are replaced end on the day.

    Raises:
        ConfigError: `CALIBRATION_IN_FORCE`, a row begins on or after the day.
    """
    keys = {tuple(row[name].casefold() for name in KEY) for row in replacing}
    for row in _rows(path):
        is_open = not row["valid_to"] or row["valid_to"] > since
        if tuple(row[name].strip().casefold() for name in KEY) in keys and is_open:
            if row["valid_from"] >= since:
                raise ConfigError(
                    "CALIBRATION_IN_FORCE",
                    f"{path}: the weights of {row['model']} on {row['gpu_model']} already change "
                    f"on {row['valid_from']}. Nothing was written. Choose a later day, or remove "
                    "that row.",
                )
            row["valid_to"] = since
        yield row


def _rows(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def _write(path: Path, rows: list[Row]) -> None:
    from ingest.schemas import REFERENCE

    with path.open("w", encoding="utf-8", newline="") as file:
        columns = list(REFERENCE["token_weights"])
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
