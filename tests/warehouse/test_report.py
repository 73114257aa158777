"""The report shows what the release holds, safely, in the same bytes, in a real browser."""

import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from jinja2 import UndefinedError

from tests.warehouse.releases import FORMULA, SCRIPT, make_release
from warehouse import report
from warehouse.charts import Bar, stacked_days
from warehouse.explained import SECTION_OF, Line, Subject
from warehouse.page_text import FILTERS, percent, unit_cost
from warehouse.report import render_report
from warehouse.report_pages import PAGE_OF, PAGES, SECTIONS
from warehouse.report_queries import TABLES
from warehouse.report_reading import fetch, reading

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DAYS = [date(2026, 10, day) for day in range(1, 6)]
ACTIVE = {"script", "iframe", "object", "embed", "form", "base"}
MOST_BYTES = {"index.html": 240_000, "forecast.html": 200_000, "gpus.html": 160_000}
UNITS = ", 'Unit ' || row_number() over () % 20 as business_unit"
ROOM = 130_000
"""Bytes of a page at 92 days of 20 business units; the charts' figures are most of it."""


class Page(HTMLParser):
    """A page's elements, ids, links and table cells, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            self.tables[-1][-1].append("".join(self._cell).strip())
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def named(self, name: str) -> list[str]:
        """The values of an attribute, in order."""
        return [value for key, value in self.attributes if key == name]

    def table(self, first_heading: str) -> list[list[str]]:
        """The rows of the first table of costs whose first heading says that."""
        named = (table for table in self.tables if table[0][0] == first_heading)
        return next(table for table in named if {"Cost", "Total"} & {*table[0]})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("release") / "000001.duckdb")


@pytest.fixture(scope="module")
def path(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_report(release, tmp_path_factory.mktemp("home") / "report", generation=41)


def every(path: Path) -> str:
    """The text of all pages of the report that starts with that page, one after the other."""
    return "".join((path.parent / page.file).read_text(encoding="utf-8") for page in PAGES)


@pytest.fixture(scope="module")
def page(path: Path) -> Page:
    return Page(every(path))


def amount(cell: str) -> Decimal:
    return Decimal(cell.replace(",", "").replace("\u2212", "-"))


def emptied(release: Path, copy: Path, *kept: str) -> Path:
    """A copy of a release with no rows in any table but those named."""
    shutil.copy(release, copy)
    with duckdb.connect(copy) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            if name not in {"runs", *kept}:
                connection.execute(f"delete from {name}")
    return copy


def test_every_page_leads_to_all_and_every_query_is_shown(path: Path) -> None:
    for one in PAGES:
        page = Page((path.parent / one.file).read_text(encoding="utf-8"))
        ids, links = page.named("id"), page.named("href")
        assert len(ids) == len(set(ids))
        assert {anchor for anchor, _ in one.sections} <= set(ids)
        others = [link.partition("#") for link in links if link[0] not in "#d"]
        assert {other.file for other in PAGES} == {file for file, _, _ in others}
        assert all(PAGE_OF[anchor] == file for file, _, anchor in others if anchor)
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
        words = [token for value in page.named("aria-labelledby") for token in value.split()]
        assert set(words) <= set(ids)
        assert page.named("aria-current") == ["page"]
    assert every(path).count("SQL behind this") >= len(TABLES) - 1
    assert len(PAGE_OF) == len(SECTIONS)


def test_the_queries_on_the_page_run_as_they_stand(path: Path, release: Path) -> None:
    shown = re.findall(r"<pre tabindex=\"0\"><code>(.*?)</code>", every(path), re.DOTALL)
    *queries, spend = [unescape(text) for text in shown]
    with reading(release) as connection:
        connection.execute(spend)
        for text in queries:
            if "alert(" not in text:
                for statement in text.split(";\n\n"):
                    connection.execute(statement)
    assert len(queries) > len(SECTIONS)


def test_names_from_outside_stay_text(page: Page, path: Path) -> None:
    text = every(path)
    assert SCRIPT not in text
    assert "&lt;script&gt;alert(" in text
    assert not ACTIVE & set(page.tags)
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert "\u202e" not in text
    assert "{{ 7*7 }}" in text


def test_nothing_is_loaded_from_anywhere(page: Page, path: Path) -> None:
    links = [*page.named("href"), *page.named("src"), *page.named("xlink:href")]
    files = {one.file for one in PAGES}
    local = [link.partition("#")[0] for link in links if not link.startswith(("#", "data:"))]
    assert set(local) <= files
    assert every(path).count("default-src 'none'") == len(PAGES)


def test_the_same_release_gives_the_same_bytes(release: Path, path: Path, tmp_path: Path) -> None:
    again = render_report(release, tmp_path / "report", generation=41)
    assert every(again) == every(path)
    assert render_report(release, tmp_path / "report", generation=42).read_bytes() != (
        path.read_bytes()
    )


@pytest.mark.parametrize("heading", ["Team", "Model", "Class", "Provider"])
def test_lines_add_up_to_the_total_as_shown(page: Page, release: Path, heading: str) -> None:
    head, *lines, total = page.table(heading)
    column = next(i for i, name in enumerate(head) if name in {"Cost", "Total"})
    with duckdb.connect(release, read_only=True) as connection:
        row = connection.execute("select sum(reporting_effective_cost) from cost_ledger").fetchone()
    assert row is not None
    assert sum(amount(line[column]) for line in lines) == amount(total[column])
    assert abs(amount(total[column]) - row[0]) <= Decimal("0.005")
    assert len(lines) > 1


def test_many_models_share_a_line_and_still_add_up(release: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.duckdb"
    shutil.copy(release, many)
    with duckdb.connect(many) as connection:
        connection.execute(
            "insert into cost_ledger by name select cost_ledger.* replace ('model ' || n as model) "
            "from cost_ledger, range(60) as models (n) where model = 'chat-7b'"
        )
        row = connection.execute("select sum(reporting_effective_cost) from cost_ledger").fetchone()
    text = every(render_report(many, tmp_path / "report", generation=1))
    _, *lines, total = Page(text).table("Model")
    assert row is not None
    assert len(lines) == 41
    assert lines[-1][0] == "22 other models"
    assert sum(amount(line[1]) for line in lines) == amount(total[1])
    assert abs(amount(total[1]) - row[0]) <= Decimal("0.005")


def test_the_kinds_of_a_teams_cost_add_up_to_it(page: Page) -> None:
    head, *lines = page.table("Team")
    assert head[1:7] == ["Total", "Share", "Direct", "Idle", "Shared", "Other"]
    for line in lines:
        assert sum(amount(cell) for cell in line[3:7]) == amount(line[1])


def test_a_page_of_three_months_stays_light(release: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.duckdb"
    shutil.copy(release, long)
    with duckdb.connect(long) as connection:
        for table, day, other in (
            ("cost_ledger", "charge_date", UNITS),
            ("gpu_utilization_daily", "usage_date", ""),
            ("unit_economics", "usage_date", ""),
        ):
            connection.execute(
                f"create or replace table {table} as with base as (from {table} limit 60) "
                f"select base.* replace (cast(date '2026-10-03' - cast(number as int) as date) "
                f"as {day}{other}) "
                "from base, range(92) as days (number)"
            )
    sizes = {
        page.name: page.stat().st_size
        for page in render_report(long, tmp_path / "report", generation=1).parent.glob("*.html")
    }
    assert not {name: size for name, size in sizes.items() if size > MOST_BYTES.get(name, ROOM)}
    assert sizes["index.html"] > 60_000


def test_the_badge_says_whether_the_bills_are_met(
    release: Path, path: Path, tmp_path: Path
) -> None:
    assert "Reconciled with the bills: difference 0" in path.read_text(encoding="utf-8")
    broken = tmp_path / "broken.duckdb"
    shutil.copy(release, broken)
    with duckdb.connect(broken) as connection:
        connection.execute(
            "update reconciliation set difference = '0.000000000000000001' where provider = ("
            "select min(provider) from reconciliation) and measure = 'billed_cost' "
            "and billing_period = date '2026-10-01'"
        )
    text = every(render_report(broken, tmp_path / "report", generation=1))
    assert "Reconciled with" not in text
    assert "Not reconciled: 1 difference" in text
    assert "0.000000000000000001" in text


def test_savings_of_different_levers_are_never_added_up(release: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.duckdb"
    shutil.copy(release, more)
    with duckdb.connect(more) as connection:
        connection.execute(
            "update optimization_opportunities set saving_low = 100, saving_expected = 300, "
            "saving_high = 500, confidence = 'high';"
            "insert into optimization_opportunities select * replace ("
            "'spot' as lever, 'low' as confidence, 777 as saving_expected) "
            "from optimization_opportunities limit 1;"
            "insert into optimization_opportunities select * replace ("
            "'unused_commitments' as lever, 41 as saving_expected) "
            "from optimization_opportunities where lever = 'idle_gpus' limit 1"
        )
        row = connection.execute(
            "select sum(saving_expected) from optimization_opportunities where lever = 'idle_gpus'"
        ).fetchone()
    assert row
    text = every(render_report(more, tmp_path / "report", generation=1))
    best = re.search(r"largest alone: <a href[^>]*>([^<]*)</a>", text)
    assert best
    assert best[1] == f"{row[0]:,.2f}"
    for total in (row[0] + 41, row[0] + 777, row[0] + 818):
        assert f">{total:,.2f}<" not in text


def test_a_release_without_telemetry_says_so(tmp_path: Path) -> None:
    bare = make_release(tmp_path / "bare.duckdb", charges_only=True)
    text = every(render_report(bare, tmp_path / "report", generation=1))
    assert "no GPU telemetry" in text
    assert "no priced requests" in text
    assert "No saving was found" in text


def test_a_release_without_any_row_is_a_page_too(release: Path, tmp_path: Path) -> None:
    empty = emptied(release, tmp_path / "empty.duckdb")
    text = every(render_report(empty, tmp_path / "report", generation=1))
    assert "No bill to reconcile with" in text
    assert "This release holds no charges" in text
    assert "No check was recorded" in text


def test_a_template_that_fails_leaves_the_old_page(
    release: Path, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(path.parent, tmp_path / "report")
    templates = shutil.copytree(report.TEMPLATES, tmp_path / "templates")
    (templates / "sections" / "reading.jinja").write_text("{{ nothing.of_the_kind }}")
    monkeypatch.setattr(report, "TEMPLATES", templates)
    with pytest.raises(UndefinedError):
        render_report(release, folder, generation=42)
    assert (folder / "index.html").read_bytes() == path.read_bytes()


def test_the_most_expensive_requests_are_of_the_last_day(page: Page, release: Path) -> None:
    _, *lines = page.table("Request")
    assert len(lines) == 10
    costs = [amount(line[-2]) for line in lines]
    assert costs == sorted(costs, reverse=True)
    assert lines[0][0].endswith("11")
    with duckdb.connect(release, read_only=True) as connection:
        row = connection.execute(
            "select max(reporting_effective_cost) from request_costs"
        ).fetchone()
    assert row == (costs[0],)


def test_what_moved_is_the_difference_of_what_is_shown(path: Path, page: Page) -> None:
    tables = [table for table in page.tables if "Change" in table[0]]
    assert [table[0][0] for table in tables] == ["Team", "Model"]
    for _, *lines in tables:
        assert lines
        for _, before, recent, change, _ in lines:
            assert amount(recent) - amount(before) == amount(change.removeprefix("+")) != 0


def test_bands_and_marks_hold_every_request_of_the_last_day(page: Page) -> None:
    (bands,) = [table[1:] for table in page.tables if table[0][0] == "One request costs"]
    assert bands[0][0] == "below 0.0001"
    assert [line[1] for line in bands if line[1] != "0"] == ["1", "9", "2"]
    assert sum(amount(line[3]) for line in bands) == Decimal("0.66")
    (marks,) = [table for table in page.tables if "Dearest" in table[0]]
    assert marks[1][1:] == ["12", "0.6600", "0.05000", "0.1000", "0.1100", "0.1100", "16.7 %"]


def test_unit_costs_are_ratios_of_sums(page: Page) -> None:
    lines = [table for table in page.tables if "Held GPU-hour" in table[0]]
    assert [table[0][0] for table in lines] == ["Deployment", "Organization", "Team"]
    for _, line in lines:
        assert line[1:] == ["12", "55.00", "9.649", "4.825", "11.26", "0.3300", "0.6600"]


def test_a_waterfall_goes_from_step_to_step(page: Page) -> None:
    (steps,) = [table[1:] for table in page.tables if "in its turn" in table[0]]
    *steps, whole = steps
    assert [step[0] for step in steps] == ["Nodes that nobody uses", "Idle GPUs"]
    assert amount(whole[3]) == amount(whole[1]) - amount(whole[4])
    assert amount(whole[3]) == sum(amount(step[3]) for step in steps)
    assert steps[1][1:] == ["700.00", "300.00", "250.00", "450.00"]
    assert steps[0][-1] == steps[1][1]


def test_a_commitment_stands_beside_what_may_go_wrong_with_it(page: Page) -> None:
    (row,) = [table[1] for table in page.tables if "With half the use" in table[0]]
    assert row[0].startswith(f"plan {SCRIPT}")
    assert row[1:4] == ["3.00(2.50 to 4.00)", "2.00", "90.0 %"]
    assert row[5:7] == ["500.00(410.00 to 590.00)", "\u221270.50"]
    assert row[-3:] == ["150.00of 170.00", "11.0 %", "medium"]
    (ending,) = [table[1] for table in page.tables if "Days left" in table[0]]
    assert ending == ["contract-7", "", "1 Nov 2026", "29", "1,200.50", "USD"]


def test_what_rounding_removed_from_converted_amounts_is_shown(page: Page) -> None:
    (row,) = [table[1] for table in page.tables if "Rounding" in table[0]]
    assert row[4:] == ["200.00", "1.0791 to 1.0912", "216.00", "0.0000000000000000003"]


def test_findings_and_restated_periods_are_shown_with_what_to_do(page: Page) -> None:
    (gap,) = [table[1] for table in page.tables if table[0][0] == "Finding"]
    assert gap[2:] == ["2", "2 Oct 2026", "3 Oct 2026", "3", "14.50", "Look at the exporter."]
    (restated,) = [table[1] for table in page.tables if "Charged in" in table[0]]
    assert restated[:2] == ["September 2026", "October 2026"]
    assert restated[-2:] == ["\u221212.34", "\u221212.34"]


def test_a_chart_has_a_bar_for_every_value_and_words_for_those_who_cannot_see_it() -> None:
    days = [Bar(day, place, Decimal(value)) for day in DAYS for place, value in enumerate((3, -1))]
    chart = stacked_days(days, ["--a", "--b"], name="x", title="Cost <1>", description="Per day")
    for svg, kind in ((chart.wide, "wide"), (chart.narrow, "narrow")):
        assert svg.count('fill="var(--a)"') == len(DAYS)
        assert svg.count('fill="var(--b)"') == len(DAYS)
        assert 'role="img"' in svg
        assert f'<title id="x-{kind}-title">Cost &lt;1&gt;</title>' in svg


def explain(_release: duckdb.DuckDBPyConnection, asked: Sequence[Subject]) -> dict[Subject, Line]:
    """An explanation of everything but one, with names as hostile as they come."""
    leaf = Line(f"charge {SCRIPT}", "1.00 EUR", "1.000000000000000001", "50.0 %", (("x", SCRIPT),))
    linked = Line(f"team {FORMULA}", "2.00 EUR", "2.0")
    sum_of_both = Line("sum", "3.00 EUR", "3.0", lines=(leaf, linked))
    return {one: Line("all", "3.00 EUR", "3.0", lines=(sum_of_both,)) for one in asked[1:]}


@pytest.fixture(scope="module")
def explained(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained") / "report"
    return render_report(release, folder, generation=41, explain=explain)


def test_what_is_explained_is_linked_and_nothing_else(explained: Path, page: Page) -> None:
    assert not [link for link in page.named("href") if link.startswith("explain")]
    links = [link for link in Page(every(explained)).named("href") if link.startswith("explain/")]
    files = {f"explain/{file.name}" for file in (explained.parent / "explain").iterdir()}
    assert set(links) == files
    kinds = {link.removeprefix("explain/").split("-")[0] for link in links}
    assert kinds == {"request", "team", "model", "job", "charge"}
    assert len([link for link in links if link.startswith("explain/request")]) == 9


def test_an_explanation_is_a_tree_that_needs_no_script(explained: Path) -> None:
    for file in (explained.parent / "explain").iterdir():
        text = file.read_text(encoding="utf-8")
        page = Page(text)
        assert SCRIPT not in text
        assert not ACTIVE & set(page.tags)
        assert page.tags.count("details") == page.tags.count("summary") == 1
        assert "1.000000000000000001" in page.named("value")
        links = page.named("href")
        assert {one.file for one in PAGES} < {link.removeprefix("../") for link in links}
        back = [link for link in links if ".html#" in link]
        kind = file.name.split("-")[0]
        assert back == [f"../{PAGE_OF[SECTION_OF[kind]]}#{SECTION_OF[kind]}"]
        local = [link for link in links if link.endswith(".html") and "/" not in link]
        assert len(local) == 1
        assert (file.parent / local[0]).is_file()


def test_names_that_look_alike_have_pages_of_their_own() -> None:
    names = ("a/b", "a b", "A-B", "", "団队", "x" * 300, "x" * 301, "../../etc")
    addresses = {Subject("team", name).address for name in names}
    assert len(addresses) == len(names)
    assert all(re.fullmatch(r"explain/team-[a-z0-9-]{1,80}\.html", one) for one in addresses)


def test_numbers_read_well() -> None:
    assert FILTERS["money"](Decimal("-1234.50")) == "\u22121,234.50"
    assert percent(Decimal(1), Decimal(3)) == "33.3 %"
    assert percent(Decimal("-0.01"), Decimal(1000)) == "0.0 %"
    assert percent(Decimal(1), Decimal(0)) == "\u2013"
    assert unit_cost(Decimal(1), 3, 1000) == "333.33"
    assert unit_cost(Decimal("0.0001234567"), 1, 1) == "0.0001235"
    assert unit_cost(None, 3, 1) == "\u2013"
    assert FILTERS["words"]("idle_gpus") == "idle GPUs"


def test_text_from_a_release_has_no_invisible_characters(release: Path) -> None:
    with reading(release) as connection:
        rows = fetch(connection, "select distinct team from cost_ledger order by all")
    assert "団队 gnp.exe" in {row["team"] for row in rows}


def run_chromium(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; apt-get install chromium")
    return subprocess.run(
        [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=4000"),
            *("--enable-logging=stderr", "--v=0", *arguments),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def pixels(png: Path) -> tuple[int, int, set[bytes]]:
    """Width, height and the distinct bytes per row of a PNG, before its filters are undone."""
    data = png.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    position, packed = 8, b""
    while position < len(data):
        size, kind = struct.unpack(">I4s", data[position : position + 8])
        packed += data[position + 8 : position + 8 + size] if kind == b"IDAT" else b""
        position += size + 12
    raw = zlib.decompress(packed)
    stride = len(raw) // height
    return width, height, {raw[row * stride : (row + 1) * stride] for row in range(height)}


@pytest.mark.server
@pytest.mark.parametrize(("scheme", "width"), [("1", 1400), ("0", 1400), ("1", 500)])
def test_a_browser_shows_the_page_without_complaint(
    path: Path, tmp_path: Path, scheme: str, width: int
) -> None:
    picture = tmp_path / "page.png"
    result = run_chromium(
        tmp_path,
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--window-size={width},1800",
        f"--screenshot={picture}",
        path.as_uri(),
    )
    assert "CONSOLE" not in result.stderr
    shown_width, shown_height, rows = pixels(picture)
    assert (shown_width, shown_height) == (width, 1800)
    assert len(rows) > 200


@pytest.mark.server
def test_a_browser_shows_an_explanation_and_prints_all_of_it(
    explained: Path, tmp_path: Path
) -> None:
    file = next((explained.parent / "explain").glob("job-*"))
    result = run_chromium(tmp_path, "--screenshot=" + str(tmp_path / "a.png"), file.as_uri())
    assert "CONSOLE" not in result.stderr
    closed = tmp_path / "closed.html"
    text = file.read_text(encoding="utf-8").replace("<details open>", "<details>")
    line = '<div class="leaf">'
    closed.write_text(text.replace(line, line * 400 + "</div>" * 399))
    for page, least in ((file, 1), (closed, 3)):
        pdf = tmp_path / f"{page.stem}.pdf"
        run_chromium(tmp_path, f"--print-to-pdf={pdf}", page.as_uri())
        assert len(re.findall(rb"/Type\s*/Page[^s]", pdf.read_bytes())) >= least


@pytest.mark.server
def test_a_browser_reads_what_was_written(path: Path, tmp_path: Path) -> None:
    result = run_chromium(tmp_path, "--dump-dom", path.as_uri())
    found = re.search(r"<title>(.*?)</title>", result.stdout)
    assert found is not None
    assert found[1] == "Example AG &lt;b&gt;&amp;&lt;/b&gt;: cost report of 3 Oct 2026"
    assert result.stdout.count("<section") == len(PAGES[0].sections)
    assert "<script" not in result.stdout
