"""The command `export`: what other tools read, written from the current release."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apportion.context import MONTH, Context, examples

if TYPE_CHECKING:
    from warehouse.focus_export import Format, Version

EXPORTS = "exports"


@click.group(epilog=examples("apportion export focus", "apportion export parquet /data/marts"))
def export() -> None:
    """Write allocated costs and tables for other tools."""


@export.command(
    epilog=examples(
        "apportion export focus",
        "apportion export focus --version 1.2 --period 2026-10 costs.csv --format csv",
    )
)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--version",
    type=click.Choice(["1.4", "1.2"]),
    default="1.4",
    show_default=True,
    help="Version of FOCUS.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="Form of the file.",
)
@click.option("--period", type=MONTH, help="One billing period.  [default: all]")
@click.pass_obj
def focus(
    context: Context,
    target: Path | None,
    version: "Version",
    form: "Format",
    period: datetime | None,
) -> None:
    """Write the allocated costs as a FOCUS Cost and Usage file.

    To TARGET, or <home>/exports/focus-<version>.<format>. A row per entry of the cost ledger; the
    costs add up to what was delivered, digit for digit.
    """
    from warehouse.focus_export import export_focus
    from warehouse.read import serving

    name = f"focus-{version}{f'-{period:%Y-%m}' if period else ''}.{form}"
    path = target or context.home / EXPORTS / name
    with context.screen().doing(f"write {path}"):
        written = export_focus(
            serving(context.home).path(context.home),
            path.absolute(),
            version=version,
            form=form,
            period=period.date() if period else None,
        )
    _answer(context, [(path, written)])


@export.command(epilog=examples("apportion export parquet", "apportion export parquet /data/marts"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--table", "tables", multiple=True, help="A table; repeat for several.  [default: all]"
)
@click.pass_obj
def parquet(context: Context, folder: Path | None, tables: tuple[str, ...]) -> None:
    """Write the published tables as parquet files, one per table.

    To FOLDER, or <home>/exports/parquet: all of it is replaced at once.
    """
    from warehouse.parquet_export import export_parquet
    from warehouse.read import serving

    target = (folder or context.home / EXPORTS / "parquet").absolute()
    with context.screen().doing(f"write {target}"):
        written = export_parquet(serving(context.home).path(context.home), target, tables)
    _answer(context, [(target / f"{table}.parquet", rows) for table, rows in written.items()])


@export.command(epilog=examples("apportion export docs"))
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.pass_obj
def docs(context: Context, target: Path | None) -> None:
    """Write the schema of the warehouse as a page: tables, columns, tests, lineage, SQL.

    To TARGET, or <home>/exports/docs.html. It is dbt's docs site in one file.
    """
    from warehouse.build import default_transforms
    from warehouse.schema_docs import write_schema_docs

    path = (target or context.home / EXPORTS / "docs.html").absolute()
    out = context.screen()
    with out.doing(f"write {path}"):
        write_schema_docs(default_transforms(), path)
    out.say(f"{path}")
    out.answer({"path": str(path)})


def _answer(context: Context, written: list[tuple[Path, int]]) -> None:
    out = context.screen()
    for path, rows in written:
        out.say(f"{rows:>12,}  {path}")
    out.answer([{"path": str(path), "rows": rows} for path, rows in written])
