"""Answers of a vendor's cost or usage API, in the form of a store: a key names a usage day.

    2026-10-03.json    {"starts": ..., "results": [...]}, numbers with a fraction as text

The API has no versions, so that a day can only be known to have changed by asking for it: `days`
asks once for all of them, and `fetch` writes what was answered.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from apportion.errors import ApportionError, ConfigError, DeliveryRefused, SourceUnavailable
from ingest.stores import ObjectInfo, object_missing
from ingest.text_blocks import UNTRUSTED

DENIED = (401, 403)
TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500
LONGEST_QUOTE = 200
MOST_PAGES = 1000

Answer = dict[str, Any]
Parameters = list[tuple[str, str]]
Credentials = Callable[[], dict[str, str]]


class CostApi:
    """One address of a vendor's API; nothing is contacted before the first question.

    Args:
        url: the address of the report, or what all its reports begin with.
        headers: what proves who asks; called for every question, so that no key is kept.
        timeout_seconds: how long one answer may take.
    """

    def __init__(self, url: str, headers: Credentials, timeout_seconds: int) -> None:
        self._url = url
        self._headers = headers
        self._timeout_seconds = timeout_seconds
        self._answers: dict[str, bytes] = {}
        self._client: httpx.Client | None = None

    def pages(self, parameters: Parameters, report: str = "") -> Iterator[Answer]:
        """Every page of an answer; `report` is what follows the address.

        Raises:
            SourceUnavailable: the API does not answer, or asks to wait.
            ConfigError: it denies access, or does not take the question.
            DeliveryRefused: `ANSWER_INVALID`, what it answers is no page of results.
        """
        page: str | None = None
        for _ in range(MOST_PAGES):
            answer = self._ask(report, [*parameters, *([("page", page)] if page else [])])
            yield answer
            page = answer.get("next_page") if answer.get("has_more") else None
            if page is None:
                return
        raise self.invalid(f"more than {MOST_PAGES} pages")

    def keep(self, day: date, results: list[Answer]) -> ObjectInfo:
        """Keep a day's results for `fetch`; its fingerprint changes when they do."""
        document = {"starts": f"{day}", "results": results}
        content = json.dumps(document, default=str, sort_keys=True).encode()
        key = f"{day}.json"
        self._answers[key] = content
        return ObjectInfo(key, len(content), hashlib.sha256(content).hexdigest()[:32])

    def invalid(self, problem: str) -> DeliveryRefused:
        """The refusal of an answer that is not what the API documents."""
        return DeliveryRefused(
            "ANSWER_INVALID",
            f"{self._url}: {problem}. {UNTRUSTED} Look whether the address is that of the API.",
        )

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Nothing: what there is to ask for follows from the calendar."""
        del prefix
        return iter(())

    def read(self, key: str) -> bytes:
        """Refused: an API holds no manifests."""
        raise object_missing(self.uri(key))

    def uri(self, key: str) -> str:
        """The address, and the day it was asked for."""
        return f"{self._url} {key}"

    def fetch(self, info: ObjectInfo, destination: Path) -> None:
        """Write what was answered for a day."""
        if info.key not in self._answers:
            raise object_missing(self.uri(info.key))
        destination.write_bytes(self._answers[info.key])

    def _ask(self, report: str, parameters: Parameters) -> Answer:
        if self._client is None:  # one for all reports: to make one takes longer than to ask
            self._client = httpx.Client(timeout=self._timeout_seconds, follow_redirects=False)
        try:
            answer = self._client.get(
                f"{self._url}{report}",
                params=httpx.QueryParams(tuple(parameters)),
                headers=self._headers(),
            )
        except httpx.TransportError as error:
            raise SourceUnavailable(
                "SOURCE_UNAVAILABLE",
                f"{self._url}: {type(error).__name__}: {error}. Nothing was fetched; what landed "
                "before stays. Check that this machine may reach the address, and run again.",
            ) from error
        if answer.status_code != httpx.codes.OK:
            raise self._refusal(answer)
        try:
            document = json.loads(answer.content, parse_float=Decimal)
        except ValueError:
            raise self.invalid(f"the answer is not JSON: {answer.text[:LONGEST_QUOTE]!r}") from None
        if not isinstance(document, dict) or not isinstance(document.get("data"), list):
            raise self.invalid('the answer has no list "data"')
        return document

    def _refusal(self, answer: httpx.Response) -> ApportionError:
        status, reason = answer.status_code, answer.text[:LONGEST_QUOTE]
        if status in DENIED:
            return ConfigError(
                "ACCESS_DENIED",
                f"{self._url}: the API answered {status} {reason!r}. Nothing can be fetched. Set "
                "`admin_key` of the source to a key that may read the organization's usage.",
            )
        if status == TOO_MANY_REQUESTS or status >= FIRST_SERVER_ERROR:
            return SourceUnavailable(
                "SOURCE_UNAVAILABLE",
                f"{self._url}: the API answered {status} {reason!r}. Nothing was fetched; what "
                "landed before stays. Trying again later may help.",
            )
        return ConfigError(
            "STORE_REFUSED",
            f"{self._url}: the API answered {status} {reason!r}. Nothing can be fetched. Check "
            "the address and the options of the source.",
        )
