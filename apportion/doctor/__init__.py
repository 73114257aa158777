"""`apportion doctor`: is everything there that a run needs, and what to mend."""

from datetime import date

from apportion.doctor.finding import Finding
from apportion.doctor.machine import clock, disk, release
from apportion.doctor.sources import currencies, source
from apportion.settings import Settings


def examine(settings: Settings, usage_date: date) -> list[Finding]:
    """Look at the home folder, the published release, the clock, every source and the tables.

    Args:
        settings: the configuration.
        usage_date: the newest day that a run would ask for.
    """
    return [
        Finding("configuration", f"{_sources(settings)}, version {settings.version}"),
        disk(settings),
        release(settings),
        *clock(settings),
        *(source(settings, configured, usage_date) for configured in settings.sources),
        *currencies(settings, usage_date),
    ]


def _sources(settings: Settings) -> str:
    return "1 source" if len(settings.sources) == 1 else f"{len(settings.sources)} sources"
