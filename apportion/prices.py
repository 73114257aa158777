"""The commands that keep the prices of model APIs."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apportion.company_tables import read_table, write_table
from apportion.context import DAY, Context, examples, in_a_folder
from apportion.errors import ConfigError

if TYPE_CHECKING:
    from apportion.summary import Table
    from ingest.price_list import PriceList

TABLE = "model_prices"
IMPORT = "apportion prices import model_prices_and_context_window.json --provider openai"


@click.group(epilog=examples(IMPORT))
def prices() -> None:
    """Keep the prices of model APIs (`model_prices.csv`)."""


@prices.command(
    name="import",
    epilog=examples(IMPORT, f"{IMPORT} --write reference/model_prices.csv --valid-from 2026-12-01"),
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--provider", required=True, help="As gen_ai_provider_name in the log names it.")
@click.option("--model", "models", multiple=True, help="Only this model; may be given often.")
@click.option(
    "--write",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=in_a_folder,
    help="The table to bring up to date.",
)
@click.option("--valid-from", type=DAY, help="First usage day they count on.")
@click.pass_obj
def import_prices(
    context: Context,
    *,
    file: Path,
    provider: str,
    models: tuple[str, ...],
    path: Path | None,
    valid_from: datetime | None,
) -> None:
    """Read a provider's prices from LiteLLM's price list, and put them in force from a day on.

    Without --write they are only shown. With it, rows of an earlier import that changed end on the
    day. Rows with a price_source of your own are never touched, and count instead of the list's.
    """
    listed = _listed(file, provider, models)
    out = context.screen()
    if path is None:
        tables = [_prices(listed), _remarks(listed)]
    elif valid_from is None:
        raise click.UsageError("--write needs --valid-from: a day that is not charged yet.")
    else:
        since = valid_from.date().isoformat()
        tables = [_put_in_force(path, listed, provider, file.name, since), _remarks(listed)]
    out.show([table for table in tables if table.rows])
    if path:
        out.say(f"In force from {since} in {path}. Next: apportion run")
    out.answer({table.title: table.as_json() for table in tables})


def _listed(file: Path, provider: str, models: tuple[str, ...]) -> "PriceList":
    """The prices of the list that are asked for.

    Raises:
        ConfigError: `PRICE_LIST_INVALID`, the file is no price list, or has no such model.
    """
    from ingest import price_list

    try:
        return price_list.read(file.read_bytes(), provider).of(models)
    except price_list.PriceListError as error:
        raise ConfigError(
            "PRICE_LIST_INVALID", f"{file} cannot be used: {error}. Nothing was written."
        ) from None


def _put_in_force(
    path: Path, listed: "PriceList", provider: str, source: str, since: str
) -> "Table":
    """Write the table with the list's prices in it; returns what became of them.

    Raises:
        ConfigError: `REFERENCE_INVALID`, the table has mistakes; `PRICES_IN_FORCE`, imported prices
            begin on or after the day.
    """
    from apportion.summary import Table
    from ingest.price_rows import AlreadyInForce, merge

    try:
        merged = merge(read_table(path, TABLE), listed, provider, source, since)
    except AlreadyInForce as error:
        raise ConfigError(
            "PRICES_IN_FORCE",
            f"{path} has an imported price that begins on or after {since}: {error}. Nothing was "
            "written. Choose a later day, or remove the rows that were imported for it.",
        ) from None
    write_table(path, TABLE, merged.rows)
    counts = [(what, count) for what, count in merged.counts.items() if count]
    return Table("Prices", ("outcome", "prices"), counts)


def _prices(listed: "PriceList") -> "Table":
    from apportion.summary import Table

    columns = ("model", "tokens", "tier", "over", "USD per token")
    rows = [
        (p.model, p.token_type, p.service_tier, p.context_tokens_over, p.text)
        for p in listed.prices
    ]
    return Table("Prices", columns, rows)


def _remarks(listed: "PriceList") -> "Table":
    """What a reader of the prices should know: what the list says and was not taken."""
    from apportion.summary import Table

    left_out = Counter(name for _, name in listed.left_out)
    rows = [("left out: not per token of a known type", *item) for item in left_out.most_common()]
    rows += [("rounded to 18 decimals", *item) for item in Counter(listed.rounded).items()]
    rows += [("twice in the list", model, 1) for model in listed.contradicted]
    return Table("Remarks", ("remark", "about", "prices"), rows)
