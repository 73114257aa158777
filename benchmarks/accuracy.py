"""How far the published ledger is from who really caused each cost.

    python -m benchmarks.accuracy [--scenario default --scenario bursty] [--requests 40000]

Simulates the sample company, whose truth is known, once per scenario; runs the whole pipeline on
it; and compares the release with the truth, stage by stage. The same command prints the same
figures.
"""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import click

from apportion import settings, steps
from apportion.sample import SampleOptions, simulate
from apportion.sample.scenarios import SCENARIOS
from benchmarks.comparison import Comparison, compare


def measure(folder: Path, options: SampleOptions) -> Comparison:
    """Simulate a company, run the pipeline on it, and compare.

    Args:
        folder: an empty folder for the company and its home.
        options: the company.
    """
    sample = simulate(folder / "company", options)
    home = folder / "home"
    last_day = options.first_day + timedelta(days=options.days - 1)
    steps.run(settings.load(sample.config, home), last_day)
    return compare(home, sample.truth)


@click.command(help=__doc__)
@click.option("--scenario", "scenarios", multiple=True, type=click.Choice(list(SCENARIOS)))
@click.option("--days", default=5, show_default=True)
@click.option("--requests", default=40_000, show_default=True)
def main(scenarios: tuple[str, ...], days: int, requests: int) -> None:
    """Print the errors of every scenario as tables in Markdown."""
    for scenario in scenarios or SCENARIOS:
        options = SampleOptions(
            first_day=date(2026, 10, 1), days=days, requests=requests, scenario=scenario
        )
        with tempfile.TemporaryDirectory() as folder:
            print(as_text(scenario, measure(Path(folder), options)), flush=True)


def as_text(scenario: str, found: Comparison) -> str:
    """A comparison as tables in Markdown."""
    lines = [f"## {scenario}", ""]
    lines += ["| stage | error | misattributed | unallocated | mean | true cost |"]
    lines += ["|---|---|---|---|---|---|"]
    for name, stage in found.stages.items():
        shares = (stage.error, stage.misattributed, stage.unallocated, stage.mean_percentage)
        cells = " | ".join(f"{share:.2%}" for share in shares)
        lines.append(f"| {name} | {cells} | {stage.cost:,.0f} |")
    lines += ["", "| requests | error | median | count |", "|---|---|---|---|"]
    for kind, requests in found.requests.items():
        lines.append(
            f"| {kind} | {requests.error:.2%} | {requests.median:.2%} | {requests.count} |"
        )
    lines += ["", f"bill - ledger: {found.conservation}", ""]
    lines += [f"{reason}: {amount:,.2f}" for reason, amount in found.wrong_owners.items()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
