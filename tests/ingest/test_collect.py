"""Collecting: what lands, what counts, and what happens when something goes wrong."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from apportion.errors import Busy, ConfigError, SourceUnavailable
from apportion.settings import Settings
from ingest import durable, landing, registry
from ingest.collect import collect
from ingest.landing import Landing
from ingest.ledger import Ledger
from ingest.stores import LocalStore
from tests.conftest import Bucket
from tests.ingest.conftest import WINDOW, Lines

MakeLines = Callable[..., Lines]


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_bytes_are_landed_read_only_under_their_hash(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1", "1,2")
    result = lines.collect()
    content = (lines.folder / "2026-10-01/v1/a").read_bytes()
    landed = lines.landing / "objects" / hashlib.sha256(content).hexdigest()
    assert landed.read_bytes() == content
    assert landed.stat().st_mode & 0o777 == 0o444
    assert (result.landed, result.typed, result.rows, result.refused) == (1, 1, 2, [])


def test_a_delivery_says_what_it_was(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.deliver("2026-10-01/v1/b", "0,2", "1,x")
    lines.collect()
    (delivery,) = Ledger(lines.settings.home).current_deliveries()
    assert (delivery.source_name, delivery.kind, delivery.period) == (
        "lines",
        "lines",
        "2026-10-01",
    )
    assert (delivery.version, delivery.object_count, delivery.row_count) == ("v1", 2, 2)
    assert delivery.quarantined is not None
    assert delivery.quarantined.row_count == 1
    (total,) = delivery.control_totals
    assert (total.row_count, total.billed_cost) == (3, "0.2")


def test_the_same_delivery_twice_changes_nothing(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.collect()
    before = files_below(lines.settings.home)
    result = lines.collect()
    assert (result.unchanged, result.landed, result.typed, result.objects_fetched) == (1, 0, 0, 0)
    assert files_below(lines.settings.home) == before


def test_a_newer_version_replaces_an_older_one_whole(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1", "1,2")
    lines.collect()
    lines.deliver("2026-10-01/v2/a", "0,3")
    lines.collect()
    assert lines.values() == [3]


def test_an_older_version_that_arrives_late_is_kept_but_never_current(lines: Lines) -> None:
    lines.deliver("2026-10-01/v2/a", "0,2")
    lines.collect()
    lines.deliver("2026-10-01/v1/a", "0,1")
    late = lines.collect()
    again = lines.collect()
    assert lines.values() == [2]
    assert (late.landed, late.typed) == (1, 0)
    assert (again.landed, again.typed, again.unchanged) == (0, 0, 2)


def test_a_day_that_grows_fetches_only_what_is_new(make_lines: MakeLines) -> None:
    lines = make_lines(layout="days")
    lines.deliver("2026-10-01/a", "0,1")
    lines.deliver("2026-10-01/b", "1,2")
    assert lines.collect().objects_fetched == 2
    lines.deliver("2026-10-01/c", "2,3")
    assert lines.collect().objects_fetched == 1
    assert lines.values() == [1, 2, 3]


def test_a_day_that_returns_to_what_it_was_counts_as_it_is_now(make_lines: MakeLines) -> None:
    lines = make_lines(layout="days")
    for content in ("0,1", "0,2"):
        lines.deliver("2026-10-01/a", content)
        shutil.copy2(lines.folder / "2026-10-01/a", lines.folder.parent / content)
        lines.collect()
    shutil.copy2(lines.folder.parent / "0,1", lines.folder / "2026-10-01/a")
    result = lines.collect()
    assert lines.values() == [1]
    assert result.objects_fetched == 0
    assert lines.collect().unchanged == 1


def test_a_refused_delivery_stops_neither_the_others_nor_the_last_good_one(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.collect()
    lines.deliver("2026-10-01/v2/a", "DAMAGED")
    lines.deliver("2026-10-02/v1/a", "0,5")
    result = lines.collect()
    assert [error.code for error in result.refused] == ["INPUT_GZIP"]
    assert lines.values() == [1, 5]
    (refusal,) = Ledger(lines.settings.home).refusals()
    assert (refusal.period, refusal.version, refusal.code) == ("2026-10-01", "v2", "INPUT_GZIP")
    first = Ledger(lines.settings.home).current_deliveries()[0]
    assert [refused.version for refused in first.refused] == ["v2"]


def test_a_refused_delivery_heals_when_the_provider_corrects_it(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "DAMAGED")
    assert len(lines.collect().refused) == 1
    assert lines.values() == []
    lines.deliver("2026-10-01/v1/a", "0,1")
    assert lines.collect().refused == []
    assert lines.values() == [1]
    assert Ledger(lines.settings.home).refusals() == []


def test_a_refused_delivery_is_fetched_again_each_time_it_is_found(lines: Lines) -> None:
    """Other bytes under an unchanged listing, as after a download that went wrong."""
    lines.deliver("2026-10-01/v1/a", "DAMAGED")
    path = lines.folder / "2026-10-01/v1/a"
    listed = path.stat()
    lines.collect()
    path.write_text("10,1.25\n")
    durable.os.utime(path, ns=(listed.st_atime_ns, listed.st_mtime_ns))
    assert path.stat().st_size == listed.st_size
    assert lines.collect().refused == []
    assert lines.values() == [1.25]
    manifests = sorted(lines.landing.glob("2026-10-01/*/manifest.json"))
    assert [path.parent.name[:4] for path in manifests] == ["0001", "0002"]


def test_a_refused_delivery_is_recorded_once_however_often_it_is_tried(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "DAMAGED")
    for _ in range(3):
        assert len(lines.collect().refused) == 1
    assert len(list((lines.landing / "2026-10-01").iterdir())) == 1


def test_an_object_that_is_missing_refuses_the_whole_delivery(make_lines: MakeLines) -> None:
    lines = make_lines(also_names="2026-10-01/v1/gone")
    lines.deliver("2026-10-01/v1/a", "0,1")
    (error,) = lines.collect().refused
    assert error.code == "MANIFEST_INCOMPLETE"
    assert "2026-10-01/v1/gone" in error.message
    assert lines.values() == []


@pytest.mark.parametrize("key", ["../../escape", "/etc/passwd", "a/../../b", "./x", "x" * 1025])
def test_a_key_that_could_leave_the_location_is_refused(make_lines: MakeLines, key: str) -> None:
    lines = make_lines(also_names=key)
    lines.deliver("2026-10-01/v1/a", "0,1")
    (error,) = lines.collect().refused
    assert error.code == "BAD_KEY"
    assert list((lines.landing / "objects").iterdir()) == []


def test_rows_must_be_as_many_as_were_promised(make_lines: MakeLines) -> None:
    lines = make_lines(promised_rows=3)
    lines.deliver("2026-10-01/v1/a", "0,1", "1,x", "2,2")
    assert lines.collect().refused == []
    lines.deliver("2026-10-01/v2/a", "0,1")
    (error,) = lines.collect().refused
    assert error.code == "ROW_COUNT"
    assert "3 rows were promised, 1 came" in error.message
    assert lines.values() == [1, 2]


def test_two_versions_that_both_claim_to_be_newest_are_refused(make_lines: MakeLines) -> None:
    lines = make_lines(order="same")
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.collect()
    lines.deliver("2026-10-01/v2/a", "0,2")
    lines.deliver("2026-10-02/v1/a", "0,3")
    (error,) = lines.collect().refused
    assert (error.code, "version v2" in error.message) == ("DELIVERY_AMBIGUOUS", True)
    assert lines.values() == [1, 3]
    assert len(lines.collect().refused) == 1


def test_a_restatement_to_nothing_is_refused(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.collect()
    lines.deliver("2026-10-01/v2/a")
    (error,) = lines.collect().refused
    assert error.code == "EMPTY_RESTATEMENT"
    assert lines.values() == [1]


def test_a_delivery_may_be_empty_from_the_start(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a")
    assert lines.collect().typed == 1
    assert lines.collect().unchanged == 1


def test_a_delivery_that_covers_fewer_days_is_refused(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1-through-2026-10-09/a", "0,1")
    lines.collect()
    lines.deliver("2026-10-01/v2-through-2026-10-08/a", "0,2")
    lines.deliver("2026-10-01/v3-through-2026-10-09/a", "0,3")
    (error,) = lines.collect().refused
    assert error.code == "RESTATED_SHORTER"
    assert lines.values() == [3]


def test_changed_options_read_again_what_is_landed(make_lines: MakeLines) -> None:
    make_lines().deliver("2026-10-01/v1/a", "0,1")
    make_lines().collect()
    lines = make_lines(metric="errors")
    shutil.rmtree(lines.folder / "2026-10-01")
    result = lines.collect()
    assert (result.typed, result.objects_fetched) == (1, 0)
    assert lines.collect().typed == 0


def test_a_lost_lake_is_written_again_from_the_landing_zone(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1", "1,x")
    lines.collect()
    before = files_below(lines.settings.home)
    shutil.rmtree(lines.settings.home / "lake")
    shutil.rmtree(lines.settings.home / "quarantine")
    lines.collect()
    assert files_below(lines.settings.home) == before


def test_a_damaged_landed_object_is_fetched_again(make_lines: MakeLines) -> None:
    make_lines().deliver("2026-10-01/v1/a", "0,1")
    make_lines().collect()
    lines = make_lines(metric="errors")
    (landed,) = (lines.landing / "objects").iterdir()
    landed.chmod(0o644)
    landed.write_text("0,9\n")
    assert lines.collect().objects_fetched == 1
    assert lines.values() == [1]


def test_a_damaged_landed_object_that_nobody_delivers_again_is_not_read(
    make_lines: MakeLines,
) -> None:
    make_lines().deliver("2026-10-01/v1/a", "0,1")
    make_lines().collect()
    lines = make_lines(metric="errors")
    shutil.rmtree(lines.folder / "2026-10-01")
    (landed,) = (lines.landing / "objects").iterdir()
    landed.chmod(0o644)
    landed.write_text("0,9\n")
    (error,) = lines.collect().refused
    assert error.code == "INPUT_CHECKSUM"
    assert lines.values() == [1]


class StoppedError(BaseException):
    """The process ends here."""


class StoppingReplace:
    """`Path.replace` that ends the process just before, or just after, its n-th call."""

    def __init__(self, stop_at: int) -> None:
        self.steps_left = stop_at
        self.replace = Path.replace

    def __get__(self, path: Path, _: type[Path]) -> Callable[[Path], Path]:
        def stopping(target: Path) -> Path:
            self.step()
            result = self.replace(path, target)
            self.step()
            return result

        return stopping

    def step(self) -> None:
        self.steps_left -= 1
        if not self.steps_left:
            raise StoppedError


@pytest.mark.faults
def test_stopped_at_any_step_the_next_run_completes(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop before and after every write that names a file; readers see the old rows or the new."""
    lines.deliver("2026-10-01/v1/a", "0,1", "1,x")
    lines.collect()
    pristine = lines.settings.home.with_name("pristine")
    shutil.copytree(lines.settings.home, pristine)
    lines.deliver("2026-10-01/v2/a", "0,2", "1,y")
    lines.deliver("2026-10-01/v2/b", "86400,3")
    lines.collect()
    expected = files_below(lines.settings.home)
    seen = []
    for stop_at in range(1, 100):
        shutil.rmtree(lines.settings.home)
        shutil.copytree(pristine, lines.settings.home)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", StoppingReplace(stop_at))
            try:
                lines.collect()
            except StoppedError:
                pass
            else:
                break
        seen.append(lines.values())
        assert seen[-1] in ([1], [2, 3])
        lines.collect()
        assert files_below(lines.settings.home) == expected
    assert len(seen) == 2 * 8  # 2 objects, manifest, 2 lake files, quarantine, counted, lake.json
    assert seen[-2:] == [[1], [2, 3]]


def test_an_unreachable_provider_is_asked_again_with_growing_waits(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    fetch, failures = LocalStore.fetch, iter([True, True, True, False])

    def flaky(store: LocalStore, info: object, destination: Path) -> None:
        if next(failures):
            raise SourceUnavailable("SOURCE_UNAVAILABLE", "busy")
        fetch(store, info, destination)

    monkeypatch.setattr(LocalStore, "fetch", flaky)
    assert lines.collect().typed == 1
    assert [2**n <= wait <= 2**n + 1 for n, wait in enumerate(lines.waits)] == [True] * 3


def test_patience_is_bounded_and_what_landed_stays(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.collect()
    lines.deliver("2026-10-02/v1/a", "0,2")

    def down(store: LocalStore, info: object, destination: Path) -> None:
        raise SourceUnavailable("SOURCE_UNAVAILABLE", "down")

    monkeypatch.setattr(LocalStore, "fetch", down)
    with pytest.raises(SourceUnavailable):
        lines.collect()
    assert len(lines.waits) == 4
    assert lines.values() == [1]


def test_a_source_is_collected_by_one_run_at_a_time(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    with Landing(lines.settings.home, lines.name).locked(), pytest.raises(Busy):
        lines.collect()
    assert lines.collect().typed == 1


def test_sources_are_collected_side_by_side(make_lines: MakeLines) -> None:
    sources = [make_lines(f"lines{number}") for number in range(4)]
    for number, source in enumerate(sources):
        for day in range(1, 9):
            source.deliver(f"2026-10-0{day}/v1/a", f"{number},{number}", f"{number},{day}")
    threads = [threading.Thread(target=source.collect) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, source in enumerate(sources):
        assert source.values() == sorted([number] * 8 + list(range(1, 9)))


def test_a_period_may_have_any_name(lines: Lines) -> None:
    for period in ("2026-10-01 ä:%", "2026-10-01" + "x" * 200, "2026-10-01"):
        lines.deliver(f"{period}/v1/a", "0,1")
    assert lines.collect().typed == 3
    assert lines.collect().unchanged == 3
    assert lines.values() == [1, 1, 1]


def test_manifests_are_plain_json_that_a_person_can_read(lines: Lines) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.collect()
    (manifest,) = lines.landing.glob("2026-10-01/*/manifest.json")
    document = json.loads(manifest.read_text())
    assert document["version"] == "v1"
    assert document["objects"][0]["key"] == "2026-10-01/v1/a"


@pytest.mark.server
def test_a_bucket_is_collected_like_a_folder(
    s3_bucket: Bucket, make_lines: MakeLines, make_settings: Callable[..., Settings]
) -> None:
    make_lines()
    settings = make_settings(
        {
            "name": "cloud",
            "kind": "lines",
            "location": f"s3://{s3_bucket.name}/exports",
            "endpoint_url": s3_bucket.endpoint_url,
        }
    )
    s3_bucket.put("exports/2026-10-01/v1/a", b"0,1\n")
    s3_bucket.put("exports/2026-10-01/v1/b", b"0,2\n" * 1000)
    s3_bucket.put("exports/2026-10-01/", b"")
    s3_bucket.put("elsewhere/2026-10-02/v1/a", b"0,3\n")
    result = collect(settings, "cloud", WINDOW)
    assert (result.landed, result.rows, result.objects_fetched) == (1, 1001, 2)
    assert collect(settings, "cloud", WINDOW).unchanged == 1
    s3_bucket.put("exports/2026-10-01/v1/a", b"0,4\n")
    assert collect(settings, "cloud", WINDOW).objects_fetched == 1


def test_an_unknown_option_is_named_with_the_nearest_valid_one(make_lines: MakeLines) -> None:
    with pytest.raises(
        ConfigError, match=r'unknown key "layuot" \(did you mean "layout"\?\)'
    ) as error:
        make_lines(layuot="days").collect()
    assert 'source "lines" (kind lines)' in error.value.message


def test_an_unknown_kind_and_an_unknown_source_are_named(
    make_settings: Callable[..., Settings],
) -> None:
    settings = make_settings({"name": "clouds", "kind": "fcous"})
    with pytest.raises(ConfigError, match='did you mean "focus"'):
        registry.open_source(settings, "clouds")
    with pytest.raises(ConfigError, match='did you mean "clouds"'):
        registry.open_source(settings, "cloud")


def test_a_folder_that_is_not_there_is_a_configuration_error(lines: Lines) -> None:
    lines.folder.rmdir()
    with pytest.raises(ConfigError, match="LOCATION_MISSING"):
        lines.collect()


def test_landed_objects_are_synced_before_the_manifest_that_names_them(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines.deliver("2026-10-01/v1/a", "0,1")
    events: list[str] = []
    sync, write = landing.sync_folder, landing.write_json
    monkeypatch.setattr(landing, "sync_folder", lambda path: (events.append(path.name), sync(path)))
    monkeypatch.setattr(
        landing, "write_json", lambda path, doc: (events.append(path.name), write(path, doc))
    )
    lines.collect()
    assert events == ["objects", "manifest.json", "counted.json", "lake.json"]
