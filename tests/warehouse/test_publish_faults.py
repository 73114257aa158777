"""Publishing, rolling back and recovering, stopped at every call that changes the disk."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import pytest

from apportion.errors import ConfigError
from tests.warehouse.faults import ERRORS, KILLS, Fault, changes_of, copy_of, suffer
from tests.warehouse.publishing import (
    damage,
    expected_files,
    files_of,
    make_build,
    number_in,
    publish_build,
    publish_next,
)
from warehouse.read import connect
from warehouse.recover import recover
from warehouse.releases import LINK, ReleaseTampered, list_releases, rollback

pytestmark = pytest.mark.faults


@dataclass(frozen=True)
class Operation:
    """Something that changes what readers see.

    Attributes:
        prepare: makes the home folder as it is before.
        act: does it; doing it again finishes what was interrupted.
        before: the number that readers see before it; None where there is no release.
        after: the number that they see afterwards.
        left: the generations that are there at the end.
        fewest: calls that change the disk, at the least: fewer means that some are not watched.
    """

    prepare: Callable[[Path], object]
    act: Callable[[Path], object]
    before: int | None
    after: int
    left: list[int]
    fewest: int


def three_releases(home: Path) -> None:
    for number in (1, 2, 3):
        publish_next(home, number)


def three_releases_and_a_build(home: Path) -> None:
    three_releases(home)
    make_build(home, 4)


def damaged_newest(home: Path) -> None:
    three_releases(home)
    damage(home / "releases" / "000003.duckdb", 5000)


def publish_first(home: Path) -> object:
    return publish_build(home, 1, base=0)


def publish_fourth(home: Path) -> object:
    return publish_build(home, 4, base=3, keep=2)


def roll_back_to_first(home: Path) -> object:
    return rollback(home, 1)


OPERATIONS = {
    "first publish": Operation(lambda h: make_build(h, 1), publish_first, None, 1, [1], 17),
    "publish": Operation(three_releases_and_a_build, publish_fourth, 3, 4, [3, 4], 22),
    "roll back": Operation(three_releases, roll_back_to_first, 3, 1, [1, 2, 3], 9),
    "recover": Operation(damaged_newest, recover, None, 2, [1, 2, 3], 9),
}


def seen_by_readers(home: Path) -> int | None:
    """The number that readers see, None where they are told that there is nothing to see."""
    assert not (home / LINK).is_symlink() or (home / LINK).exists()
    try:
        with connect(home) as connection:
            return number_in(connection)
    except (ConfigError, ReleaseTampered):
        return None


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are killed here, not the machine: nothing is lost that was only written."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.mark.parametrize("name", OPERATIONS)
def test_stopped_anywhere_readers_see_the_old_or_the_new_and_a_rerun_finishes(
    home: Path, tmp_path: Path, name: str
) -> None:
    operation = OPERATIONS[name]
    operation.prepare(home)
    changes = changes_of(operation.act, copy_of(home, tmp_path / "rehearsal"))
    assert len(changes) >= operation.fewest
    seen = set()
    for at, change in enumerate(changes, start=1):
        for mode in (*KILLS, *ERRORS):
            if mode == "torn" and change != "write":
                continue
            where = f"{mode} {change} {at}"
            world = copy_of(home, tmp_path / where)
            code = suffer(Fault(at, mode), operation.act, world)
            assert code == (1 if mode in ERRORS else -SIGKILL), where
            seen.add(seen_by_readers(world))
            operation.act(world)
            assert seen_by_readers(world) == operation.after, where
            assert [release.generation for release in list_releases(world)] == operation.left
            recover(world)
            assert files_of(world) == expected_files(world), where
    assert seen == {operation.before, operation.after}


def test_bytes_and_names_are_durable_before_anything_depends_on_them(home: Path) -> None:
    three_releases_and_a_build(home)
    steps = " ".join(changes_of(publish_fourth, home)).split(" replace ")
    assert len(steps) == 5
    for makes_content in steps[:3]:
        assert makes_content.endswith(("link fsync chmod", "write fsync chmod"))
    for follows_a_name in steps[1:]:
        assert follows_a_name.startswith("fsync")
