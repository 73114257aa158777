"""How old the newest sample of each metric is, by one instant query."""

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from apportion.errors import DeliveryRefused

HOURS = 6
"""How far back samples are looked for."""

STEP_MINUTES = 5
"""Prometheus looks back five minutes for a sample, so that smaller steps see nothing more."""


def newest_query(metrics: Sequence[str]) -> str:
    """A query for the time of the newest sample of each metric, under the label `of`.

    `timestamp` drops the name of a metric, and tells the time of a sample only of a selector.
    """
    return " or ".join(
        f'label_replace({_newest(name)}, "of", "{name}", "", "")' for name in metrics
    )


def _newest(metric: str) -> str:
    now, before = f"timestamp({metric})", f"timestamp({metric})[{HOURS}h:{STEP_MINUTES}m]"
    return f"max({now} or max_over_time({before}))"


def newest_of(answer: bytes, url: str) -> dict[str, datetime]:
    """The times in the answer to such a query.

    Raises:
        DeliveryRefused: it is no answer of a Prometheus server.
    """
    try:
        result = orjson.loads(answer)["data"]["result"]
        return {
            series["metric"]["of"]: datetime.fromtimestamp(float(series["value"][1]), UTC)
            for series in result
        }
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DeliveryRefused(
            "PROMETHEUS_ANSWER",
            f"{url}: not the answer of a Prometheus server ({type(error).__name__}). Nothing is "
            "known of its samples. Check that the URL is that of the Prometheus API itself.",
        ) from error
