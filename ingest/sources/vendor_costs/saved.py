"""Answers of a cost API that a job of the key's owner saves, a day an object.

    <location>/2026-10-03.json    the page that answers for that day, as the vendor sent it

So the admin key, which may do far more than read costs, stays where it is.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from apportion.errors import DeliveryRefused
from ingest.source import Window
from ingest.sources.vendor_costs.api import Answer
from ingest.stores import ObjectInfo, Store
from ingest.text_blocks import UNTRUSTED

DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})\.json$")


class SavedAnswers:
    """Wraps the store that holds the answers."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    def days(self, window: Window) -> Iterator[tuple[date, ObjectInfo]]:
        """The days of the window that were saved."""
        for info in self._inner.list(""):
            found = DAY.match(info.key)
            if found and f"{window.first}" <= found[1] <= f"{window.last}":
                yield date.fromisoformat(found[1]), info

    def page(self, path: Path, key: str) -> Answer:
        """A landed answer.

        Raises:
            DeliveryRefused: `ANSWER_INVALID`, it is no page of results, or not all of them.
        """
        try:
            page = json.loads(path.read_bytes(), parse_float=Decimal)
        except ValueError:
            raise self.invalid(f"{key} is not JSON") from None
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise self.invalid(f'{key} has no list "data"')
        if page.get("has_more"):
            raise self.invalid(f"{key} is only the first page of the day: ask for a higher limit")
        return page

    def invalid(self, problem: str) -> DeliveryRefused:
        """The refusal of what is not an answer of the API."""
        return DeliveryRefused(
            "ANSWER_INVALID",
            f"{self._inner.uri('')}: {problem}. {UNTRUSTED} Save what the API answers, as it is.",
        )

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object below the location."""
        return self._inner.list(prefix)

    def read(self, key: str) -> bytes:
        """The bytes of an object."""
        return self._inner.read(key)

    def uri(self, key: str) -> str:
        """The full address of an object."""
        return self._inner.uri(key)

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write an object's bytes to a file."""
        self._inner.fetch(info, destination)
