"""The example on public data, run as its reader would: every total is that of the data's README."""

import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SAMPLE_DATA
from warehouse.read import connect

ROOT = Path(__file__).parents[1]
TOTALS = {
    ("focus-1-0", "USD"): (1000, "20.52022672899", "14.97651418586"),
    ("aws-1-2", "USD"): (1000, "18857.12462367903375", "18857.12462367903375"),
    ("gcp-1-2", "USD"): (1000, "31758.2106338807835", "31758.2106338807835"),
    ("aws-1-3", "USD"): (1000, "21680.581928138869135", "21680.581928138869135"),
    ("azure-1-3", "USD"): (1000, "37603.158611616752", "37603.158611616752"),
    ("consolidated-1-3", "EUR"): (1, "100", "100"),
    ("consolidated-1-3", "USD"): (3, "208", "208"),
    ("aws-1-4", "USD"): (1000, "21680.581928138869135", "21680.581928138869135"),
    ("azure-native", "USD"): (29, "8.5450077867419368", "16.296932136636644627"),
    ("google-native", "USD"): (2904, "2876.856527633769708", "2876.856527633769708"),
}
ROWS = {
    "azure-llm": 19_366,
    "alibaba-images": 20_492,
    "alibaba-gpus": 136_162,
    "dcgm": 38,
}


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = ROOT / "examples" / "real-data" / "apportion.toml"
    command = [sys.executable, "-m", "apportion.cli", "--config", str(config), "--home", str(home)]
    return subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (SAMPLE_DATA / "billing" / "README.md").is_file():
        pytest.skip(f"the public sample data is not beside the repository ({SAMPLE_DATA})")
    home = tmp_path_factory.mktemp("real")
    finished = run(home, "run")
    assert finished.returncode == 0, finished.stderr
    return home


@pytest.fixture
def warehouse(published: Path) -> duckdb.DuckDBPyConnection:
    return connect(published)


@pytest.mark.data
def test_every_bill_adds_up_to_its_readme(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select source_name, billing_currency, count(*), sum(billed_cost), sum(effective_cost) "
        "from charges group by all"
    ).fetchall()
    assert {(name, currency): rest for name, currency, *rest in rows} == {
        key: [count, Decimal(billed), Decimal(effective)]
        for key, (count, billed, effective) in TOTALS.items()
    }


@pytest.mark.data
def test_what_was_delivered_is_in_the_ledger_to_the_last_digit(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    balances = warehouse.execute("select count(*), count_if(difference <> 0) from reconciliation")
    count, differing = balances.fetchall()[0]
    assert count >= 16
    assert differing == 0
    ((ledger,),) = warehouse.execute(
        "select sum(billed_cost) from cost_ledger where billing_currency = 'USD'"
    ).fetchall()
    assert ledger == sum(Decimal(t[1]) for (_, currency), t in TOTALS.items() if currency == "USD")


@pytest.mark.data
def test_invoices_are_held_against_the_charges_that_name_them(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Three sources deliver the same month here, so every invoice is charged three times."""
    invoices = warehouse.execute(
        "select billing_period_status, count(*), sum(invoiced_cost), sum(charged_cost), "
        "sum(uncharged_cost) from invoice_reconciliation where invoiced_cost is not null group by 1"
    ).fetchall()
    total = Decimal("21680.581928138869135")
    charged = 2 * total + Decimal("18857.12462367903375")
    assert invoices == [("Closed", 2, total, charged, total - charged)]


@pytest.mark.data
def test_commitments_are_shown_and_never_spent(warehouse: duckdb.DuckDBPyConnection) -> None:
    promised = warehouse.execute(
        "select count(*), sum(contract_commitment_cost) from contract_commitments"
    ).fetchall()
    assert promised == [(139, Decimal("19310830.72") + Decimal("37540741.12"))]


@pytest.mark.data
def test_what_a_provider_split_goes_to_the_workloads_that_it_names(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    ((charged, attributed, workloads),) = warehouse.execute(
        """
        select
            (
                select sum(billed_cost) from charges
                where allocated_method_id is not null and source_name = 'aws-1-3'
            ),
            (
                select sum(billed_cost) from cost_ledger
                where allocation_method = 'provider_split' and source_charge_key in (
                    select charge_key from charges where source_name = 'aws-1-3'
                )
            ),
            (
                select count(distinct subject) from unallocated_costs
                where subject_type = 'workload' and subject like '%workload-search'
            )
        """
    ).fetchall()
    assert charged == attributed > 0
    assert workloads == 1


@pytest.mark.data
def test_what_nobody_owns_is_unallocated_and_not_dropped(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    teams = warehouse.execute("select distinct team from cost_ledger").fetchall()
    assert teams == [("unallocated",)]


@pytest.mark.data
def test_logs_and_telemetry_are_complete(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("select source_name, row_count from source_freshness").fetchall()
    found = dict(rows)
    assert {name: found[name] for name in ROWS} == ROWS
    requests = warehouse.execute(
        "select count(*), count(distinct request_id), count_if(cost_status = 'unpriced') "
        "from request_costs"
    ).fetchall()
    assert requests == [(39_858, 39_858, 39_858)]


@pytest.mark.data
def test_a_second_run_changes_nothing(published: Path, tmp_path: Path) -> None:
    shutil.copyfile(published / "CURRENT", tmp_path / "before")
    finished = run(published, "run")
    assert finished.returncode == 0, finished.stderr
    assert "Nothing changed" in finished.stdout
    assert (published / "CURRENT").read_bytes() == (tmp_path / "before").read_bytes()
