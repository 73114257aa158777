"""Whom Google's commitments serve: the cases of Google's own attribution tool, and their sums."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.day_build import DATABASE, PROJECT, WITHOUT_UNIT_TESTS, run_dbt
from tests.ingest.gcp_files import as_lines
from warehouse.mount import mount_lake, mount_run
from warehouse.plan import make_plan
from warehouse.session import create_database, open_build

TEAMS = "team,cost_center,business_unit,owner,valid_from,valid_to\nt,1,b,o,,\n"
CASES = ("1_1", "2_2", "6_5", "7_3_b", "9_3", "10_1")
WINDOW_FIRST = date(2019, 1, 1)
Recipient = tuple[str, str, str, str]
Amounts = dict[Recipient, Decimal]


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file: an array, or one after the other."""
    text, decoder, at = path.read_text().strip(), json.JSONDecoder(), 0
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        yield from value if isinstance(value, list) else (value,)
        at = end + len(text[end:]) - len(text[end:].lstrip())


def labels(pairs: list[dict[str, str]] | None) -> str:
    return json.dumps({pair["key"]: pair["value"] for pair in pairs or []}, sort_keys=True)


def expected(folder: Path, case: str) -> dict[str, Amounts]:
    """What Google's tool attributes to each day, project and labels: fees, credits, and so on."""
    found: dict[str, Amounts] = {
        kind: defaultdict(Decimal) for kind in ("fee", "credit", "sustained")
    }
    for row in documents(folder / "expected_billingexport_output.json"):
        sku = row["sku_description"]
        recipient = (case, row["usage_start_time"][:10], row["project_id"], labels(row["labels"]))
        granted = sum((Decimal(credit["amount"]) for credit in row["credits"]), Decimal(0))
        if "Addition_CUD" in sku and sku.split("_")[4] == "COST":
            found["fee"][recipient] += Decimal(row["cost"])
        elif "Addition_CUD" in sku:
            found["credit"][recipient] += granted
        elif "Addition_SUD" in sku:
            found["sustained"][recipient] += granted
    return found


def prepare(sample: Path, folder: Path) -> dict[str, Amounts]:
    """Write all cases as bills of one billing account each, in one invoice month.

    Google's tool does not look at invoice months. The books do: no cost moves to another one.
    """
    everything: dict[str, Amounts] = {kind: {} for kind in ("fee", "credit", "sustained")}
    rows, scopes = [], []
    for case in CASES:
        source = sample / "billing" / "gcp-cud-attribution" / f"test_{case}"
        for row in documents(source / "export.json"):
            month = {"month": row["usage_start_time"][:7].replace("-", "")}
            project = row["project"] | {"id": f"{case}/{row['project']['id']}"}
            rows.append(row | {"billing_account_id": case, "invoice": month, "project": project})
        for commitment in documents(source / "commitments.json"):
            scopes += [
                f"{case}/{commitment['id']},{case}/{project.strip()},"
                f"{commitment['commitments_region']},{commitment['commitments_unit_type']},"
                f"{commitment['commitments_amount']},{commitment['commit_start_date']},"
                f"{commitment['commit_end_date']}\n"
                for project in commitment["project_ids"].split(",")
            ]
        for kind, amounts in expected(source, case).items():
            everything[kind] |= amounts
    (folder / "bills").mkdir()
    (folder / "bills" / "export.jsonl").write_bytes(as_lines(rows))
    (folder / "tables").mkdir()
    (folder / "tables" / "teams.csv").write_text(TEAMS)
    header = (
        "commitment_id,sub_account_id,region_id,unit_type,quantity_per_day,valid_from,valid_to\n"
    )
    (folder / "tables" / "commitment_scopes.csv").write_text(header + "".join(scopes))
    return everything


def attributed(settings: Settings, folder: Path) -> list[tuple[Any, ...]]:
    """Build what concerns commitments, and ask for it by recipient."""
    plan = make_plan(settings, date(2019, 12, 31), PROJECT)
    database = folder / DATABASE
    with create_database(database, settings.warehouse) as connection:
        mount_lake(connection, Ledger(settings.home).current_files())
        mount_run(connection, settings, plan, has_dates=False)
    selected = ("--select", "+int_1_commitments__attributed", "assert_commitments_add_up")
    child = run_dbt(folder, settings, *WITHOUT_UNIT_TESTS, *selected)
    assert child.returncode == 0, child.stdout
    with open_build(database, settings.warehouse, read_only=True) as connection:
        return connection.execute(
            """
            select
                billing_account_id, cast(shared.usage_date as varchar), sub_account_id, tags,
                sum(attributed_fee_quanta), sum(attributed_credit_quanta),
                sum(attributed_sustained_quanta), sum(shared.effective_cost_quanta),
                sum(charges.effective_cost)
            from intermediate.int_1_commitments__attributed as shared
            inner join landing.focus_charges as charges using (charge_key)
            group by all
            """
        ).fetchall()


@pytest.mark.data
def test_fees_and_credits_go_where_googles_own_tool_puts_them(
    sample_data: Path, make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    wanted = prepare(sample_data, tmp_path)
    settings = make_settings(
        {"name": "google", "kind": "gcp_billing", "location": "bills", "files": ["export.jsonl"]},
        {"name": "tables", "kind": "reference", "location": "tables"},
    )
    schedule = settings.schedule.model_copy(update={"first_usage_date": WINDOW_FIRST})
    settings = settings.model_copy(update={"schedule": schedule})
    for source in ("google", "tables"):
        assert not collect(settings, source, Window(WINDOW_FIRST, date(2019, 12, 31))).refused
    rows = attributed(settings, tmp_path)
    quantum = Decimal(1).scaleb(-18)
    for column, kind in enumerate(("fee", "credit", "sustained"), start=4):
        found = {
            (case, day, project.partition("/")[2], labels_of(tags)): row[column] * quantum
            for row in rows
            for case, day, project, tags in (row[:4],)
            if row[column]
        }
        assert found.keys() == wanted[kind].keys()
        for recipient, amount in wanted[kind].items():
            assert abs(found[recipient] - amount) < Decimal("1e-9"), (kind, recipient)
    assert sum(row[7] for row in rows) * quantum == sum(row[8] for row in rows)


def labels_of(tags: str | None) -> str:
    return json.dumps(json.loads(tags or "{}"), sort_keys=True)
