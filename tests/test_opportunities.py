"""`apportion opportunities` lists savings, `apportion decide` records what was decided."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from apportion import summary
from apportion.cli import main

CHAT = ("scale_down", "deployment chat", "ml")
ROW = (*CHAT, "new", *(Decimal(n) for n in (50, 70, 90, 7)), "high", "assessed")
NOBODY = ("spot", "company", "unallocated")
MISSING = (*NOBODY, "new", *[None] * 4, "none", "not assessed: needs prices")
DONE = (*CHAT, "accepted", "2026-10-20", 10, Decimal(70), Decimal(50))


@pytest.fixture(autouse=True)
def release(monkeypatch: pytest.MonkeyPatch) -> None:
    """One opportunity, one lever without data, one decision that came true in part."""
    shown = {
        name: summary.Table(*summary.QUERIES[name][:2], rows)
        for name, rows in (("opportunities", [ROW, MISSING]), ("realized", [DONE]))
    }
    monkeypatch.setattr(summary, "tables", lambda _, names: [shown[name] for name in names])


def call(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *arguments])


def decide(home: Path, decision: str, since: str, scope: str = CHAT[1]) -> Result:
    said = ("--by", "ada", "--write", str(home / "decisions.csv"), "--from", since)
    return call(home, "decide", CHAT[0], scope, CHAT[2], decision, *said)


def decisions(home: Path) -> list[tuple[str, ...]]:
    with (home / "decisions.csv").open(encoding="utf-8", newline="") as file:
        names = ("scope", "decision", "promised_saving_per_day", "valid_from", "valid_to")
        return [tuple(row[name] for name in names) for row in csv.DictReader(file)]


def test_opportunities_are_listed_with_those_that_lack_data(tmp_path: Path) -> None:
    result = call(tmp_path, "opportunities")
    assert result.exit_code == 0, result.output
    assert "deployment chat" in result.output
    assert "spot" in result.output
    assert "spot" not in call(tmp_path, "opportunities", "--lever", "scale_down").output


def test_a_decision_takes_the_estimate_as_its_promise_and_ends_the_one_before(
    tmp_path: Path,
) -> None:
    assert decide(tmp_path, "accepted", "2026-11-01").exit_code == 0
    assert decide(tmp_path, "realised", "2026-11-10").exit_code == 0
    assert decisions(tmp_path) == [
        (CHAT[1], "accepted", "7", "2026-11-01", "2026-11-10"),
        (CHAT[1], "realised", "7", "2026-11-10", ""),
    ]


def test_a_decision_on_nothing_or_twice_on_a_day_is_refused(tmp_path: Path) -> None:
    unknown = decide(tmp_path, "accepted", "2026-11-01", "deployment other")
    assert (unknown.exit_code, (tmp_path / "decisions.csv").exists()) == (6, False)
    assert "OPPORTUNITY_UNKNOWN" in unknown.output
    assert decide(tmp_path, "accepted", "2026-11-01").exit_code == 0
    again = decide(tmp_path, "dismissed", "2026-11-01")
    assert "DECISION_IN_FORCE" in again.output
    assert len(decisions(tmp_path)) == 1
