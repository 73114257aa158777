"""The parsed project is kept whole, for one state of the project, and never stops a build."""

import os
from pathlib import Path

import pytest

from apportion.settings import Warehouse
from warehouse.parsed_project import KEPT, keep, parsed_project, take

LIMITS = Warehouse.model_validate({})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_kept_is_taken(tmp_path: Path) -> None:
    parsed = parsed_project(tmp_path, "v1", LIMITS)
    (tmp_path / "made").write_bytes(b"parsed")
    keep(parsed, tmp_path / "made")
    take(parsed, tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"parsed"
    assert [path.name for path in parsed.parent.iterdir()] == [parsed.name]


def test_other_code_limits_and_projects_have_their_own(tmp_path: Path) -> None:
    names = {
        parsed_project(tmp_path, "v1", LIMITS),
        parsed_project(tmp_path, "v2", LIMITS),
        parsed_project(tmp_path / "other", "v1", LIMITS),
        parsed_project(tmp_path, "v1", LIMITS.model_copy(update={"threads": 7})),
    }
    assert len(names) == 4


def test_only_those_used_last_are_kept(tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(b"parsed")
    several = [parsed_project(tmp_path, f"v{number}", LIMITS) for number in range(KEPT + 1)]
    for number, parsed in enumerate(several[:-1]):
        keep(parsed, tmp_path / "made")
        os.utime(parsed, (number, number))
    take(several[0], tmp_path / "taken")
    keep(several[-1], tmp_path / "made")
    assert {path.name for path in several[0].parent.iterdir()} == {
        path.name for number, path in enumerate(several) if number != 1
    }


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    (tmp_path / "made").write_bytes(b"parsed")
    parsed = parsed_project(tmp_path, "v1", LIMITS)
    keep(parsed, tmp_path / "made")
    take(parsed, tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
