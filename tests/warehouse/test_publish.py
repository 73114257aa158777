import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apportion.errors import Busy, ConfigError, GateRefused
from ingest.durable import sha256_of
from tests.warehouse.faults import copy_of
from tests.warehouse.publishing import (
    damage,
    expected_files,
    files_of,
    make_build,
    publish_build,
    publish_next,
    read_number,
    seal,
)
from warehouse.recover import recover
from warehouse.releases import (
    LINK,
    POINTER,
    ReleaseTampered,
    current,
    list_releases,
    read_pointer,
    rollback,
    verify,
)

FLIPS = 60


def file_of(home: Path, generation: int) -> Path:
    return home / "releases" / f"{generation:06d}.duckdb"


def generations(home: Path) -> list[int]:
    return [release.generation for release in list_releases(home)]


def test_a_published_build_is_what_readers_open(home: Path) -> None:
    build = make_build(home, 7)
    sha256 = sha256_of(build)
    release = publish_build(home, 7, base=0)

    assert release == current(home) == verify(home)
    assert release.generation == 1
    assert release.sha256 == sha256 == sha256_of(release.path(home))
    assert {name: table.row_count for name, table in release.tables.items()} == {
        "cost_ledger": 1,
        "first": 50,
        "second": 50,
    }
    assert read_number(release.path(home)) == read_number(home / LINK) == 7
    assert release.path(home).stat().st_mode & 0o222 == 0
    assert not build.exists()
    assert files_of(home) == expected_files(home)


def test_publishing_the_same_again_changes_nothing(home: Path) -> None:
    publish_next(home, 1)
    before = (home / POINTER).stat().st_ino
    build = make_build(home, 1)

    assert publish_build(home, 1, base=1).generation == 1
    assert (home / POINTER).stat().st_ino == before
    assert generations(home) == [1]
    assert build.exists()


def test_a_build_on_an_older_release_is_refused(home: Path) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    make_build(home, 3)

    with pytest.raises(Busy, match=r"LOST_LEASE.* generation 2 is current.*based on 1"):
        publish_build(home, 3, base=1)
    assert read_number(home / LINK) == 2


def leave_a_log(build: Path) -> None:
    build.with_name("release.duckdb.wal").write_bytes(b"left over")


def change_after_the_gate(build: Path) -> None:
    damage(build, 20_000)


def damage_before_the_gate(build: Path) -> None:
    damage(build, build.stat().st_size - 262_144 + 100)
    seal(build)


def lose_money_before_the_gate(build: Path) -> None:
    other = make_build(build.parents[2], 9)
    other.replace(build)
    seal(build)


@pytest.mark.parametrize(
    "change",
    [leave_a_log, change_after_the_gate, damage_before_the_gate, lose_money_before_the_gate],
)
def test_a_build_that_is_not_what_was_built_is_refused(
    home: Path, change: Callable[[Path], None]
) -> None:
    change(make_build(home, 1))
    with pytest.raises(GateRefused, match="BUILD_CHANGED"):
        publish_build(home, 1, base=0)
    assert current(home) is None


def test_rolling_back_serves_the_release_before_and_the_next_one_counts_on(home: Path) -> None:
    for number in (1, 2, 3):
        publish_next(home, number)

    start = time.perf_counter()
    assert rollback(home).generation == 2
    assert time.perf_counter() - start < 1
    assert read_number(home / LINK) == 2
    pointer = read_pointer(home)
    assert pointer is not None
    assert (pointer.generation, pointer.reason, pointer.newest) == (2, "rollback", 3)
    assert rollback(home, 3).generation == 3
    assert rollback(home, 1).generation == 1
    assert publish_next(home, 4).generation == 4
    assert generations(home) == [1, 2, 3, 4]


def test_rolling_back_skips_what_is_damaged(home: Path) -> None:
    for number in (1, 2, 3):
        publish_next(home, number)
    damage(file_of(home, 2), 5000)
    with pytest.raises(ConfigError, match="NO_SUCH_RELEASE"):
        rollback(home, 2)
    assert rollback(home).generation == 1


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
    assert generations(home) == [2, 3, 4]

    rollback(home, 2)
    publish_next(home, 5, keep=2)
    assert generations(home) == [4, 5]
    assert files_of(home) == expected_files(home)


def test_a_flipped_bit_anywhere_is_refused_and_the_release_before_is_served(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    size = file_of(home, 2).stat().st_size
    for flip in range(FLIPS):
        world = copy_of(home, tmp_path / f"flip-{flip}")
        damage(file_of(world, 2), flip * (size - 1) // (FLIPS - 1), bit=flip % 8)
        with pytest.raises(ReleaseTampered, match=r"generation 2\. Generation 1 .* is whole"):
            verify(world)
        caplog.clear()
        serving = recover(world)
        assert serving is not None
        assert serving == verify(world)
        assert serving.generation == 1
        assert "RELEASE_TAMPERED" in caplog.text
        assert read_number(world / LINK) == 1


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1])


def add_a_log(path: Path) -> None:
    path.with_name(path.name + ".wal").write_bytes(b"")


@pytest.mark.parametrize("harm", [cut, add_a_log, Path.unlink])
def test_whatever_happens_to_the_file_readers_get_a_whole_one(
    home: Path, harm: Callable[[Path], None]
) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    harm(file_of(home, 2))
    serving = recover(home)
    assert serving is not None
    assert serving.generation == 1
    assert publish_next(home, 3).generation == 3


def test_where_nothing_is_whole_the_next_run_starts_afresh(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish_next(home, 1)
    damage(file_of(home, 1), 5000)
    with pytest.raises(ReleaseTampered, match="no other whole release"):
        verify(home)

    assert recover(home) is None
    assert current(home) is None
    assert not (home / LINK).is_symlink()
    assert "No other release is whole" in caplog.text
    assert publish_next(home, 2).generation == 2


@pytest.mark.parametrize("harm", ["missing", "garbage", "elsewhere", "other bytes"])
def test_without_a_usable_pointer_the_newest_whole_release_is_served(
    home: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    damage(file_of(home, publish_next(home, 3).generation), 5000)
    pointer = json.loads((home / POINTER).read_bytes())
    (home / POINTER).unlink()
    if harm == "garbage":
        (home / POINTER).write_text("{")
    if harm == "elsewhere":
        (home / POINTER).write_text(json.dumps(pointer | {"generation": 41}))
    if harm == "other bytes":
        (home / POINTER).write_text(json.dumps(pointer | {"sha256": "0" * 64}))

    serving = current(home)
    assert serving is not None
    assert serving.generation == 2
    assert "POINTER_UNUSABLE" in caplog.text
    assert recover(home) == serving
    caplog.clear()
    assert current(home) == serving
    assert caplog.text == ""


def test_a_manifest_that_cannot_be_read_costs_no_data(home: Path) -> None:
    publish_next(home, 1)
    publish_next(home, 2)
    file_of(home, 1).with_suffix(".json").unlink()
    file_of(home, 1).with_suffix(".json").write_text("{")
    assert generations(home) == [2]
    recover(home)
    assert file_of(home, 1).exists()


def test_leftovers_of_a_crash_are_deleted_and_releases_rolled_back_from_are_kept(
    home: Path,
) -> None:
    for number in (1, 2, 3):
        publish_next(home, number)
    rollback(home, 2)
    for name in (".CURRENT.77", ".current.duckdb.77", "releases/.000004.duckdb.77"):
        (home / name).write_bytes(b"half")
    file_of(home, 4).write_bytes(b"whole, but nobody was told")
    recover(home)
    assert generations(home) == [1, 2, 3]
    assert files_of(home) == expected_files(home)
    assert not list(home.rglob(".*.77"))


def test_a_new_home_is_quiet(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert recover(home) is None
        assert verify(home) is None
    assert caplog.text == ""
