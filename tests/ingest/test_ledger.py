"""The ledger: which deliveries and files count."""

from collections.abc import Callable
from pathlib import Path

import pytest

from apportion.errors import DeliveryRefused
from ingest.landing import Landing
from ingest.ledger import Ledger, verify
from ingest.records import FileRecord, Refusal, Typed
from tests.ingest.conftest import Lines


def typed(period: str, sequence: int = 1, order: str = "", files: int = 1) -> Typed:
    return Typed(
        source_name="s",
        kind="focus",
        period=period,
        version=f"v{sequence}",
        order=order,
        sequence=sequence,
        delivery_id=f"{sequence:04d}-x",
        reader_version="1",
        covers_through=None,
        object_count=1,
        row_count=7,
        files=tuple(
            FileRecord(
                table="focus_charges",
                partition=f"2026-10-{number:02d}",
                path=f"lake/focus_charges/2026-10-{number:02d}/{period}-{sequence}.parquet",
                sha256="00",
                row_count=7,
                content_hash="c",
            )
            for number in range(1, files + 1)
        ),
        quarantined=None,
        control_totals=(),
    )


def refusal(period: str, sequence: int, order: str = "") -> Refusal:
    header = typed(period, sequence, order).model_dump(
        include={"source_name", "kind", "period", "version", "order", "sequence", "delivery_id"}
    )
    return Refusal(**header, code="INPUT_GZIP", message="damaged")


@pytest.fixture
def zone(home: Path) -> Landing:
    landing = Landing(home, "s")
    with landing.locked():
        return landing


def versions(home: Path) -> list[str]:
    return [delivery.version for delivery in Ledger(home).current_deliveries()]


def test_a_home_without_deliveries_has_none(home: Path) -> None:
    assert Ledger(home).current_files() == []
    assert Ledger(home / "absent").current_deliveries() == []


def test_the_greatest_order_counts_and_among_equals_the_last_arrival(
    home: Path, zone: Landing
) -> None:
    for period, sequence, order in [
        ("2026-10", 1, "b"),
        ("2026-10", 2, "a"),
        ("2026-11", 9, ""),
        ("2026-11", 10, ""),
    ]:
        zone.complete(typed(period, sequence, order))
    assert versions(home) == ["v1", "v10"]


def test_a_refused_delivery_never_counts_and_is_told_until_it_is_outdone(
    home: Path, zone: Landing
) -> None:
    zone.complete(typed("2026-10", 1))
    zone.refuse(refusal("2026-10", 2))
    zone.refuse(refusal("2026-11", 1))
    assert versions(home) == ["v1"]
    assert [r.version for r in Ledger(home).current_deliveries()[0].refused] == ["v2"]
    assert [(r.period, r.version) for r in Ledger(home).refusals()] == [
        ("2026-10", "v2"),
        ("2026-11", "v1"),
    ]
    zone.complete(typed("2026-10", 3))
    assert [(r.period, r.version) for r in Ledger(home).refusals()] == [("2026-11", "v1")]


def test_a_folder_that_a_stopped_run_left_empty_is_no_delivery(home: Path, zone: Landing) -> None:
    zone.complete(typed("2026-10", 1))
    (zone.root / "2026-10" / "0002-x").mkdir()
    assert versions(home) == ["v1"]


def test_sources_that_are_no_longer_configured_do_not_count(home: Path, zone: Landing) -> None:
    zone.complete(typed("2026-10", 1))
    assert Ledger(home, {"other"}).current_deliveries() == []
    assert len(Ledger(home, {"s", "other"}).current_deliveries()) == 1


def test_files_are_named_by_their_full_path(home: Path, zone: Landing) -> None:
    zone.complete(typed("2026-10", 1, files=2))
    files = Ledger(home).current_files()
    assert [file.path.relative_to(home).as_posix() for file in files] == [
        "lake/focus_charges/2026-10-01/2026-10-1.parquet",
        "lake/focus_charges/2026-10-02/2026-10-1.parquet",
    ]
    assert {file.source_name for file in files} == {"s"}


def test_two_thousand_deliveries_are_all_read(home: Path, zone: Landing) -> None:
    for number in range(2000):
        folder = zone.root / f"p{number}" / "0001-x"
        folder.mkdir(parents=True)
        document = typed(f"p{number}", files=3).model_dump_json()
        (folder / "lake.json").write_text(document)
    assert len(Ledger(home).current_files()) == 6000


def test_a_damaged_lake_file_is_refused(make_lines: Callable[..., Lines]) -> None:
    lines = make_lines()
    lines.deliver("2026-10-01/v1/a", "0,1")
    lines.collect()
    (file,) = Ledger(lines.settings.home).current_files()
    verify(file)
    content = bytearray(file.path.read_bytes())
    content[len(content) // 2] ^= 1
    file.path.chmod(0o644)
    file.path.write_bytes(content)
    with pytest.raises(DeliveryRefused, match="LAKE_DAMAGED"):
        verify(file)
    file.path.unlink()
    with pytest.raises(DeliveryRefused, match="LAKE_DAMAGED"):
        verify(file)
    lines.collect()
    verify(file)
