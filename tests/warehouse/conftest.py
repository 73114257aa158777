"""A lake with two days of charges, the settings that go with it, and a release built from it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from apportion.settings import Organization, Schedule, Settings, SourceSettings
from tests.warehouse.lake import FIRST, Lake, charge, fee, rule
from warehouse.build import build
from warehouse.build_result import BuildResult

TINY = Path(__file__).parents[1] / "fixtures" / "dbt_tiny"
SECOND = date(2026, 10, 2)
Build = Callable[..., BuildResult]


def tiny_settings(home: Path) -> Settings:
    """Two sources: a bill and the company's own tables."""
    return Settings(
        organization=Organization(name="Example AG"),
        schedule=Schedule(first_usage_date=FIRST),
        sources=(
            SourceSettings(name="bill", kind="focus"),
            SourceSettings(name="company", kind="reference"),
        ),
        home=home,
    )


def tiny_lake(home: Path) -> Lake:
    """Two days of charges, a monthly fee, and two owners."""
    lake = Lake(home)
    lake.deliver_charges(
        charge("c1", 1, "10.1"), charge("c2", 2, "0.000000000000000003"), fee("f1", "7")
    )
    lake.deliver_rules(rule("acct-a", "search"), rule("acct-b", "ads"))
    return lake


def build_tiny(settings: Settings, run_id: str = "r1") -> BuildResult:
    """Build the second day with the tiny dbt project."""
    return build(settings, SECOND, run_id, transforms=TINY, progress=lambda *_: None)


@pytest.fixture
def settings(home: Path) -> Settings:
    """The settings of the tiny company, with a home of its own."""
    return tiny_settings(home)


@pytest.fixture
def lake(home: Path) -> Lake:
    """A lake that the test may change."""
    return tiny_lake(home)


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home with a lake that no test changes."""
    settings = tiny_settings(tmp_path_factory.mktemp("tiny") / "var")
    tiny_lake(settings.home)
    return settings


@pytest.fixture(scope="session")
def built(tiny_home: Settings) -> BuildResult:
    """The release of that lake; tests copy it before they change it."""
    return build_tiny(tiny_home)
