"""A month that its provider delivers again: what was published stays, what changed is told."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from apportion import steps
from apportion.rebuild import rebuild
from apportion.settings import Organization, Schedule, Settings, SourceSettings
from ingest.approvals import approve
from ingest.ledger import Ledger
from tests.ingest.focus_files import BILLED, CHARGES, as_csv, changed, table
from warehouse.read import connect
from warehouse.releases import list_releases

LAST_DAY = date(2026, 10, 31)


class Provider:
    """A company whose only source is one file that its provider overwrites."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "bill.csv"
        self.settings = Settings(
            organization=Organization(name="Example AG", reporting_currency="USD"),
            schedule=Schedule(first_usage_date=date(2026, 10, 1)),
            sources=(
                SourceSettings.model_validate(
                    {
                        "name": "bill",
                        "kind": "focus",
                        "location": ".",
                        "layout": "files",
                        "files": ["bill.csv"],
                    }
                ),
            ),
            home=folder / "var",
            directory=folder,
        )

    def deliver(self, content: bytes) -> list[str]:
        """The codes of what was refused; the rest is published."""
        self.file.write_bytes(content)
        return self.run()

    def run(self) -> list[str]:
        """As `deliver`, with what is there."""
        refused = steps.ingest(self.settings, "bill", LAST_DAY).refused
        run_id = steps.build(self.settings, LAST_DAY)
        steps.gate(self.settings, run_id)
        steps.publish(self.settings, run_id)
        return [refusal.code for refusal in refused]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.settings.home) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    """Three deliveries: the month, a charge of 5 more, and a cut that a person approved."""
    provider = Provider(tmp_path_factory.mktemp("restate"))
    assert provider.deliver(CHARGES) == []
    assert provider.deliver(changed(3, BilledCost="60.04")) == []
    assert provider.deliver(as_csv(table()[:8])) == ["RESTATED_FEWER"]
    assert provider.rows("select sum(billed_cost) from cost_ledger") == [(BILLED + 5,)]
    (refusal,) = Ledger(provider.settings.home).refusals()
    approve(provider.settings.home, refusal.delivery_id, by="controller", reason="credits")
    assert provider.run() == []
    return provider


def test_what_was_published_from_an_older_delivery_stays_queryable(provider: Provider) -> None:
    amounts = []
    for release in sorted(list_releases(provider.settings.home), key=lambda r: r.generation):
        with duckdb.connect(release.path(provider.settings.home), read_only=True) as connection:
            amounts += connection.execute(
                "select (select sum(billed_cost) from cost_ledger), "
                "(select sum(billed_cost) from charges)"
            ).fetchall()
    assert amounts[0] == (BILLED, BILLED)
    assert amounts[1] == (BILLED + 5, BILLED + 5)
    assert amounts[-1][0] < BILLED


def test_restatements_say_what_each_delivery_changed(provider: Provider) -> None:
    added, cut = provider.rows(
        """
        select ordinal, is_current, approved_by, approval_reason, sum(previous_billed_cost),
            sum(billed_cost_difference), sum(row_count) - sum(previous_row_count)
        from restatements group by all order by ordinal
        """
    )
    assert added == (2, False, None, None, BILLED, Decimal(5), 0)
    assert cut[:5] == (3, True, "controller", "credits", BILLED + 5)
    assert cut[5] < 0
    assert cut[6] == -4
    assert provider.rows("select sum(billed_cost) from restatements where is_current") == (
        provider.rows("select sum(billed_cost) from cost_ledger")
    )


def test_a_rebuild_remembers_what_was_replaced(provider: Provider) -> None:
    before = provider.rows("from restatements order by all")
    rebuild(provider.settings, LAST_DAY, steps.quiet)
    assert provider.rows("from restatements order by all") == before
