"""How often the later days of a company save what its earlier days promised, lever by lever.

    python -m benchmarks.backtest [--seed 1 --seed 2] [--days 42] [--requests 40000]

Simulates sample companies that differ by their seed, and runs the whole pipeline on each. Every
opportunity was promised from the first two thirds of the days; what it would have saved on the rest
is known, because the days are. The same command prints the same figures.
"""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import click
import polars as pl

from apportion import settings, steps
from apportion.sample import SampleOptions, simulate
from warehouse.read import connect

SEEDS = (1, 2, 3, 4, 5)
BACKTESTED = """
    select
        lever,
        count(*) as opportunities,
        count(*) filter (where saving_backtest_actual
            between saving_backtest_low and saving_backtest_high) as held,
        sum(saving_backtest_expected) as promised,
        sum(saving_backtest_actual) as saved
    from optimization_opportunities
    where saving_backtest_actual is not null
    group by lever
"""


def measure(folder: Path, options: SampleOptions) -> pl.DataFrame:
    """Promises and what came of them, by lever.

    Args:
        folder: an empty folder for the company and its home.
        options: the company.

    Returns:
        `lever`, `opportunities`, `held` (the later days were within the interval), `promised` and
        `saved` (in the reporting currency).
    """
    sample = simulate(folder / "company", options)
    home = folder / "home"
    steps.run(
        settings.load(sample.config, home), options.first_day + timedelta(days=options.days - 1)
    )
    with connect(home) as connection:
        return connection.sql(BACKTESTED).pl()


def as_text(found: pl.DataFrame) -> str:
    """All companies together as a table in Markdown."""
    sums = found.group_by("lever").agg(pl.exclude("lever").sum()).sort("lever")
    total = sums.select(pl.lit("all").alias("lever"), pl.exclude("lever").sum())
    lines = ["| lever | opportunities | held | promised | saved |", "|---|---|---|---|---|"]
    lines += [
        f"| {lever} | {count} | {held / count:.0%} | {promised:,.0f} | {saved:,.0f} |"
        for lever, count, held, promised, saved in pl.concat([sums, total]).rows()
    ]
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--seed", "seeds", multiple=True, type=int, default=SEEDS)
@click.option("--days", default=42, show_default=True)
@click.option("--requests", default=40_000, show_default=True)
def main(seeds: tuple[int, ...], days: int, requests: int) -> None:
    """Print what was promised and saved over all companies."""
    found = []
    for seed in seeds:
        options = SampleOptions(seed=seed, first_day=date(2026, 9, 1), days=days, requests=requests)
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(Path(folder), options))
            click.echo(
                f"company {seed}: {found[-1]['held'].sum()} of "
                f"{found[-1]['opportunities'].sum()} held",
                err=True,
            )
    click.echo(as_text(pl.concat(found)))


if __name__ == "__main__":
    main()
