"""Bring the objects of a delivery into the landing zone: in parallel, patiently, each byte once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay
from tenacity.wait import wait_exponential_jitter

from apportion.errors import SourceUnavailable
from ingest.landing import Landing
from ingest.records import ObjectRecord, Record
from ingest.source import Delivery
from ingest.stores import ObjectInfo, Store, check_key

ATTEMPTS = 5
BUDGET_SECONDS = 900
LONGEST_WAIT_SECONDS = 60
PARALLEL_FETCHES = 8

Result = TypeVar("Result")


class Fetcher:
    """Fetches from one store into one landing zone, and counts what it fetched."""

    def __init__(
        self, store: Store, landing: Landing, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.fetched = 0
        self._store = store
        self._landing = landing
        self._sleep = sleep

    def patiently(self, ask: Callable[[], Result]) -> Result:
        """Ask a provider until it answers: capped exponential waits with jitter, bounded.

        Raises:
            SourceUnavailable: the last refusal to answer.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(BUDGET_SECONDS),
            wait=wait_exponential_jitter(initial=1, max=LONGEST_WAIT_SECONDS),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(ask)

    def land(self, delivery: Delivery, history: list[Record]) -> tuple[ObjectRecord, ...]:
        """Land the objects of a delivery; those that are landed undamaged are not fetched again.

        Args:
            delivery: what the provider lists.
            history: the earlier deliveries of the period; objects of refused ones are not trusted.

        Raises:
            DeliveryRefused: an object has a bad key, is missing, or is not what was listed.
            SourceUnavailable: the provider did not answer within the retry budget.
        """
        for info in delivery.objects:
            check_key(info.key, self._store.uri(info.key))
        landed = self._already_landed(delivery, history)
        missing = [info for info in delivery.objects if info not in landed]
        with ThreadPoolExecutor(PARALLEL_FETCHES) as pool:
            futures = [pool.submit(self._fetch, *item) for item in enumerate(missing)]
            try:
                fetched = [future.result() for future in futures]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        landed |= dict(zip(missing, fetched, strict=True))
        self.fetched += len(fetched)
        return tuple(landed[info] for info in delivery.objects)

    def _fetch(self, number: int, info: ObjectInfo) -> ObjectRecord:
        return self._landing.add(
            info, number, lambda path: self.patiently(lambda: self._store.fetch(info, path))
        )

    def _already_landed(
        self, delivery: Delivery, history: list[Record]
    ) -> dict[ObjectInfo, ObjectRecord]:
        wanted = {(info.key, info.fingerprint): info for info in delivery.objects}
        found: dict[ObjectInfo, ObjectRecord] = {}
        for record in reversed(history):
            manifest = record.manifest()
            if len(found) == len(wanted) or record.refusal or not manifest:
                continue
            for landed in manifest.objects:
                info = wanted.get((landed.key, landed.fingerprint))
                if info and info not in found and info.sha256 in (None, landed.sha256):
                    found[info] = landed
        return {info: o for info, o in found.items() if self._landing.holds(o.sha256)}
