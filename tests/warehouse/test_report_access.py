"""The report for everyone: axe finds nothing, a phone does not scroll sideways, keys reach all."""

import importlib.util
import json
import os
import re
import shutil
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.warehouse.releases import make_release
from tests.warehouse.test_report import run_chromium
from warehouse.explained import Line, Subject
from warehouse.report import render_report
from warehouse.report_pages import PAGES

LIGHT, DARK = 1, 0
PROBE = """
<script src="axe.js"></script>
<script>
addEventListener("load", () => axe.run(document).then((result) => {
  const root = document.documentElement;
  const keys = [...document.querySelectorAll("a[href], summary, [tabindex='0']")];
  parent.postMessage({
    page: location.pathname.split("/").pop(),
    violations: result.violations.map((one) => [one.id, one.nodes[0].html.slice(0, 200)]),
    passed: result.passes.length,
    overflow: root.scrollWidth - root.clientWidth,
    unreachable: keys.filter((one) => one.checkVisibility() && (one.focus(),
      document.activeElement !== one)).length,
    keys: keys.length,
  }, "*");
}));
</script>
"""
FRAMES = """<!DOCTYPE html><title>probe</title><body>{frames}<pre id="found"></pre><script>
const found = [];
addEventListener("message", (event) => {{
  found.push(event.data);
  document.getElementById("found").textContent = JSON.stringify(found);
}});
</script></body>"""


def axe_script() -> Path:
    """axe-core as one script, from the package or from the file that AXE_CORE names."""
    spec = importlib.util.find_spec("axe_core_python")
    places = [*(spec.submodule_search_locations or [] if spec else [])]
    named = os.environ.get("AXE_CORE") or next((f"{place}/axe.min.js" for place in places), "")
    if not Path(named).is_file():
        pytest.skip("axe-core is not installed; pip install axe-core-python, or set AXE_CORE")
    return Path(named)


def explain(_: duckdb.DuckDBPyConnection, asked: Sequence[Subject]) -> dict[Subject, Line]:
    """One explanation, as a tree."""
    leaf = Line("charge", "1.00 EUR", "1.000000000000000001", "50.0 %", (("service", "GPU"),))
    part = Line("direct use", "1.00 EUR", "1.0", lines=(leaf, leaf))
    return {asked[0]: Line("all", "1.00 EUR", "1.0", lines=(part,))}


def probe(folder: Path, pages: Sequence[Path], width: int, scheme: int) -> list[dict[str, Any]]:
    """What axe and the browser say of pages shown in frames of that width.

    The browser's time may be over before each of them has answered.
    """
    frames = "".join(
        f'<iframe src="{page.name}" title="{page.stem}" width="{width}" height="900"></iframe>'
        for page in pages
    )
    (folder / "probe.html").write_text(FRAMES.format(frames=frames), encoding="utf-8")
    shown = run_chromium(
        folder,
        *("--virtual-time-budget=60000", f"--blink-settings=preferredColorScheme={scheme}"),
        *("--window-size=1400,1000", "--dump-dom", (folder / "probe.html").as_uri()),
    ).stdout
    found = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert found
    answers: list[dict[str, Any]] = json.loads(unescape(found[1]))
    return answers


@pytest.mark.server
@pytest.mark.parametrize(("width", "scheme"), [(360, LIGHT), (1300, DARK)])
def test_axe_is_content_and_nothing_is_wider_than_the_screen(
    tmp_path: Path, width: int, scheme: int
) -> None:
    axe = axe_script()
    release = make_release(tmp_path / "000001.duckdb")
    report = render_report(release, tmp_path / "report", generation=1, explain=explain).parent
    shutil.copy(axe, report / "axe.js")
    pages = [report / page.file for page in PAGES]
    (explained,) = (report / "explain").iterdir()
    pages.append(shutil.copy(explained, report / explained.name))
    for page in pages:
        text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
        page.write_text(text.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    found: list[dict[str, Any]] = []
    while silent := [page for page in pages if page.name not in {one["page"] for one in found}]:
        answers = probe(report, silent, width, scheme)
        assert answers, f"no page answers: {silent}"
        found += answers
    for one in found:
        assert one["violations"] == [], one["page"]
        assert one["overflow"] <= 0, one["page"]
        assert one["unreachable"] == 0, one["page"]
        assert one["keys"] > len(PAGES)
        assert one["passed"] > 15
