"""Which days a build computes: a fingerprint changes when, and only when, the day's result may."""

import shutil
from pathlib import Path

import pytest

from apportion.errors import ConfigError
from apportion.settings import Organization, Settings
from tests.warehouse.conftest import SECOND, TINY
from tests.warehouse.lake import FIRST, Lake, charge, fee, rule
from warehouse.mount import literal
from warehouse.plan import EMPTY, Plan, make_plan


def days(plan: Plan) -> dict[str, str]:
    return {day.name: day.fingerprint for day in plan.days}


@pytest.fixture
def before(settings: Settings, lake: Lake) -> Plan:
    return make_plan(settings, SECOND, TINY)


def test_a_plan_has_the_days_that_were_delivered_and_the_empty_one(before: Plan) -> None:
    assert list(days(before)) == [EMPTY, "2026-10-01", "2026-10-02"]
    assert [file.partition for file in before.period_files] == ["2026-10"]
    assert [file.table for file in before.reference] == ["owner_rules"]


def test_the_same_inputs_give_the_same_fingerprints(
    settings: Settings, lake: Lake, before: Plan
) -> None:
    assert make_plan(settings, SECOND, TINY) == before


def test_a_day_after_the_usage_date_is_not_built(settings: Settings, lake: Lake) -> None:
    plan = make_plan(settings, FIRST, TINY)
    assert list(days(plan)) == [EMPTY, "2026-10-01"]
    assert "2026-10-02" not in {file.partition for file in plan.files}


def test_a_restated_day_changes_alone(settings: Settings, lake: Lake, before: Plan) -> None:
    lake.deliver_charges(charge("c1", 1, "10.1"), charge("c2", 2, "99"), fee("f1", "7"))
    after = make_plan(settings, SECOND, TINY)
    changed = {name for name in days(after) if days(after)[name] != days(before)[name]}
    assert changed == {"2026-10-02"}
    assert after.fingerprint != before.fingerprint


def test_a_redelivery_that_says_the_same_recomputes_nothing_but_is_a_new_release(
    settings: Settings, lake: Lake, before: Plan
) -> None:
    lake.deliver_charges(
        charge("c1", 1, "10.1"),
        charge("c2", 2, "0.000000000000000003"),
        fee("f1", "7"),
        key="october-again.csv",
    )
    after = make_plan(settings, SECOND, TINY)
    assert days(after) == days(before)
    assert after.fingerprint != before.fingerprint


def test_a_monthly_fee_recomputes_no_day(settings: Settings, lake: Lake, before: Plan) -> None:
    lake.deliver_charges(
        charge("c1", 1, "10.1"), charge("c2", 2, "0.000000000000000003"), fee("f1", "8")
    )
    after = make_plan(settings, SECOND, TINY)
    assert days(after) == days(before)
    assert after.fingerprint != before.fingerprint


def test_a_rule_that_ends_changes_the_days_from_then_on(
    settings: Settings, lake: Lake, before: Plan
) -> None:
    lake.deliver_rules(
        rule("acct-a", "search", until=SECOND),
        rule("acct-a", "ads", since=SECOND),
        rule("acct-b", "ads"),
    )
    after = make_plan(settings, SECOND, TINY)
    changed = {name for name in days(after) if days(after)[name] != days(before)[name]}
    assert changed == {"2026-10-02"}


def test_settings_and_code_change_every_day(
    settings: Settings, before: Plan, tmp_path: Path
) -> None:
    project = shutil.copytree(TINY, tmp_path / "project")
    assert days(make_plan(settings, SECOND, project)) == days(before)
    with (project / "models/day/day_cost_ledger.sql").open("a") as file:
        file.write("\n-- changed")
    other_code = make_plan(settings, SECOND, project)
    euros = settings.model_copy(
        update={"organization": Organization(name="Example AG", reporting_currency="EUR")}
    )
    other_settings = make_plan(euros, SECOND, TINY)
    for after in (other_code, other_settings):
        assert not set(days(after).values()) & set(days(before).values())


def test_what_dbt_writes_is_no_code(settings: Settings, before: Plan, tmp_path: Path) -> None:
    project = shutil.copytree(TINY, tmp_path / "project")
    (project / "target").mkdir()
    (project / "target/compiled.sql").write_text("select 1")
    assert make_plan(settings, SECOND, project).code_version == before.code_version


def test_a_source_that_is_no_longer_configured_does_not_count(
    settings: Settings, lake: Lake
) -> None:
    alone = settings.model_copy(update={"sources": settings.sources[1:]})
    assert {file.source_name for file in make_plan(alone, SECOND, TINY).files} == {"company"}


def test_a_home_that_reads_as_a_pattern_is_refused() -> None:
    with pytest.raises(ConfigError, match="HOME_UNUSABLE"):
        literal(Path("/data/[team]/lake/a.parquet"))
