"""Reports of nise, an established generator of cloud bills, reconcile exactly.

Nise pins libraries that Apportion does not use, so that it lives in environments of its own, which
`make tools` installs. Up to release 4 it wrote reports of Oracle Cloud, too. The tests skip where
it is not.
"""

import ast
import csv
import gzip
import subprocess
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest.aws_files import reports
from tests.ingest.azure_files import exports
from tests.ingest.gcp_files import MakeSettings, export
from tests.ingest.test_oci import Tenancy

ROOT = Path(__file__).parents[2]
AZURE = """
generators:
  - VMGenerator:
      start_date: 2026-10-01
      end_date: 2026-10-31
      meter_id: 55555555-4444-3333-2222-111111111118
      resource_rate: 98.32
      instance_id: '/subscriptions/0a1b/providers/Microsoft.Compute/virtualMachines/h100-01'
      usage_quantity: 24
      tags: {team: search}
  - StorageGenerator:
      start_date: 2026-10-01
      end_date: 2026-10-31
      meter_id: 55555555-4444-3333-2222-111111111116
      resource_rate: 0.3
      usage_quantity: 7
      tags: {team: ranking, cost center: 'R&D, GenAI'}
"""
AWS = """
generators:
  - EC2Generator:
      start_date: 2026-10-01
      end_date: 2026-10-31
      resource_id: 55555555
      product_sku: P5GPUH100SKU
      region: us-east-1a
      tags: {'resourceTags/user:team': search}
      instance_type:
        inst_type: p5.48xlarge
        vcpu: '192'
        memory: 2048 GiB
        storage: EBS Only
        family: Accelerated computing
        cost: 55.04
        rate: 55.04
  - S3Generator:
      start_date: 2026-10-01
      end_date: 2026-10-31
      product_sku: VEAJHRNABCDE
      amount: 7
      rate: 0.3
      resource_id: kestrel-data
      tags: {'resourceTags/user:team': ranking}
accounts:
  payer: 9999999999999
  user: [9999999999991]
"""


def report(folder: Path, *arguments: str, release: str = "nise") -> list[Path]:
    """Have nise write a report of October 2026; the files that hold rows."""
    nise = ROOT / "var" / release / "bin" / "nise"
    if not nise.is_file():
        pytest.skip("nise is not installed: make tools")
    folder.mkdir()
    subprocess.run(
        [nise, "report", *arguments, "-s", "2026-10-01", "-e", "2026-10-31", "-w"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=120,
    )
    found = []
    for number, path in enumerate(sorted(folder.glob("*.csv"))):
        if len(path.read_text().splitlines()) > 1:
            found.append(path.rename(folder / f"report-{number}.csv"))
    return found


def test_an_azure_report_reconciles(make_settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "azure.yml").write_text(AZURE)
    arguments = ("--azure-container-name", "out", "--azure-report-name", "cost")
    static = ("--static-report-file", str(tmp_path / "azure.yml"))
    (path,) = report(tmp_path / "azure", "azure", *arguments, *static)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_team: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_team[row["Tags"]] += Decimal(row["CostInBillingCurrency"])
    options = {"layout": "files", "datasets": "actual", "files": [{"actual": path.name}]}
    azure = exports(make_settings, tmp_path / "azure", **options)
    result = azure.collect()
    assert (result.rows, result.quarantined_rows, result.refused) == (len(rows), 0, [])
    vm_hours = Decimal("24") * Decimal("98.32") * 30
    assert sum(by_team.values()) > vm_hours
    assert azure.totals() == (sum(by_team.values()), sum(by_team.values()))
    charged = azure.rows().group_by("tags").agg(pl.col("billed_cost").sum())
    assert sorted(charged["billed_cost"].to_list()) == sorted(by_team.values())


def test_a_google_report_reconciles_by_invoice_month(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    (path,) = report(tmp_path / "gcp", "gcp", "-r")
    net: dict[str, Decimal] = defaultdict(Decimal)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        granted = ast.literal_eval(row["credits"]) if row["credits"] else []
        amounts = [Decimal(str(credit["amount"])) for credit in granted]
        net[row["invoice.month"]] += sum(amounts, Decimal(row["cost"]))
    google = export(make_settings, tmp_path, location=str(tmp_path / "gcp"), files=[path.name])
    result = google.collect()
    assert (result.rows, result.quarantined_rows, result.refused) == (len(rows), 0, [])
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for delivery in Ledger(google.settings.home).current_deliveries():
        for total in delivery.control_totals:
            booked[f"{total.billing_period:%Y%m}"] += Decimal(total.billed_cost)
            booked[f"{total.billing_period:%Y%m}"] += Decimal(total.rounded_billed_cost)
    assert booked == net  # what is stored, and what more than 18 decimals lost
    assert abs(google.billed() - sum(net.values())) < Decimal("1e-12")


def test_an_aws_report_reconciles(make_settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "aws.yml").write_text(AWS)
    (path,) = report(tmp_path / "aws", "aws", "--static-report-file", str(tmp_path / "aws.yml"))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_team: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_team[row["resourceTags/user:team"]] += Decimal(row["lineItem/UnblendedCost"])
    hours = 30 * 24
    assert by_team == {"search": hours * Decimal("55.04"), "ranking": hours * Decimal("2.1")}
    aws = reports(make_settings, tmp_path / "aws", layout="files", export=None, files=[path.name])
    result = aws.collect()
    assert (result.rows, result.quarantined_rows, result.refused) == (len(rows), 0, [])
    assert aws.totals() == (sum(by_team.values()), sum(by_team.values()))
    team = pl.col("tags").str.json_path_match("$.team")
    charged = aws.rows().group_by(team).agg(pl.col("billed_cost").sum())
    assert dict(charged.rows()) == by_team


def test_an_oracle_report_reconciles(make_settings: MakeSettings, tmp_path: Path) -> None:
    usage, cost = report(tmp_path / "oci", "oci", release="nise4")[::-1]
    assert "usage/consumedQuantity" in usage.read_text().splitlines()[0]
    with cost.open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_compartment: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_compartment[row["product/compartmentId"]] += Decimal(row["cost/myCost"])
    bucket = tmp_path / "bling"
    (bucket / "reports" / "cost-csv").mkdir(parents=True)
    content = gzip.compress(cost.read_bytes())
    (bucket / "reports" / "cost-csv" / "0000000000000001.csv.gz").write_bytes(content)
    section = {"name": "oci", "kind": "oci_cost_report", "location": str(bucket)}
    oracle = Tenancy(make_settings(section), bucket)
    result = collect(oracle.settings, "oci", Window(date(2026, 10, 1), date(2026, 10, 31)))
    assert (result.rows, result.quarantined_rows, result.refused) == (len(rows), 0, [])
    charged = oracle.rows().group_by("sub_account_id").agg(pl.col("billed_cost").sum())
    assert dict(charged.rows()) == by_compartment
