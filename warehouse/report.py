"""The report: one static page that works offline, without scripts, in the dark and on paper."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from warehouse.folders import replaced
from warehouse.page_text import FILTERS
from warehouse.report_content import read_content
from warehouse.report_reading import reading

TEMPLATES = Path(__file__).parent / "templates"
PAGE = "index.html"
SECTIONS = (
    ("overview", "Overview"),
    ("teams", "Teams"),
    ("models", "Models"),
    ("gpus", "GPUs and deployments"),
    ("requests", "Most expensive requests"),
    ("opportunities", "What could be saved"),
    ("reconciliation", "Reconciliation"),
    ("model-apis", "Model APIs"),
    ("quality", "Data quality"),
    ("reading", "How to read this"),
)
"""Anchor and title; each has a template of its name."""


def render_report(release: Path, destination: Path, *, generation: int) -> Path:
    """Write the report of a release; the same release gives the same bytes.

    Args:
        release: the DuckDB file of a published release.
        destination: the folder that the report replaces.
        generation: the release's number.

    Returns:
        The page, `index.html`.
    """
    with reading(release) as connection:
        content = read_content(connection)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals["filters"] = FILTERS
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    page = environment.get_template("report.html.jinja").render(
        **content,
        sections=SECTIONS,
        generation=generation,
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    with replaced(destination) as folder:
        (folder / PAGE).write_text(page, encoding="utf-8")
    return destination / PAGE
