"""What one more day costs after a week and after a month.

    python -m benchmarks.days [--requests-per-day 20000]

Simulates a company, runs the pipeline for its days 1 to 6, then day 7 alone, days 8 to 29, and day
30 alone. Only the runs of one more day are compared; ingest of that day, build, gate and publish
are all in them.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import click

from apportion.sample import SampleOptions, simulate

FIRST_DAY = date(2026, 10, 1)


@click.command(help=__doc__)
@click.option("--requests-per-day", default=20_000, show_default=True)
@click.option("--gpus", default=116, show_default=True)
def main(requests_per_day: int, gpus: int) -> None:
    """Print the seconds of both days and their ratio."""
    folder = Path(tempfile.mkdtemp())
    try:
        options = SampleOptions(
            first_day=FIRST_DAY, days=30, requests_per_day=requests_per_day, gpus=gpus
        )
        config = simulate(folder / "sample", options).config
        _run(config, folder / "home", day=6)
        week = _run(config, folder / "home", day=7)
        _run(config, folder / "home", day=29)
        month = _run(config, folder / "home", day=30)
    finally:
        shutil.rmtree(folder)
    print(f"day 7 {week:.1f} s, day 30 {month:.1f} s, ratio {month / week:.2f}")


def _run(config: Path, home: Path, day: int) -> float:
    """Seconds of the run whose newest usage day is the given one."""
    usage_date = FIRST_DAY + timedelta(days=day - 1)
    start = time.perf_counter()
    command = [sys.executable, "-m", "apportion.cli", "--quiet", "--config", str(config)]
    command += ["--home", str(home), "run", "--usage-date", str(usage_date)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
