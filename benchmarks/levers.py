"""How often the interval of a saving holds the true one, lever by lever.

    python -m benchmarks.levers [--lever exact_cache] [--worlds 200] [--days 42] [--seed 1]

Draws worlds in which the true saving of every lever is known, because they are drawn from a
process; gives the lever models of the pipeline the first days of each; and compares the published
interval with what the days that follow save on average. The same command prints the same figures.
"""

import tempfile
from pathlib import Path

import click
import polars as pl

from benchmarks.lever_build import build_empty
from benchmarks.lever_worlds import WORLDS

ROUNDING = 1e-8
"""Parts of the baseline: levers split costs in billionths."""


def judge(found: pl.DataFrame) -> tuple[int, float, float, float]:
    """Worlds, how many of them hold the truth, median relative width, and relative bias.

    Args:
        found: what `Replay.run` found.
    """
    room = pl.col("baseline") * ROUNDING
    held = pl.col("truth").is_between(pl.col("low") - room, pl.col("high") + room)
    width = (pl.col("high") - pl.col("low")) / pl.col("expected")
    bias = pl.col("expected").sum() / pl.col("truth").sum() - 1
    return found.select(pl.len(), held.mean(), width.median().alias("w"), bias.alias("b")).row(0)


@click.command(help=__doc__)
@click.option("--lever", "levers", multiple=True, type=click.Choice(sorted(WORLDS)))
@click.option("--worlds", default=200, show_default=True)
@click.option("--days", default=42, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(levers: tuple[str, ...], worlds: int, days: int, seed: int) -> None:
    """Print a table in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        replay = build_empty(Path(folder))
        print("| lever | worlds | held | width | bias |\n|---|---|---|---|---|")
        for lever in levers or sorted(WORLDS):
            count, held, width, bias = judge(replay.run(lever, WORLDS[lever], worlds, days, seed))
            print(f"| {lever} | {count} | {held:.1%} | {width:.1%} | {bias:+.1%} |", flush=True)


if __name__ == "__main__":
    main()
