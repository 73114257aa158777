"""The steps: what one leaves for the next, what stops a run and what does not."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from apportion import intake, runs, steps
from apportion.alerts import alert
from apportion.context import Context, from_environment, last_day
from apportion.errors import (
    ApportionError,
    ConfigError,
    DeliveryRefused,
    GateRefused,
    SourceUnavailable,
)
from apportion.settings import Schedule, Settings
from ingest.collect import CollectResult
from ingest.ledger import Ledger
from tests.warehouse.conftest import tiny_lake, tiny_settings
from warehouse import build as build_room
from warehouse.releases import FOLDER as RELEASES
from warehouse.releases import Release, current, point_to

SECOND = date(2026, 10, 2)
UNREACHABLE = SourceUnavailable("SOURCE_UNAVAILABLE", "bill: no answer.")
REFUSED = DeliveryRefused("INPUT_GZIP", "bill 2026-10: cut.")
WRONG_TABLE = ConfigError("REFERENCE_INVALID", "teams.csv:2: no team.")

TEAMS = (
    "team,cost_center,business_unit,owner,valid_from,valid_to\nsearch,CC-1,Products,,2026-01-01,\n"
)

Collect = Callable[[object], None]


@pytest.fixture
def settings(home: Path) -> Settings:
    """Two sources, `bill` and `company`, that have delivered nothing yet."""
    return tiny_settings(home)


@pytest.fixture
def collect(monkeypatch: pytest.MonkeyPatch) -> Collect:
    """Decide what becomes of the next collection."""

    def give(outcome: object) -> None:
        def collected(*_: object) -> object:
            if isinstance(outcome, ApportionError):
                raise outcome
            return outcome

        monkeypatch.setattr("ingest.collect.collect", collected)

    return give


@pytest.fixture
def built_days(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The usage days that builds were asked for, instead of building them."""
    days: list[date] = []

    def build(_settings: Settings, usage_date: date, *_: object, **__: object) -> SimpleNamespace:
        days.append(usage_date)
        return SimpleNamespace(save=lambda: None)

    monkeypatch.setattr(build_room, "build", build)
    return days


def serve(home: Path, usage_date: date, fingerprint: str) -> Release:
    """Pretend that a release is published."""
    (home / RELEASES).mkdir()
    file = home / RELEASES / "000001.duckdb"
    file.write_bytes(b"")
    release = Release(
        generation=1,
        file=file.name,
        sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        size=0,
        fingerprint=fingerprint,
        usage_date=usage_date,
        run_id="2026-10-02-1",
        tables={},
        totals={},
    )
    file.with_suffix(".json").write_text(release.model_dump_json())
    point_to(home, release)
    assert current(home) == release
    return release


def test_what_went_wrong_with_a_source_is_written_down_until_it_is_well(
    settings: Settings, collect: Collect
) -> None:
    collect(UNREACHABLE)
    with pytest.raises(SourceUnavailable):
        steps.ingest(settings, "bill", SECOND)
    collect(CollectResult("company", refused=[REFUSED]))
    steps.ingest(settings, "company", SECOND)
    assert [(p.source_name, p.code, p.exit_code) for p in steps.problems(settings)] == [
        ("bill", "SOURCE_UNAVAILABLE", 4),
        ("company", "INPUT_GZIP", 7),
    ]

    collect(CollectResult("bill"))
    steps.ingest(settings, "bill", SECOND)
    steps.ingest(settings, "company", SECOND)
    assert steps.problems(settings) == []


@pytest.mark.parametrize("error", [UNREACHABLE, REFUSED, WRONG_TABLE])
def test_a_source_that_failed_and_never_delivered_stops_the_build(
    settings: Settings, built_days: list[date], error: ApportionError
) -> None:
    intake.note(settings.home, "bill", SECOND, [error])
    with pytest.raises(type(error), match=error.code):
        steps.build(settings, SECOND)
    assert built_days == []


@pytest.mark.parametrize("error", [UNREACHABLE, REFUSED])
def test_a_source_that_failed_but_delivered_before_does_not(
    settings: Settings, built_days: list[date], error: ApportionError
) -> None:
    tiny_lake(settings.home)
    intake.note(settings.home, "bill", SECOND, [error])
    steps.build(settings, SECOND)
    assert built_days == [SECOND]


def with_presence(settings: Settings, presence: str) -> Settings:
    bill, company = settings.sources
    return settings.model_copy(
        update={"sources": (bill.model_copy(update={"presence": presence}), company)}
    )


def test_an_optional_source_may_never_have_delivered(
    settings: Settings, built_days: list[date]
) -> None:
    intake.note(settings.home, "bill", SECOND, [UNREACHABLE])
    steps.build(with_presence(settings, "optional"), SECOND)
    assert built_days == [SECOND]
    intake.note(settings.home, "bill", SECOND, [WRONG_TABLE])
    with pytest.raises(ConfigError, match="REFERENCE_INVALID"):
        steps.build(with_presence(settings, "optional"), SECOND)


@pytest.mark.parametrize("error", [UNREACHABLE, REFUSED])
def test_without_a_required_source_the_gate_refuses(
    settings: Settings, built_days: list[date], error: ApportionError
) -> None:
    tiny_lake(settings.home)
    intake.note(settings.home, "bill", SECOND, [error])
    required = with_presence(settings, "required")
    run_id = steps.build(required, SECOND)
    assert built_days == [SECOND]
    with pytest.raises(GateRefused, match=f"REQUIRED_SOURCE_FAILED bill: .*{error.code}"):
        steps.gate(required, run_id)


def test_what_a_person_must_correct_always_does(settings: Settings, built_days: list[date]) -> None:
    tiny_lake(settings.home)
    intake.note(settings.home, "company", SECOND, [WRONG_TABLE])
    with pytest.raises(ConfigError, match="REFERENCE_INVALID"):
        steps.build(settings, SECOND)
    assert built_days == []


def test_a_build_of_an_older_day_goes_as_far_as_readers_do(
    settings: Settings, built_days: list[date]
) -> None:
    serve(settings.home, SECOND, "other")
    run_id = steps.build(settings, date(2026, 10, 1))
    assert built_days == [SECOND]
    assert runs.load(settings.home, run_id).base_generation == 1


def test_a_fixed_data_set_ends_on_its_last_day(settings: Settings, built_days: list[date]) -> None:
    schedule = Schedule(first_usage_date=date(2026, 10, 1), last_usage_date=SECOND)
    fixed = settings.model_copy(update={"schedule": schedule})
    steps.build(fixed, date(2026, 12, 24))
    assert built_days == [SECOND]
    assert last_day(fixed) == SECOND


def test_what_is_published_already_is_not_built_unless_forced(
    settings: Settings, built_days: list[date]
) -> None:
    serve(settings.home, SECOND, build_room.plan(settings, SECOND).fingerprint)
    run_id = steps.build(settings, SECOND)
    assert runs.load(settings.home, run_id).is_unchanged
    steps.gate(settings, run_id)
    assert steps.publish(settings, run_id).generation == 1
    assert built_days == []

    steps.build(settings, SECOND, is_forced=True)
    assert built_days == [SECOND]


def test_a_damaged_release_is_no_base_and_a_new_one_is_built(
    settings: Settings, built_days: list[date], caplog: pytest.LogCaptureFixture
) -> None:
    fingerprint = build_room.plan(settings, SECOND).fingerprint
    damaged = serve(settings.home, SECOND, fingerprint).path(settings.home)
    damaged.write_bytes(b"other")
    run = runs.load(settings.home, steps.build(settings, SECOND))
    assert (run.base_generation, run.is_unchanged) == (0, False)
    assert built_days == [SECOND]
    assert "RELEASE_TAMPERED" in caplog.text


def test_a_published_build_is_not_gated_again(settings: Settings) -> None:
    release = serve(settings.home, SECOND, "fingerprint")
    assert runs.start(settings.home, SECOND).run_id == release.run_id
    steps.gate(settings, release.run_id)
    assert not (settings.home / "builds").exists()


def test_runs_are_numbered_by_day(home: Path) -> None:
    ids = [runs.start(home, day).run_id for day in (SECOND, SECOND, date(2026, 10, 3))]
    assert ids == ["2026-10-02-1", "2026-10-02-2", "2026-10-03-1"]
    with pytest.raises(ConfigError, match="NO_SUCH_RUN"):
        runs.load(home, "2026-10-02-3")


def test_only_the_last_build_is_kept(home: Path) -> None:
    for name in ("2026-10-01-1", "2026-10-02-1"):
        (home / "builds" / name).mkdir(parents=True)
        (home / "builds" / name / "release.duckdb").write_bytes(b"")
    runs.clear_away(home, keep="2026-10-02-1")
    assert [folder.name for folder in (home / "builds").iterdir()] == ["2026-10-02-1"]


def test_ingesting_goes_on_past_a_source_that_fails(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bill.csv.gz").write_bytes(b"\x1f\x8b\x08\x00 cut")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "teams.csv").write_text(TEAMS)
    bill = {"name": "bill", "kind": "focus", "layout": "files", "location": "."}
    settings = Settings.model_validate(
        {
            "organization": {"name": "Example AG"},
            "schedule": {"first_usage_date": SECOND},
            "sources": [
                bill | {"files": ["bill.csv.gz"]},
                {"name": "company", "kind": "reference", "location": "tables"},
            ],
            "home": home,
            "directory": tmp_path,
        }
    )
    seen: list[str] = []
    steps.ingest_all(settings, SECOND, lambda what, *_: seen.append(what))

    assert seen == ["ingest: bill", "ingest: company"]
    assert [problem.code for problem in steps.problems(settings)] == ["INPUT_GZIP"]
    assert [d.source_name for d in Ledger(home).current_deliveries()] == ["company"]


def test_an_alert_is_a_line_and_a_file(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = alert(
        home,
        dag_id="apportion_daily",
        run_id="manual__2026-10-03T04:05:06+00:00",
        task_id="gate",
        usage_date="2026-10-02",
        message="GATE_FAILED here.",
    )
    assert path == home / "alerts" / "manual__2026-10-03T04_05_06_00_00-gate.json"
    assert '"message": "GATE_FAILED here."' in caplog.text
    assert b"GATE_FAILED" in path.read_bytes()


def test_the_environment_names_home_and_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("APPORTION_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("APPORTION_CONFIG", str(tmp_path / "missing.toml"))
    context = from_environment()
    assert context == Context(None, tmp_path / "state")
    with pytest.raises(ConfigError, match=r"missing\.toml"):
        context.settings()
