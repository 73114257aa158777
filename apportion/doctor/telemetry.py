"""Is a server of telemetry still scraping what is collected from it."""

from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

OLDEST = timedelta(minutes=15)
"""How old the newest sample may be; exporters are scraped every minute or so."""

MOST_NAMES = 3


@runtime_checkable
class Sampled(Protocol):
    """A source whose server says when it last scraped something."""

    def newest_samples(self, at: datetime) -> dict[str, datetime]:
        """When each metric that has samples of the last hours was last scraped."""
        ...


def samples(source: Sampled) -> tuple[str, str]:
    """What the newest sample is, and what is late; the latter is empty where nothing is."""
    at = datetime.now(UTC)
    taken = source.newest_samples(at)
    if not taken:
        return "", (
            "no sample of the configured metrics in the last hours: check that the server scrapes "
            "dcgm-exporter and kube-state-metrics, and that `metrics` has the names they use"
        )
    newest = max(taken.values())
    stopped = sorted(name for name, last in taken.items() if at - last > OLDEST)
    told = f"newest sample {_age(at - newest)} old, {len(taken)} metrics"
    if not stopped:
        return told, ""
    names = ", ".join(stopped[:MOST_NAMES]) + (" and others" if len(stopped) > MOST_NAMES else "")
    oldest = max(at - taken[name] for name in stopped)
    return told, (
        f"{names}: no sample for {_age(oldest)}; see in the server's targets whether the exporter "
        "is still scraped"
    )


def _age(age: timedelta) -> str:
    seconds = max(round(age.total_seconds()), 0)
    return f"{seconds} s" if seconds < 2 * 60 else f"{seconds // 60} min"
