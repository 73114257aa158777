"""Is this machine ready: its disk, its clock, and what it has published."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from apportion.doctor.finding import Finding
from apportion.errors import ApportionError
from apportion.settings import Settings

MINIMUM_FREE_GB = 5
GIGABYTE = 10**9
LONGEST_SKEW_SECONDS = 60
TIMEOUT_SECONDS = 5
S3 = "https://s3.amazonaws.com"


def disk(settings: Settings) -> Finding:
    """Whether the home folder can be written and has room for a run."""
    existing = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(existing).free // GIGABYTE
    message = f"{free} GB free in {existing}"
    if not os.access(existing, os.W_OK):
        return Finding(
            "disk", f"{existing} cannot be written: run as a user who may, or set --home", 6
        )
    if free < MINIMUM_FREE_GB:
        return Finding("disk", f"{message}; a run wants {MINIMUM_FREE_GB} GB: free some space", 1)
    return Finding("disk", message)


def release(settings: Settings) -> Finding:
    """What is published, and whether it is undamaged."""
    from warehouse.releases import verify

    try:
        published = verify(settings.home)
    except ApportionError as error:
        return Finding("release", str(error), error.exit_code)
    if published is None:
        return Finding("release", "nothing is published yet; `apportion run` makes the first")
    return Finding("release", f"generation {published.generation}, usage to {published.usage_date}")


def clock(settings: Settings) -> Iterator[Finding]:
    """Whether this clock agrees with those of the servers that the sources ask.

    A server that does not answer says nothing here: the source's own finding names it.
    """
    skews = {}
    for address in sorted(_addresses(settings)):
        skew = _skew_seconds(address)
        if skew is not None:
            skews[urlsplit(address).netloc] = skew
    for server, skew in skews.items():
        if abs(skew) > LONGEST_SKEW_SECONDS:
            word = "ahead of" if skew > 0 else "behind"
            yield Finding(
                "clock",
                f"this machine is {abs(skew)} s {word} {server}: synchronise it (NTP). S3 refuses "
                "requests that are 15 minutes off, and days would end at another time",
                1,
            )
            return
    if skews:
        yield Finding("clock", f"agrees with {', '.join(skews)}")


def _addresses(settings: Settings) -> set[str]:
    """Scheme and host of every server that a source is configured to ask."""
    values = [value for source in settings.sources for value in source.options.values()]
    texts = [value for value in values if isinstance(value, str)] + _defaults(settings)
    urls = [urlsplit(text) for text in texts if text.startswith(("http://", "https://"))]
    found = {f"{url.scheme}://{url.netloc}" for url in urls}
    asks_aws = any(
        str(source.options.get("location", "")).startswith("s3://")
        and not source.options.get("endpoint_url")
        for source in settings.sources
    )
    return found | ({S3} if asks_aws else set())


def _defaults(settings: Settings) -> list[str]:
    """The addresses that kinds of source ask where the configuration names no other."""
    from ingest.registry import KINDS, options_of

    asking = [
        source
        for source in settings.sources
        if source.kind in KINDS and not {"url", "location"} & set(source.options)
    ]
    fields = [options_of(source.kind).model_fields.get("url") for source in asking]
    return [field.default for field in fields if field and isinstance(field.default, str)]


def _skew_seconds(address: str) -> int | None:
    """By how many seconds this clock is ahead of a server's; none if the server does not say."""
    import httpx

    try:
        answer = httpx.head(address, timeout=TIMEOUT_SECONDS)
        told = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return None
    return round((datetime.now(UTC) - told.astimezone(UTC)).total_seconds())
