"""Closing a month: what was issued never moves, and what changes later is charged later."""

import csv
import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from apportion import steps
from apportion.close import close_period
from apportion.errors import ConfigError, GateRefused
from apportion.settings import Journal, Organization, Schedule, Settings, SourceSettings
from apportion.statements import review_statements
from ingest.source import ControlTotal
from tests.warehouse.lake import Lake, rule
from warehouse.read import connect

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
LAST_DAY = date(2026, 12, 5)


def charge(key: str, day: date, cost: str, account: str) -> dict[str, Any]:
    start = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the lake keeps UTC
    month = start.replace(day=1)
    return {
        "charge_key": key,
        "billing_account_id": "1000",
        "sub_account_id": account,
        "service_provider_name": "Example Cloud",
        "billing_currency": "EUR",
        "billing_period_start": month,
        "billing_period_end": (month + timedelta(days=32)).replace(day=1),
        "charge_category": "Usage",
        "charge_period_start": start,
        "charge_period_end": start + timedelta(days=1),
        "billed_cost": Decimal(cost),
        "effective_cost": Decimal(cost),
    }


class Company:
    """A company of two business units, its bills, and its runs."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(
            organization=Organization(name="Example AG", reporting_currency="EUR"),
            schedule=Schedule(first_usage_date=OCTOBER),
            sources=(
                SourceSettings(name="bill", kind="focus"),
                SourceSettings(name="company", kind="reference"),
                SourceSettings(name="people", kind="reference"),
            ),
            journal=Journal(
                expense_account="6400",
                clearing_account="2110",
                cost_class_accounts={"prior_period_adjustment": "6490"},
            ),
            home=home,
        )
        self.lake = Lake(home)
        teams = [
            {"team": team, "business_unit": unit, "cost_center": unit, "valid_from": OCTOBER}
            for team, unit in (("search", "Consumer"), ("fraud", "Risk"))
        ]
        self.lake.deliver("people", "reference", "teams", tuple(teams), ["reference"] * 2)

    def bill(self, month: date, *rows: dict[str, Any]) -> None:
        """Deliver a month's bill; replaces the delivery before."""
        total = str(sum(row["billed_cost"] for row in rows))
        control = ControlTotal(
            service_provider_name="Example Cloud",
            billing_account_id="1000",
            billing_period=month,
            billing_currency="EUR",
            row_count=len(rows),
            billed_cost=total,
            effective_cost=total,
        )
        days = [str(row["charge_period_start"].date()) for row in rows]
        period = f"{month:%Y-%m}"
        self.lake.deliver(
            "bill", period, "focus_charges", rows, days, key=f"{period}.csv", totals=(control,)
        )

    def run(self) -> None:
        """Everything after ingest."""
        run_id = steps.build(self.settings, LAST_DAY)
        steps.gate(self.settings, run_id)
        steps.publish(self.settings, run_id)
        steps.export(self.settings)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.settings.home) as connection:
            return connection.execute(query).fetchall()

    def charged(self) -> dict[tuple[str, str], Decimal]:
        """Totals by period and business unit."""
        query = (
            "select strftime(billing_period, '%Y-%m'), business_unit, total_cost from statements"
        )
        return {(period, unit): total for period, unit, total in self.rows(query)}

    def registered(self, month: str) -> dict[str, str]:
        """Status by business unit, as the register has it."""
        path = self.settings.home / "statements" / "register.csv"
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["business_unit"]: row["status"]
                for row in csv.DictReader(file)
                if row["billing_period"] == month
            }

    def issued(self, month: str) -> dict[str, str]:
        """The hashes of a month's statement files."""
        folder = self.settings.home / "statements" / month
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that closed October, and whose October then changed in three ways."""
    company = Company(tmp_path_factory.mktemp("close"))
    company.lake.deliver_rules(rule("acct-a", "search"), rule("acct-b", "fraud"))
    company.bill(
        OCTOBER,
        charge("a1", OCTOBER, "100.10", "acct-a"),
        charge("b1", OCTOBER, "50.05", "acct-b"),
        charge("b2", date(2026, 10, 31), "7", "acct-b"),
    )
    company.bill(NOVEMBER, charge("a2", NOVEMBER, "30", "acct-a"))
    company.run()
    return company


@pytest.fixture(scope="module")
def closed(company: Company) -> dict[str, str]:
    """The files of October as they were issued."""
    review_statements(company.settings, OCTOBER, (), by="analyst", note="agreed")
    close_period(company.settings, OCTOBER, "controller", ())
    company.run()
    return company.issued("2026-10")


@pytest.fixture(scope="module")
def restated(company: Company, closed: dict[str, str]) -> Company:
    """October after a late charge, a withdrawn one, and a rule that gives a charge away."""
    company.lake.deliver_rules(
        rule("acct-a", "search"),
        rule("acct-b", "fraud", until=date(2026, 10, 31)),
        rule("acct-b", "search", since=date(2026, 10, 31)),
    )
    company.bill(
        OCTOBER,
        charge("a1", OCTOBER, "100.10", "acct-a"),
        charge("late", OCTOBER, "3.000000000000000001", "acct-a"),
        charge("b2", date(2026, 10, 31), "7", "acct-b"),
    )
    company.run()
    return company


def test_a_period_that_is_not_over_is_not_closed(company: Company) -> None:
    with pytest.raises(ConfigError, match=r"CLOSE_REFUSED 2026-12: .* no open statement"):
        close_period(company.settings, DECEMBER, "controller", ())
    with pytest.raises(ConfigError, match=r"2026-10 is still open"):
        close_period(company.settings, NOVEMBER, "controller", ())


def test_what_nobody_reviewed_is_not_issued(company: Company) -> None:
    with pytest.raises(ConfigError, match=r"Nobody reviewed 2 of 2 statements .*2026-10-consumer"):
        close_period(company.settings, OCTOBER, "controller", ())
    review_statements(company.settings, OCTOBER, ["Risk"], by="analyst", note="")
    with pytest.raises(ConfigError, match=r"Nobody reviewed 1 of 2 statements"):
        close_period(company.settings, OCTOBER, "controller", ())
    assert company.registered("2026-10") == {"Consumer": "draft", "Risk": "reviewed"}
    with pytest.raises(ConfigError, match=r"REVIEW_REFUSED .* no open statement of Robotics"):
        review_statements(company.settings, OCTOBER, ["Robotics"], by="analyst", note="")


def test_a_review_holds_for_what_was_reviewed(company: Company) -> None:
    review_statements(company.settings, NOVEMBER, (), by="analyst", note="")
    assert company.registered("2026-11") == {"Consumer": "reviewed"}
    company.bill(NOVEMBER, charge("a2", NOVEMBER, "31", "acct-a"))
    company.run()
    assert company.registered("2026-11") == {"Consumer": "draft"}


def test_closing_changes_no_amount_and_says_so_on_the_statement(
    company: Company, closed: dict[str, str]
) -> None:
    assert len(closed) == 7
    assert company.charged() == {
        ("2026-10", "Consumer"): Decimal("100.10"),
        ("2026-10", "Risk"): Decimal("57.05"),
        ("2026-11", "Consumer"): Decimal(31),
    }
    assert company.rows("select distinct billing_period, status from statements order by 1") == [
        (OCTOBER, "issued"),
        (NOVEMBER, "draft"),
    ]
    assert company.rows("select count(*) from adjustments") == [(0,)]
    (line,) = company.rows(
        "select closed_by, charged_measure from landing.closings "
        "where billing_period = date '2026-10-01'"
    )
    assert line == ("controller", "effective_cost")


def test_closing_twice_is_closing_once(company: Company, closed: dict[str, str]) -> None:
    first = close_period(company.settings, OCTOBER, "controller", ())
    assert close_period(company.settings, OCTOBER, "somebody else", ()) == first
    assert company.issued("2026-10") == closed


def test_an_issued_statement_never_moves(restated: Company, closed: dict[str, str]) -> None:
    assert restated.issued("2026-10") == closed
    charged = restated.charged()
    assert charged["2026-10", "Consumer"] == Decimal("100.10")
    assert charged["2026-10", "Risk"] == Decimal("57.05")


def test_the_register_says_who_reviewed_and_issued_and_what_came_later(restated: Company) -> None:
    with (restated.settings.home / "statements" / "register.csv").open(encoding="utf-8") as file:
        risk = next(row for row in csv.DictReader(file) if row["statement_id"] == "2026-10-risk")
    assert risk["status"] == "adjusted"
    assert (risk["reviewed_by"], risk["issued_by"]) == ("analyst", "controller")
    assert Decimal(risk["payable_amount"]) == Decimal("57.05")
    assert Decimal(risk["adjusted_by_amount"]) == Decimal("-57.05")
    assert restated.registered("2026-10") == {"Consumer": "adjusted", "Risk": "adjusted"}


def test_the_journal_books_every_cent_once(restated: Company) -> None:
    with (restated.settings.home / "statements/2026-11/journal-2026-11.csv").open(
        encoding="utf-8"
    ) as file:
        lines = list(csv.DictReader(file))
    sides = {side: sum(Decimal(line[side] or 0) for line in lines) for side in ("debit", "credit")}
    assert sides["debit"] == sides["credit"]
    booked = sum(
        Decimal(x["debit"] or 0) - Decimal(x["credit"] or 0) for x in lines if x["statement_id"]
    )
    total = sum(amount for (month, _), amount in restated.charged().items() if month == "2026-11")
    assert booked == total.quantize(Decimal("0.01"))
    assert {
        (line["account"], line["cost_center"], line["debit"], line["credit"]) for line in lines
    } == {
        ("6400", "Consumer", "31.00", ""),
        ("6490", "Consumer", "10.00", ""),
        ("6490", "Risk", "", "57.05"),
        ("2110", "", "16.05", ""),
    }


def test_changes_are_charged_in_the_next_open_period_with_their_reason(restated: Company) -> None:
    assert restated.rows(
        """
        select billing_period, adjusted_period, source_charge_key, team, reason, effective_cost
        from adjustments order by source_charge_key, team
        """
    ) == [
        (NOVEMBER, OCTOBER, "b1", "fraud", "withdrawn_charge", Decimal("-50.05")),
        (NOVEMBER, OCTOBER, "b2", "fraud", "other_recipient", Decimal(-7)),
        (NOVEMBER, OCTOBER, "b2", "search", "other_recipient", Decimal(7)),
        (NOVEMBER, OCTOBER, "late", "search", "late_charge", Decimal("3.000000000000000001")),
    ]
    charged = restated.charged()
    assert charged["2026-11", "Consumer"] == Decimal("41.000000000000000001")
    assert charged["2026-11", "Risk"] == Decimal("-57.05")
    ledger = restated.rows("select sum(reporting_effective_cost) from cost_ledger")
    assert ledger == [(sum(charged.values()),)]
    files = restated.settings.home / "statements" / "2026-11" / "risk" / "2026-11-risk.csv"
    assert '"prior_period_adjustment"' in files.read_text(encoding="utf-8")


def test_what_was_adjusted_is_charged_once(restated: Company) -> None:
    before = restated.charged()
    close_period(restated.settings, NOVEMBER, "controller", ("unreviewed",))
    restated.run()
    assert restated.charged() == before
    assert restated.rows("select count(*) from adjustments") == [(0,)]
    assert restated.rows("select count(*) from statements where status = 'draft'") == [(0,)]


def test_a_closed_period_stays_in_the_window(restated: Company) -> None:
    later = restated.settings.model_copy(
        update={"schedule": Schedule(first_usage_date=date(2026, 11, 1))}
    )
    with pytest.raises(ConfigError, match="CLOSED_PERIOD_CHANGED"):
        steps.build(later, LAST_DAY)


def test_a_damaged_closing_stops_the_build(restated: Company) -> None:
    entries = restated.settings.home / "closings" / "2026-10" / "entries.parquet"
    content = entries.read_bytes()
    entries.chmod(0o644)
    entries.write_bytes(content[:-1])
    with pytest.raises(GateRefused, match="CLOSING_DAMAGED"):
        steps.build(restated.settings, LAST_DAY)
    entries.write_bytes(content)
    with duckdb.connect() as connection:
        assert connection.execute(f"select count(*) from '{entries}'").fetchone() == (3,)
