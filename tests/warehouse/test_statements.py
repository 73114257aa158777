"""Statements say what the ledger says, to the right unit only, in the same bytes every time."""

import csv
import html
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from apportion.errors import GateRefused
from apportion.settings import Journal
from tests.warehouse.releases import FORMULA, OWNERS, SCRIPT, make_release
from tests.warehouse.test_cells import RUNS_IN_A_SPREADSHEET
from warehouse import folders, workbook
from warehouse.cells import clean_text, exact_text, text_cell
from warehouse.page_text import money, percent, signed
from warehouse.rounding import exact_sum, rounded
from warehouse.statement_data import Entry
from warehouse.statement_page import beside
from warehouse.statements import Office, folder_names, write_statements

MONEY = ("payable_amount", "amount", "billed_cost", "effective_cost")
SHEETS = (
    *("Summary", "By team", "By model", "Shared costs", "Adjustments", "Reconciliation"),
    "Lines",
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("release") / "000001.duckdb")


@pytest.fixture(scope="module")
def written(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "statements"
    write_statements(release, folder)
    return folder


def query(release: Path, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    with duckdb.connect(release, read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def read_lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_unit_and_period_has_a_folder_with_three_files(release: Path, written: Path) -> None:
    statements = query(release, "select billing_period, business_unit from statements")
    assert (written / "register.csv").is_file()
    files = sorted(path for path in written.glob("*/*/*") if path.is_file())
    assert len(files) == 3 * len(statements)
    assert {path.relative_to(written).parts[0] for path in files} == {"2026-09", "2026-10"}
    assert all(path.name.startswith(f"{path.parts[-3]}-{path.parts[-2]}.") for path in files)


def test_all_statements_together_are_the_whole_ledger(release: Path, written: Path) -> None:
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for path in written.glob("*/*/*.csv"):
        for line in read_lines(path):
            for name in MONEY:
                sums[line["billing_period"], name].append(Decimal(line[name]))
    for period in ("2026-09", "2026-10"):
        rows = query(
            release,
            "select sum(reporting_effective_cost), sum(reporting_billed_cost) from cost_ledger "
            "where strftime(billing_period, '%Y-%m') = ?",
            period,
        )
        effective, billed = rows[0]
        assert isinstance(effective, Decimal)
        assert exact_sum(sums[period, "amount"]) == effective
        assert exact_sum(sums[period, "effective_cost"]) == effective
        assert exact_sum(sums[period, "billed_cost"]) == billed
        assert exact_sum(sums[period, "payable_amount"]) == rounded(effective, Decimal("0.01"))


def test_a_folder_holds_only_what_its_unit_pays(written: Path) -> None:
    folders_of_units = folder_names({unit for _, unit, _ in OWNERS})
    teams = {unit: {t for t, u, _ in OWNERS if u == unit} for unit in folders_of_units}
    for unit, folder in folders_of_units.items():
        own = {text_cell(team) for team in teams[unit]}
        foreign = {clean_text(t) for t, u, _ in OWNERS if u != unit and len(t) > 4}
        for path in written.glob(f"*/{folder}/*.csv"):
            lines = read_lines(path)
            assert {line["business_unit"] for line in lines} == {text_cell(unit)}
            assert {line["team"] for line in lines} == own
        for path in written.glob(f"*/{folder}/*.xlsx"):
            cells = {c for row in all_cells(path) for c in row if isinstance(c, str)}
            assert not {name for name in foreign if any(name in cell for cell in cells)}
        for path in written.glob(f"*/{folder}/*.html"):
            page = html.unescape(path.read_text(encoding="utf-8"))
            assert not {name for name in foreign if name in page}


def test_no_part_of_a_workbook_names_another_unit(written: Path) -> None:
    folders_of_units = folder_names({unit for _, unit, _ in OWNERS})
    for unit, folder in folders_of_units.items():
        foreign = {
            html.escape(clean_text(name))
            for owner in OWNERS
            for name in owner
            if owner[1] != unit and len(name) > 5 and name != unit
        }
        for path in written.glob(f"*/{folder}/*.xlsx"):
            with zipfile.ZipFile(path) as archive:
                parts = {name: archive.read(name).decode() for name in archive.namelist()}
            assert {"docProps/core.xml", "xl/sharedStrings.xml", "xl/workbook.xml"} <= parts.keys()
            assert not {
                (part, name) for part, text in parts.items() for name in foreign if name in text
            }


def test_a_statement_stands_beside_the_one_of_the_month_before(written: Path) -> None:
    earlier, now = (read_lines(path) for path in sorted(written.glob("*/search-discovery/*.csv")))
    text = (written / "2026-10/search-discovery/2026-10-search-discovery.html").read_text("utf-8")
    total = exact_sum([Decimal(line["payable_amount"]) for line in now])
    for team in ("crawl", "ranking"):
        was, today = (
            exact_sum([Decimal(x["payable_amount"]) for x in lines if x["team"] == team])
            for lines in (earlier, now)
        )
        row = re.search(rf'<th scope="row">{team}</th>.*', text)
        assert row
        assert re.findall(r'<td class="number"[^>]*>([^<]*)</td>', row[0]) == [
            *(money(today), percent(today, total), money(was), signed(today - was))
        ]
    first = written / "2026-09/search-discovery/2026-09-search-discovery.html"
    assert "Change</th>" not in first.read_text("utf-8")


def test_a_team_that_is_gone_stays_beside_what_it_was() -> None:
    here = Entry(("new", "CC-1"), Decimal(2), Decimal(2), Decimal(2), Decimal(2))
    rows = beside([here], {("new", "CC-1"): Decimal(1), ("old", "CC-2"): Decimal(5)})
    assert [(row.keys[0], row.payable, row.before) for row in rows] == [
        ("new", Decimal(2), Decimal(1)),
        ("old", Decimal(0), Decimal(5)),
    ]


def test_a_page_runs_nothing_and_says_what_the_csv_says(written: Path) -> None:
    for path in written.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert "<script" not in page
        assert "<img" not in page
        lines = read_lines(path.with_suffix(".csv"))
        payable = exact_sum([Decimal(line["payable_amount"]) for line in lines])
        assert page.count(f'<td class="number">{money(payable)}</td>') >= 3
        assert f"<strong>{money(payable)} EUR</strong>" in page


def test_the_dearest_requests_are_on_the_page_and_in_the_workbook(written: Path) -> None:
    folder = folder_names({unit for _, unit, _ in OWNERS})[SCRIPT]
    (page,) = written.glob(f"2026-10/{folder}/*.html")
    requests = html.unescape(page.read_text(encoding="utf-8"))
    assert requests.index(f"{SCRIPT}11") < requests.index(f"{SCRIPT}10")
    (book,) = written.glob(f"2026-10/{folder}/*.xlsx")
    rows = list(openpyxl.load_workbook(book)["Top requests"].iter_rows(values_only=True))
    assert [row[0] for row in rows[:2]] == ["Request id", f"{SCRIPT}11"]
    assert rows[1][-2:] == (0.11, "0.11")


def all_cells(path: Path) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(path)
    return [row for sheet in book for row in sheet.iter_rows(values_only=True)]


def test_folder_names_stay_inside_and_apart() -> None:
    names = folder_names(["alpha", "Alpha", "a/../b", "..", "%", "研究", "=cmd|'", "x" * 300])
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,80}", name) for name in names.values())
    assert folder_names(["Search & Discovery"]) == {"Search & Discovery": "search-discovery"}


def test_no_cell_runs_and_numbers_stay_numbers(written: Path) -> None:
    for path in written.glob("*/*/*.csv"):
        for line in read_lines(path):
            assert not [
                c for n, c in line.items() if n not in MONEY and RUNS_IN_A_SPREADSHEET.match(c)
            ]
            assert all(re.fullmatch(r"-?[0-9]+\.[0-9]+", line[name]) for name in MONEY)
    credits_of_a_unit = [
        line
        for path in written.glob("*/*/*.csv")
        for line in read_lines(path)
        if line["cost_class"] == "credit"
    ]
    assert credits_of_a_unit
    assert all(line["amount"].startswith("-") for line in credits_of_a_unit)


def test_workbooks_hold_no_formula_and_no_link(written: Path) -> None:
    for path in written.rglob("*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                content = archive.read(name).decode()
                assert "<f>" not in content
                assert "<f " not in content
                assert not re.search("<hyperlink[ s>]", content)
                assert 'TargetMode="External"' not in content


def test_a_workbook_says_what_its_csv_says(written: Path) -> None:
    for path in written.rglob("*.xlsx"):
        book = openpyxl.load_workbook(path)
        assert tuple(name for name in book.sheetnames if name != "Top requests") == SHEETS
        assert {sheet.sheet_state for sheet in book} == {"visible"}
        lines = read_lines(path.with_suffix(".csv"))
        payable = exact_sum([Decimal(line["payable_amount"]) for line in lines])
        exact = exact_text(exact_sum([Decimal(line["amount"]) for line in lines]))
        for name in ("By team", "By model", "Lines"):
            header, *rows, total = book[name].iter_rows(values_only=True)
            amount = header.index("Amount")
            shown = [Decimal(str(row[amount])).quantize(Decimal("0.01")) for row in rows]
            assert exact_sum(shown) == payable
            assert Decimal(str(total[amount])).quantize(Decimal("0.01")) == payable
            assert total[amount + 3] == exact
            for place, column in ((1, "billed_cost"), (2, "effective_cost")):
                known = exact_sum([Decimal(line[column]) for line in lines])
                assert total[amount + place] == pytest.approx(float(known), rel=1e-14)
        differences = [
            row[3] for row in book["Reconciliation"].iter_rows(values_only=True) if row[3]
        ]
        assert differences[0] == "Difference"
        assert set(differences[1:]) == {"0.00"}


def test_the_journal_clears_the_invoices_where_effective_cost_is_charged(
    release: Path, tmp_path: Path
) -> None:
    accounts = Journal(expense_account="6410", clearing_account="2110", prepaid_account="1290")
    write_statements(release, tmp_path / "statements", Office(journal=accounts))
    booked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in read_lines(tmp_path / "statements/2026-10/journal-2026-10.csv"):
        side = Decimal(line["debit"] or 0) - Decimal(line["credit"] or 0)
        booked[line["account"], line["provider"]] += side
    assert sum(booked.values()) == 0
    sums = query(
        release,
        "select provider, sum(reporting_billed_cost), sum(reporting_effective_cost) "
        "from cost_ledger where billing_period = '2026-10-01' group by all",
    )
    cent = Decimal("0.01")
    for provider, billed, effective in sums:
        assert isinstance(billed, Decimal)
        assert isinstance(effective, Decimal)
        assert abs(booked["2110", str(provider)] + billed) < cent
        assert abs(booked["1290", str(provider)] + effective - billed) < 2 * cent
    assert booked["1290", "Modelworks"] < -100


def test_a_team_with_a_formula_for_a_name_is_shown_as_text(written: Path) -> None:
    folder = folder_names({unit for _, unit, _ in OWNERS})[SCRIPT]
    (path,) = written.glob(f"2026-10/{folder}/*.xlsx")
    teams = [row[0] for row in openpyxl.load_workbook(path)["By team"].iter_rows(values_only=True)]
    assert f"'{FORMULA}" in teams


def test_a_rerun_gives_the_same_bytes(release: Path, written: Path, tmp_path: Path) -> None:
    time.sleep(2.1)
    again = tmp_path / "statements"
    paths = write_statements(release, again)
    assert paths == sorted(paths)
    for path in paths:
        assert path.read_bytes() == (written / path.relative_to(again)).read_bytes(), path


def test_lines_beyond_a_sheet_go_on_to_the_next(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "ROW_LIMIT", 6)
    write_statements(release, tmp_path / "statements")
    path = tmp_path / "statements" / "2026-10" / "search-discovery"
    book = openpyxl.load_workbook(path / "2026-10-search-discovery.xlsx")
    parts = [name for name in book.sheetnames if name.startswith("Lines")]
    assert parts == ["Lines", "Lines 2", "Lines 3"]
    rows = [row for name in parts for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert len([row for row in rows if row[0] != "Total"]) == 12
    assert [row[0] for row in rows].index("Total") == 12


def test_statements_that_do_not_say_what_the_ledger_says_are_not_written(tmp_path: Path) -> None:
    release = make_release(tmp_path / "000001.duckdb")
    destination = tmp_path / "statements"
    write_statements(release, destination)
    before = {path: path.read_bytes() for path in destination.rglob("*") if path.is_file()}
    with duckdb.connect(release) as connection:
        connection.execute(
            "update statement_lines set amount = amount + 0.000000000000000001 "
            "where rowid = (select max(rowid) from statement_lines)"
        )
    with pytest.raises(GateRefused, match="STATEMENTS_INCOMPLETE"):
        write_statements(release, destination)
    assert before == {path: path.read_bytes() for path in destination.rglob("*") if path.is_file()}
    assert not list(tmp_path.glob(".statements.new"))


def test_a_unit_that_has_lines_but_no_statement_is_noticed(tmp_path: Path) -> None:
    release = make_release(tmp_path / "000001.duckdb")
    with duckdb.connect(release) as connection:
        connection.execute("delete from statements where business_unit = 'alpha'")
    with pytest.raises(GateRefused, match="STATEMENTS_INCOMPLETE"):
        write_statements(release, tmp_path / "statements")
    assert not (tmp_path / "statements").exists()


def test_a_cell_that_cannot_be_written_is_an_error(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "text_cell", lambda text: text + "x" * 40_000)
    with pytest.raises(GateRefused, match="cannot be written"):
        write_statements(release, tmp_path / "statements")


def test_an_empty_release_has_no_statements(tmp_path: Path) -> None:
    release = make_release(tmp_path / "000001.duckdb")
    with duckdb.connect(release) as connection:
        for table in ("cost_ledger", "statement_lines", "statements"):
            connection.execute(f"delete from {table}")
    assert write_statements(release, tmp_path / "statements") == []


def fill(folder: Path, text: str) -> None:
    with folders.replaced(folder) as fresh:
        (fresh / "a").write_text(text, encoding="utf-8")
        (fresh / "b").write_text(text, encoding="utf-8")


def _stop_half_way(fresh: Path) -> None:
    (fresh / "a").write_text("three", encoding="utf-8")
    raise RuntimeError("half way")


def content(folder: Path) -> set[str]:
    return {path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_changes_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    folder = tmp_path / "statements"
    fill(folder, "one")
    fill(folder, "two")
    assert content(folder) == {"two"}
    with pytest.raises(RuntimeError, match="half way"), folders.replaced(folder) as fresh:
        _stop_half_way(fresh)
    assert content(folder) == {"two"}
    assert {path.name for path in tmp_path.iterdir()} == {"statements", ".statements.lock"}


def test_a_folder_that_lost_its_place_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "statements"
    fill(folder, "one")
    folder.rename(tmp_path / ".statements.old")
    with pytest.raises(RuntimeError, match="again"), folders.replaced(folder):
        raise RuntimeError("again")
    assert content(folder) == {"one"}


@pytest.mark.faults
def test_readers_see_one_version_whole_while_writers_are_killed(tmp_path: Path) -> None:
    folder = tmp_path / "statements"
    fill(folder, "start")
    program = (
        "import itertools, sys; from pathlib import Path\n"
        "from tests.warehouse.test_statements import fill\n"
        "print('ready', flush=True)\n"
        "for n in itertools.count(): fill(Path(sys.argv[1]), f'{sys.argv[2]}-{n}')"
    )
    seen = set()
    for number in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(folder), str(number)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert writer.stdout
        writer.stdout.readline()
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            assert folder.is_dir()
            seen.add((folder / "a").read_text(encoding="utf-8"))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert len(content(folder)) == 1
    assert len(seen) > 3
