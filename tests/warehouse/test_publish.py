import json
import multiprocessing
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from apportion.errors import Busy, ConfigError, GateRefused
from tests.warehouse.publishing import make_build, publish_build, read_number
from warehouse.lock import writer
from warehouse.read import connect
from warehouse.releases import (
    LINK,
    POINTER,
    ReleaseTampered,
    current,
    list_releases,
    rollback,
    verify,
)


def publish_next(home: Path, number: int, keep: int = 5) -> int:
    serving = current(home)
    base = serving.generation if serving else 0
    return publish_build(home, make_build(home, number), number, base, keep).generation


def test_a_published_build_is_what_readers_open(home: Path) -> None:
    assert publish_next(home, 7) == 1

    release = current(home)
    assert release is not None
    assert read_number(release.path(home)) == 7
    assert read_number(home / LINK) == 7
    assert release.tables["first"].row_count == 50
    assert release.path(home).stat().st_mode & 0o222 == 0


def test_publishing_the_same_again_changes_nothing(home: Path) -> None:
    publish_next(home, 1)
    before = (home / POINTER).read_bytes()

    assert publish_build(home, make_build(home, 1), 1, 1).generation == 1
    assert (home / POINTER).read_bytes() == before
    assert len(list_releases(home)) == 1


def test_a_build_on_an_older_release_is_refused(home: Path) -> None:
    publish_next(home, 1)
    publish_next(home, 2)

    with pytest.raises(Busy, match="LOST_LEASE"):
        publish_build(home, make_build(home, 3), 3, base=1)
    assert read_number(home / LINK) == 2


def test_a_build_that_changed_after_the_gate_is_refused(home: Path) -> None:
    build = make_build(home, 1)
    with duckdb.connect(build) as connection:
        connection.execute("insert into first values (99)")
    (build.parent / "release.duckdb.wal").write_bytes(b"left over")

    with pytest.raises(GateRefused, match="BUILD_CHANGED"):
        publish_build(home, build, 1, 0)
    assert current(home) is None


def test_rolling_back_serves_the_release_before_and_the_next_one_counts_on(home: Path) -> None:
    for number in (1, 2, 3):
        publish_next(home, number)

    start = time.perf_counter()
    assert rollback(home).generation == 2
    assert time.perf_counter() - start < 1
    assert read_number(home / LINK) == 2
    assert rollback(home, 3).generation == 3
    assert rollback(home, 1).generation == 1
    assert publish_next(home, 4) == 4


def test_rolling_back_to_what_is_not_there_says_what_is(home: Path) -> None:
    publish_next(home, 1)

    with pytest.raises(ConfigError, match=r"NO_SUCH_RELEASE.*published: 1"):
        rollback(home)
    with pytest.raises(ConfigError, match="generation 9 is not there"):
        rollback(home, 9)
    assert read_number(home / LINK) == 1


def test_old_releases_are_retired_and_the_current_one_never(home: Path) -> None:
    for number in range(1, 5):
        publish_next(home, number, keep=3)
    assert [release.generation for release in list_releases(home)] == [2, 3, 4]

    rollback(home, 2)
    publish_next(home, 5, keep=2)
    assert [release.generation for release in list_releases(home)] == [4, 5]


def test_a_tampered_release_is_refused_and_the_one_before_is_served(home: Path) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    release = current(home)
    assert release is not None
    path = release.path(home)
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ReleaseTampered, match="RELEASE_TAMPERED"):
        verify(home)
    assert read_number(home / LINK) == 1
    serving = verify(home)
    assert serving is not None
    assert serving.generation == 1


@pytest.mark.parametrize("damage", ["missing", "garbage", "elsewhere"])
def test_without_a_usable_pointer_the_newest_whole_release_is_served(
    home: Path, damage: str
) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    pointer = home / POINTER
    pointer.unlink()
    if damage == "garbage":
        pointer.write_text("{")
    if damage == "elsewhere":
        pointer.write_text(json.dumps({"generation": 41, "file": "000041.duckdb", "sha256": "x"}))

    serving = current(home)
    assert serving is not None
    assert serving.generation == 2


def test_a_reader_keeps_its_release_and_can_reach_nothing_else(home: Path, tmp_path: Path) -> None:
    publish_next(home, 1)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with connect(home) as connection:
        publish_next(home, 2)
        assert connection.execute("select distinct n from first").fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"select * from read_csv('{secret}')")
        with pytest.raises(duckdb.Error):
            connection.execute("insert into first values (2)")
    with connect(home) as connection:
        assert connection.execute("select distinct n from first").fetchall() == [(2,)]


def test_two_readers_of_one_process_share_a_locked_release(home: Path) -> None:
    publish_next(home, 1)
    with connect(home) as one, connect(home) as other:
        query = "select distinct n from first"
        assert one.execute(query).fetchall() == other.execute(query).fetchall()
        with pytest.raises(duckdb.Error):
            other.execute("set enable_external_access = true")


def test_nothing_published_is_said_in_words(home: Path) -> None:
    with pytest.raises(ConfigError, match="NOTHING_PUBLISHED"):
        connect(home)


def test_a_second_writer_is_told_who_holds_the_warehouse(home: Path) -> None:
    with writer(home, "build of 2026-10-01"):
        child = subprocess.run(
            [
                sys.executable,
                "-c",
                (
                    "import sys; from pathlib import Path; from warehouse.lock import writer\n"
                    "with writer(Path(sys.argv[1]), 'other'): pass"
                ),
                str(home),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "WAREHOUSE_BUSY" in child.stderr
    assert "build of 2026-10-01" in child.stderr
    with writer(home, "afterwards"):
        pass


def read_until(
    home: str, deadline: float, outcome: "multiprocessing.Queue[tuple[int, int]]"
) -> None:
    """Open, read and close over and over; numbers may only grow."""
    reads, newest = 0, 0
    while time.monotonic() < deadline or reads == 0:
        number = read_number(Path(home) / LINK)
        assert number >= newest
        newest, reads = number, reads + 1
    outcome.put((reads, newest))


@pytest.mark.faults
def test_eight_readers_query_through_fifty_publishes(home: Path) -> None:
    publish_next(home, 1)
    context = multiprocessing.get_context("spawn")
    outcome = context.Queue()
    deadline = time.monotonic() + 12
    readers = [
        context.Process(target=read_until, args=(str(home), deadline, outcome)) for _ in range(8)
    ]
    for reader in readers:
        reader.start()
    for number in range(2, 52):
        publish_next(home, number, keep=20)
    results = [outcome.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    assert [reader.exitcode for reader in readers] == [0] * 8
    assert sum(reads for reads, _ in results) >= 200
    assert read_number(home / LINK) == 51


def publish_many(home: str, worker: int, count: int) -> None:
    for number in range(count):
        label = 100 * worker + number
        build = make_build(Path(home), label)
        while True:
            serving = current(Path(home))
            try:
                publish_build(
                    Path(home), build, label, serving.generation if serving else 0, keep=99
                )
                break
            except Busy:
                time.sleep(0.01)


@pytest.mark.faults
def test_concurrent_publishers_lose_nothing(home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=publish_many, args=(str(home), n, 6)) for n in range(1, 5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    published = list_releases(home)
    assert [release.generation for release in published] == list(range(1, 25))
    assert len({release.fingerprint for release in published}) == 24


def run_publish(home: Path, kill_at: int, mode: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.warehouse.publishing",
            str(home),
            "2",
            "1",
            str(kill_at),
            mode,
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.faults
def test_a_publish_killed_at_any_step_leaves_the_old_or_the_new_release(
    home: Path, tmp_path: Path
) -> None:
    publish_next(home, 1)
    make_build(home, 2)
    rehearsal = tmp_path / "rehearsal"
    shutil.copytree(home, rehearsal, symlinks=True)
    steps = int(run_publish(rehearsal, 0, "before").stdout)
    assert steps >= 15
    seen = set()
    for kill_at in range(1, steps + 1):
        for mode in ("before", "after", "error"):
            world = tmp_path / f"{mode}-{kill_at}"
            shutil.copytree(home, world, symlinks=True)
            died = run_publish(world, kill_at, mode)
            assert died.returncode != 0 or mode != "before"
            serving = current(world)
            assert serving is not None
            number = read_number(serving.path(world))
            seen.add(number)
            assert number in (1, 2)
            assert read_number(world / LINK) in (1, 2)
            again = run_publish(world, 0, "before")
            assert again.returncode == 0, again.stderr
            assert read_number(world / LINK) == 2
            shutil.rmtree(world)
    assert seen == {1, 2}
