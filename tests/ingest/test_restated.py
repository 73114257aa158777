"""A delivery that says much less than the one before waits until a person approves it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apportion.errors import ConfigError, DeliveryRefused
from apportion.settings import Settings
from ingest.approvals import approve
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from ingest.records import Counted
from ingest.restated import check_restatement
from ingest.source import ControlTotal, Window
from tests.ingest.focus_files import BILLED, CHARGES, as_csv, changed, table

MONTH = Window(date(2026, 10, 1), date(2026, 10, 31))
CUT = as_csv(table()[:8])
"""The month without its last four charges."""

TOTAL = ControlTotal(
    *("Example Cloud", "1", date(2026, 10, 1), "EUR"),
    row_count=100,
    billed_cost="1000",
    effective_cost="900.5",
)


class Bill:
    """One file that its provider overwrites, and the home that it is collected into."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self.settings, self.path = settings, path

    def deliver(self, content: bytes) -> CollectResult:
        self.path.write_bytes(content)
        return self.collect()

    def collect(self) -> CollectResult:
        return collect(self.settings, "bill", MONTH)

    def held(self) -> list[str]:
        """The ids of what waits for an approval."""
        return [refusal.delivery_id for refusal in Ledger(self.settings.home).refusals()]

    def billed(self) -> Decimal:
        totals = [
            t for d in Ledger(self.settings.home).current_deliveries() for t in d.control_totals
        ]
        return sum((Decimal(total.billed_cost) for total in totals), Decimal(0))


@pytest.fixture
def bill(make_settings: Callable[..., Settings], tmp_path: Path) -> Bill:
    options = {"location": ".", "layout": "files", "files": ["bill.csv"]}
    settings = make_settings({"name": "bill", "kind": "focus", **options})
    found = Bill(settings, tmp_path / "bill.csv")
    assert found.deliver(CHARGES).refused == []
    return found


def test_a_restatement_that_loses_charges_is_held_and_says_what_to_do(bill: Bill) -> None:
    (refusal,) = bill.deliver(CUT).refused
    assert refusal.code == "RESTATED_FEWER"
    (delivery_id,) = bill.held()
    assert f"`apportion approve {delivery_id}`" in refusal.message
    assert "rows" in refusal.message
    assert bill.billed() == BILLED


def test_an_approved_restatement_counts_from_the_next_run_on(bill: Bill) -> None:
    bill.deliver(CUT)
    (delivery_id,) = bill.held()
    first = approve(bill.settings.home, delivery_id, by="controller", reason="credits")
    assert approve(bill.settings.home, delivery_id, by="somebody else", reason="") == first
    assert bill.collect().refused == []
    assert bill.billed() < BILLED
    assert bill.collect().unchanged == 1
    versions = Ledger(bill.settings.home).versions()
    assert [(v.ordinal, v.is_current, v.approval) for v in versions] == [
        (1, False, None),
        (2, True, first),
    ]


def test_what_was_approved_is_what_the_next_delivery_is_held_against(bill: Bill) -> None:
    bill.deliver(CUT)
    (delivery_id,) = bill.held()
    approve(bill.settings.home, delivery_id, by="controller", reason="")
    assert bill.deliver(as_csv([*table()[:8], table()[0]])).refused == []


def test_held_deliveries_stay_held_when_the_lake_is_made_again(bill: Bill) -> None:
    bill.deliver(CUT)
    before = Ledger(bill.settings.home).versions()
    for path in bill.settings.home.glob("landing/*/*/*/lake.json"):
        path.unlink()
    assert [refusal.code for refusal in bill.collect().refused] == ["RESTATED_FEWER"]
    assert bill.billed() == BILLED
    assert Ledger(bill.settings.home).versions() == before


def test_a_provider_that_corrects_itself_needs_no_approval(bill: Bill) -> None:
    bill.deliver(CUT)
    assert bill.deliver(changed(3, BilledCost="60.04")).refused == []
    assert bill.held() == []


def test_only_what_is_held_can_be_approved(bill: Bill) -> None:
    with pytest.raises(ConfigError, match=r"DELIVERY_NOT_HELD .* Those that do: none"):
        approve(bill.settings.home, "0001-0000000000000000", by="me", reason="")
    bill.deliver(b"<html>")
    with pytest.raises(ConfigError, match="DELIVERY_NOT_HELD"):
        approve(bill.settings.home, bill.held()[0], by="me", reason="")


def counted(*totals: ControlTotal, rows: int = 100, kind: str = "focus") -> Counted:
    return Counted(
        source_name="bill",
        kind=kind,
        period="2026-10",
        version="v",
        order="",
        sequence=1,
        delivery_id="0001-0123456789abcdef",
        covers_through=None,
        row_count=rows,
        quarantined_row_count=0,
        control_totals=totals,
    )


ALLOWED = {
    "the same": TOTAL,
    "more": replace(TOTAL, billed_cost="1500", row_count=200),
    "fewer rows, the same amounts": replace(TOTAL, row_count=20),
    "fewer rows, nearly the same amounts": replace(TOTAL, row_count=99, billed_cost="990"),
    "credits": replace(TOTAL, row_count=101, billed_cost="800", effective_cost="720.4"),
    "rows in quarantine": replace(TOTAL, billed_cost="1", quarantined_billed_cost="999"),
}
HELD = {
    "fewer rows and amounts": replace(TOTAL, row_count=99, billed_cost="989.99"),
    "far smaller": replace(TOTAL, row_count=101, effective_cost="720.3"),
    "negative": replace(TOTAL, billed_cost="-1000"),
    "another account": replace(TOTAL, billing_account_id="2"),
}


@pytest.mark.parametrize("after", ALLOWED.values(), ids=list(ALLOWED))
def test_a_provider_may_correct_a_month(after: ControlTotal) -> None:
    check_restatement(counted(after), counted(TOTAL))


@pytest.mark.parametrize("after", HELD.values(), ids=list(HELD))
def test_a_provider_may_not_lose_a_part_of_it(after: ControlTotal) -> None:
    with pytest.raises(DeliveryRefused, match="RESTATED_FEWER"):
        check_restatement(counted(after), counted(TOTAL))


def test_a_refund_that_vanishes_is_a_loss_too() -> None:
    refund = replace(TOTAL, billed_cost="-1000", effective_cost="0")
    with pytest.raises(DeliveryRefused, match=r"billed_cost -1000 → -700 EUR \(\+30\.0 %\)"):
        check_restatement(counted(replace(refund, billed_cost="-700")), counted(refund))


def test_cents_are_never_worth_a_question() -> None:
    small = replace(TOTAL, billed_cost="0.9", effective_cost="0.9")
    check_restatement(counted(replace(small, billed_cost="0", row_count=1)), counted(small))


def test_without_amounts_the_rows_decide() -> None:
    check_restatement(counted(rows=80), counted())
    with pytest.raises(DeliveryRefused, match="100 → 79 rows"):
        check_restatement(counted(rows=79), counted())
    check_restatement(counted(rows=1, kind="reference"), counted(kind="reference"))
