"""Days of the reporting time zone: costs move between days, never between periods or to nobody."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from apportion import steps
from apportion.settings import Organization, Schedule, Settings, SourceSettings
from tests.warehouse.lake import Lake, charge, fee, rule
from warehouse.read import connect

LAST_DAY = date(2026, 10, 31)
ODD = "24.000000000000000001"
"""Cost of a UTC day that no number of hours divides."""


class Company:
    """A company with a month of daily charges, one hourly charge and a fee."""

    def __init__(self, home: Path, zone: str) -> None:
        self.settings = Settings(
            organization=Organization(
                name="Example AG", reporting_currency="EUR", reporting_time_zone=zone
            ),
            schedule=Schedule(first_usage_date=date(2026, 10, 1)),
            sources=(
                SourceSettings(name="bill", kind="focus"),
                SourceSettings(name="company", kind="reference"),
            ),
            home=home,
        )
        lake = Lake(home)
        lake.deliver_rules(rule("acct-a", "search"))
        hour = datetime(2026, 10, 24, 22)  # noqa: DTZ001 - the lake keeps UTC
        lake.deliver_charges(
            *(charge(f"d{day}", day, ODD) for day in range(1, 32)),
            charge("hour", 24, "5")
            | {"charge_period_start": hour, "charge_period_end": hour + timedelta(hours=1)},
            fee("support", "745"),
        )
        run_id = steps.build(self.settings, LAST_DAY)
        steps.gate(self.settings, run_id)
        steps.publish(self.settings, run_id)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.settings.home) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def berlin(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Clocks are put back on 25 October: that day has 25 hours, the month 745."""
    return Company(tmp_path_factory.mktemp("berlin"), "Europe/Berlin")


@pytest.fixture(scope="module")
def utc(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(tmp_path_factory.mktemp("utc"), "UTC")


def test_a_day_with_25_hours_costs_25_hours(berlin: Company) -> None:
    costs = {
        (key, day): cost
        for key, day, cost in berlin.rows(
            """
            select source_charge_key, charge_date, sum(billed_cost) from cost_ledger
            where source_charge_key in ('d24', 'd25', 'hour') group by all
            """
        )
    }
    assert {key: round(cost, 6) for key, cost in costs.items()} == {
        ("d24", date(2026, 10, 24)): 22,
        ("d24", date(2026, 10, 25)): 2,
        ("d25", date(2026, 10, 25)): 23,
        ("d25", date(2026, 10, 26)): 1,
        ("hour", date(2026, 10, 25)): 5,
    }
    assert costs["d24", date(2026, 10, 24)] + costs["d24", date(2026, 10, 25)] == Decimal(ODD)


def test_a_fee_is_spread_over_the_hours_of_each_day(berlin: Company) -> None:
    query = """
        select charge_date, sum(billed_cost) from cost_ledger
        where source_charge_key = 'support' group by all order by all
    """
    days = dict(berlin.rows(query))
    assert sum(days.values()) == 745
    assert min(days) == date(2026, 10, 1)
    assert max(days) == date(2026, 11, 1)
    whole = days[date(2026, 10, 20)]
    assert abs(days[date(2026, 10, 25)] / whole - Decimal(25) / 24) < Decimal("1e-15")


def test_days_move_and_nothing_else_does(berlin: Company, utc: Company) -> None:
    for query in (
        "from reconciliation order by all",
        "from statements order by all",
        "from statement_lines order by all",
        """
        select usage_date, source_charge_key, team, sum(billed_cost), sum(reporting_effective_cost)
        from cost_ledger group by all order by all
        """,
    ):
        assert berlin.rows(query) == utc.rows(query)
    assert utc.rows("select count(*) from cost_ledger where charge_date <> usage_date") == [(0,)]
    assert berlin.rows("select count(*) from cost_ledger where charge_date <> usage_date") != [(0,)]


def test_the_daily_costs_are_those_of_the_zone(berlin: Company) -> None:
    assert berlin.rows(
        "select charge_date, sum(billed_cost) from daily_cost_by_team group by all order by all"
    ) == berlin.rows(
        "select charge_date, sum(billed_cost) from cost_ledger group by all order by all"
    )


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match='"Europe/Bonn" is not a time zone'):
        Organization(name="Example AG", reporting_time_zone="Europe/Bonn")
