"""What a run says at its end of rows that it left out."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from apportion import outcome, summary
from apportion.console import Screen
from apportion.steps import RunResult
from tests.warehouse.releases import make_release
from warehouse.releases import Release

PUBLISHED = Release(
    generation=1,
    file="000001.duckdb",
    sha256="",
    size=0,
    fingerprint="",
    usage_date=date(2026, 10, 3),
    run_id="run",
    tables={},
    totals={},
)


@pytest.mark.parametrize("quarantined", [1, 0])
def test_rows_in_quarantine_are_told_where_they_are(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quarantined: int,
) -> None:
    release = make_release(tmp_path / "release.duckdb")
    with duckdb.connect(release) as connection:
        connection.execute(
            "update quarantine set object_key = 'a.csv', column_name = 'billed_cost'"
        )
        if not quarantined:
            connection.execute("delete from quarantine")
    monkeypatch.setattr(summary, "connect", lambda _: duckdb.connect(release, read_only=True))
    result = RunResult(
        "run",
        PUBLISHED,
        is_unchanged=False,
        days_computed=1,
        days_carried=0,
        problems=[],
        seconds={},
    )
    outcome.show(Screen(as_json=False, is_quiet=True), tmp_path, result)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if line[:4] == ["bill", "a.csv", "BAD_NUMBER", "billed_cost"]]
    assert [line[4:6] for line in told] == [["1", "4"]] * quarantined
