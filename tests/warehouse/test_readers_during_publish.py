"""Many readers and many publishers at once, each in a process of its own."""

import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import Busy
from tests.warehouse.faults import CONTEXT
from tests.warehouse.publishing import (
    make_build,
    number_in,
    publish_build,
    publish_next,
    read_number,
)
from warehouse.read import connect
from warehouse.releases import LINK, current, list_releases

pytestmark = pytest.mark.faults

READERS, PUBLISHES = 8, 50
PUBLISHERS, EACH = 4, 6


def read_on(home: Path, reading: Any, finished: Event, answer: Any) -> None:
    """Open, read and close over and over, one way and the other; numbers may only grow."""
    reads = newest = 0
    while not finished.is_set() or newest < PUBLISHES + 1:
        with connect(home) as connection:
            seen = number_in(connection)
        assert seen >= newest
        newest = read_number(home / LINK)
        assert newest >= seen
        reads += 2
        if reads == 2:
            reading.release()
    answer.put(reads)


def test_eight_readers_query_through_fifty_publishes(home: Path) -> None:
    publish_next(home, 1)
    reading, finished = CONTEXT.Semaphore(0), CONTEXT.Event()
    answer = CONTEXT.SimpleQueue()
    readers = [
        CONTEXT.Process(target=read_on, args=(home, reading, finished, answer))
        for _ in range(READERS)
    ]
    for reader in readers:
        reader.start()
    for _ in readers:
        assert reading.acquire(timeout=60)
    for number in range(2, PUBLISHES + 2):
        publish_next(home, number, keep=20)
    finished.set()
    for reader in readers:
        reader.join(60)
    assert [reader.exitcode for reader in readers] == [0] * READERS
    assert sum(answer.get() for _ in readers) >= READERS * PUBLISHES / 2


def publish_many(home: Path, worker: int) -> None:
    """Publish every build on whatever is current then, as a scheduler's retries do."""
    for number in range(EACH):
        label = 100 * worker + number
        make_build(home, label)
        while True:
            serving = current(home)
            base = serving.generation if serving else 0
            time.sleep(0.001)
            try:
                release = publish_build(home, label, base, keep=99)
            except Busy:
                continue
            assert release.generation == base + 1
            break


def test_concurrent_publishers_lose_nothing(home: Path) -> None:
    workers = [
        CONTEXT.Process(target=publish_many, args=(home, worker))
        for worker in range(1, PUBLISHERS + 1)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * PUBLISHERS
    published = list_releases(home)
    assert [release.generation for release in published] == list(range(1, PUBLISHERS * EACH + 1))
    assert {release.run_id for release in published} == {
        f"run-{100 * worker + number}"
        for worker in range(1, PUBLISHERS + 1)
        for number in range(EACH)
    }
